"""Antenna health: every source counts, and none stops the run."""

import json

import numpy as np
import pytest
from casacore import tables

import solver_case
from health_case import LIMITS, NO_MNC, SETTINGS, N, assess, statuses
from lwacal.calibration import reference_antenna
from lwacal.flagging import antenna_health, autocorrelation_checks
from lwacal.ingest import discover
from lwacal.runtime import paths
from lwacal.telescope import antennas, site
from small_sets import joined

SCRIPTS = paths.SCRIPTS


def test_power_tells_dead_weak_and_strong_dipoles_apart(tmp_path):
    power = np.ones((N, 2))
    power[1, 0] = 1e-9
    power[2, 1] = 0.05
    power[3] = 64
    found = statuses(assess(tmp_path, power))
    assert found == {
        ("LWA002", "X"): ("bad", ["autocorr:dead"]),
        ("LWA003", "Y"): ("suspect", ["autocorr:weak"]),
        ("LWA004", "X"): ("suspect", ["autocorr:strong"]),
        ("LWA004", "Y"): ("suspect", ["autocorr:strong"]),
    }


def test_healthy_array_has_no_findings(tmp_path):
    draw = np.random.default_rng(2)
    assert statuses(assess(tmp_path, draw.uniform(0.7, 1.4, (N, 2)))) == {}


def test_configured_and_database_lists_are_kept_apart(tmp_path):
    mjd = 60454.37  # the night of the small set
    mnc = {"ok": True, "list_mjd": mjd, "method": "selfcorr", "bad": ["LWA-005B", "LWA-999A"]}
    record = assess(tmp_path, mnc=mnc, bad_antennas=["LWA005", "0X"])
    assert statuses(record) == {
        ("LWA005", "X"): ("bad", ["config:bad_antennas"]),
        ("LWA005", "Y"): ("bad", ["mnc:selfcorr", "config:bad_antennas"]),
        ("LWA001", "X"): ("bad", ["config:bad_antennas"]),
    }
    source = next(item for item in record["sources"] if item["name"] == "mnc")
    assert source["used"]
    assert abs(source["age_days"]) < 1
    assert "LWA-999A" in source["message"]


def test_old_list_is_not_used_and_the_cache_takes_its_place(tmp_path):
    stale = {"ok": True, "list_mjd": 60000.0, "method": "selfcorr", "bad": ["LWA-005B"]}
    cache = tmp_path / "cache.json"
    cache.write_text(json.dumps({**stale, "list_mjd": 60450.0, "bad": ["LWA-006A"]}))
    record = assess(tmp_path, mnc=stale, cached_list=str(cache))
    assert statuses(record) == {("LWA006", "X"): ("bad", ["cache:selfcorr"])}
    used = {item["name"]: item["used"] for item in record["sources"]}
    assert (used["mnc"], used["cache"]) == (False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not json", "health.cached_list"),
        (None, "health.cached_list"),
        ("[]", "not an answer"),
        ('{"ok": true}', "list_mjd"),
        ('{"ok": true, "list_mjd": NaN, "bad": []}', "list_mjd"),
        ('{"ok": true, "list_mjd": 60454.0, "bad": "LWA005"}', "no names"),
        ('{"ok": true, "list_mjd": 60454.0, "bad": [null]}', "no names"),
        ('{"ok": false, "message": "etcd was away"}', "etcd was away"),
    ],
)
def test_unreadable_cache_is_said_and_survived(tmp_path, text, said):
    if text is not None:
        (tmp_path / "cache.json").write_text(text)
    record = assess(tmp_path, cached_list=str(tmp_path / "cache.json"))
    cache = next(item for item in record["sources"] if item["name"] == "cache")
    assert not cache["used"]
    assert said in cache["message"]
    assert statuses(record) == {}


def test_both_polarizations_only_if_asked(tmp_path):
    record = assess(tmp_path, bad_antennas=["LWA003X"], both_polarizations=True)
    assert set(statuses(record)) == {("LWA003", "X"), ("LWA003", "Y")}


def test_antennas_without_data_are_bad(unpack_real, tmp_path):
    path = unpack_real("20180326_185404_27MHz_20ant_casa.ms.tar.gz")
    record = joined(discover.discover("", str(path)), tmp_path)
    judged = antenna_health.assess(record, NO_MNC, [tmp_path / "27MHz.npz"], SETTINGS)
    bad = [item for item in judged["antennas"] if "data:no_data" in item["reasons"]]
    assert len(bad) == 2 * 236  # 20 of 256 antennas have data


def test_noise_in_time_needs_three_integrations():
    series = np.ones((2, 4, 2))
    assert np.isnan(autocorrelation_checks._scatter(series)).all()
    series = 1 + 0.001 * np.random.default_rng(0).normal(size=(6, 12, 2))
    series[:, 5, 1] += 0.3 * np.random.default_rng(1).normal(size=6)
    scatter = autocorrelation_checks._relative(
        autocorrelation_checks._scatter(series), np.zeros(12, int)
    )
    assert np.argwhere(scatter > 10).tolist() == [[5, 1]]


def test_core_and_outriggers_are_compared_with_their_like():
    """With outriggers at 8 % of the core's power, that power is weak in the core alone."""
    core = np.arange(N + 6) < N
    positions_m = np.zeros((N + 6, 3))
    positions_m[N:, 0] = 1000 * np.array([-1, 1, -1, 1, -1, 1])
    power = np.where(core, 1.0, 0.08)[:, None] * np.ones((N + 6, 2))
    power[0, 0], power[N, 1], power[N + 1] = 0.08, 0.08**2, 1.0
    group = autocorrelation_checks.groups(positions_m)
    assert group.tolist() == [0] * N + [1] * 6
    ratio = autocorrelation_checks._relative(power, group)
    usual = np.ones_like(ratio)
    summary = autocorrelation_checks.PowerSummary(ratio, usual, usual)
    assert autocorrelation_checks.judge(summary, LIMITS) == [
        (0, 0, "suspect", "autocorr:weak"),
        (N, 1, "suspect", "autocorr:weak"),
        (N + 1, 0, "suspect", "autocorr:strong"),
        (N + 1, 1, "suspect", "autocorr:strong"),
    ]


def test_noise_in_time_is_compared_with_the_like_too():
    """Outriggers that all vary are no finding; one in the calm core that does is."""
    draw = np.random.default_rng(7)
    group = np.repeat([0, 1], N)
    usual = np.where(group == 1, 0.03, 0.001)[:, None]
    series = 1 + usual * draw.normal(size=(6, 2 * N, 2))
    series[:, 2, 0] = 1 + 0.03 * draw.normal(size=6)
    scatter = autocorrelation_checks._relative(autocorrelation_checks._scatter(series), group)
    assert np.argwhere(scatter > LIMITS.noisy_factor).tolist() == [[2, 0]]


def test_each_word_is_found_in_a_set_of_six_integrations(tmp_path):
    case = solver_case.make(tmp_path, 24, n_integrations=6)
    draw = np.random.default_rng(8)
    factor = 1 + 0.003 * draw.normal(size=(6, 24, 12, 2))
    factor[:, 1, :, 0] *= 1e-6
    factor[:, 3, :, 1] *= 0.02
    factor[:, 5, :, 0] *= 50
    factor[:, 7, :, 1] *= 1 + 0.3 * draw.normal(size=(6, 1))
    factor[:, 9, 7:, 0] /= 4
    with tables.table(str(case.concat["73MHz"]), ack=False) as table:
        autos = table.getcol("ANTENNA1") == table.getcol("ANTENNA2")
        power = table.getcol("DATA")[autos][..., [0, 3]].real.reshape(factor.shape)
    summary = autocorrelation_checks.summarize(
        [power * factor], case.antennas.positions_m, [site.band_frequencies_hz("73MHz")[:12]]
    )
    assert sorted(autocorrelation_checks.judge(summary, LIMITS)) == [
        (1, 0, "bad", "autocorr:dead"),
        (3, 1, "suspect", "autocorr:weak"),
        (5, 0, "suspect", "autocorr:strong"),
        (7, 1, "suspect", "autocorr:noisy"),
        (9, 0, "suspect", "autocorr:odd_spectrum"),
    ]


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_powers_that_are_all_alike_or_zero_accuse_nobody(tmp_path, power):
    assert statuses(assess(tmp_path, np.full((N, 2), power))) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LWA005", (4, (0, 1))),
        ("LWA-005A", (4, (0,))),
        ("lwa5y", (4, (1,))),
        (7, (7, (0, 1))),
        ("7B", (7, (1,))),
        ("LWA-008X", (7, (0,))),
    ],
)
def test_antennas_are_found_by_all_their_names(text, expected):
    names = antennas.AntennaNames([f"LWA{n + 1:03d}" for n in range(N)])
    assert names.find(text) == expected


@pytest.mark.parametrize("text", ["LWA400", "8", "nonsense", ""])
def test_unknown_antennas_are_an_error(text):
    names = antennas.AntennaNames([f"LWA{n + 1:03d}" for n in range(N)])
    with pytest.raises(antennas.UnknownAntennaError):
        names.find(text)


def reference(bad, configured, lost=(0.1, 0.1, 0.1, 0.1)):
    record = {
        "antennas": {
            "names": [f"LWA{n + 1:03d}" for n in range(4)],
            "positions_m": [[0, 0, 0], [1, 0, 0], [5, 0, 0], [-30, 0, 0]],
        }
    }
    judged = {
        "antennas": [
            {
                "index": i,
                "pol": p,
                "status": "bad" if (i, p) in bad else "good",
                "reasons": [],
            }
            for i in range(4)
            for p in "XY"
        ]
    }
    flags = [{"antenna_fraction": list(lost)}, {"antenna_fraction": [*lost[:3], None]}]
    return reference_antenna.choose(record, judged, flags, configured, 0.2)


def test_reference_is_the_first_healthy_one_of_the_configured():
    assert reference(set(), ["LWA004", "LWA003"])["antenna"] == "LWA004"
    chosen = reference({(3, "Y")}, ["LWA004", "LWA003"])
    assert chosen["antenna"] == "LWA003"
    assert "less healthy" in chosen["why"]
    assert chosen["order"][-1] == 3


def test_reference_has_its_data():
    chosen = reference(set(), ["LWA003", "LWA004"], lost=(0.1, 0.15, 0.5, 0.2))
    assert chosen["antenna"] == "LWA004"
    assert "more data flagged" in chosen["why"]
    assert chosen["excess_flagged"] == pytest.approx(0.2 - 0.175)


def test_reference_is_from_the_middle_if_none_of_the_configured_is_here():
    chosen = reference({(0, "X")}, ["LWA253"])
    assert chosen["antenna"] == "LWA002"
    assert chosen["unknown"] == ["LWA253"]
