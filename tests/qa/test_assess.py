"""The verdict: limits, scores, reasons in words, and honesty about what could not be judged."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import made_up_observation as made_up
import quality_schema
from lwacal.qa import assess, stage_metrics
from lwacal.records.configuration.quality import Quality
from lwacal.runtime import paths, products
from made_up_plan import Plan, usual_faults

SCHEMAS = paths.SCHEMAS
SMALL = Plan(n_antennas=20, bands=("27MHz", "50MHz"), n_channels=6, n_integrations=4)


@pytest.fixture(scope="module")
def quality():
    return Quality()


def read(folder: Path, plan: Plan) -> assess.Inputs:
    paths = made_up.write(folder, plan)
    single = ("manifest", "health", "solutions", "delay", "measurements", "sky_model")
    several = {
        key: {record["band"]: record for record in map(products.read_json, paths[key])}
        for key in ("flags", "bandpass")
    }
    return assess.Inputs(**{key: products.read_json(paths[key]) for key in single}, **several)


def judged(qa, name, **applies_to):
    return next(m for m in qa["metrics"] if m["name"] == name and m["applies_to"] == applies_to)


def test_good_night_passes_and_fits_the_schema(tmp_path, quality):
    inputs = read(tmp_path, replace(SMALL, n_antennas=64, bad={3: ("XY", "bad", "dead")}))
    qa = assess.assess(inputs, quality, 100.0)
    assert qa["verdict"] == "pass"
    assert quality_schema.errors(products.plain(qa)) == []
    assert len(qa["antennas"]) == 128
    assert all(stage["status"] == "pass" for stage in qa["stages"])


def test_same_records_give_the_same_verdict(tmp_path, quality):
    inputs = read(tmp_path, replace(SMALL, bad=usual_faults(20)))
    first, second = (
        json.dumps(products.plain(assess.assess(inputs, quality, 100.0))) for _ in range(2)
    )
    assert first == second


def test_wrong_fluxes_fail_with_the_source_in_words(tmp_path, quality):
    qa = assess.assess(read(tmp_path, replace(SMALL, flux_error=0.7)), quality, 100.0)
    assert qa["verdict"] == "fail"
    assert any("CygA" in reason and "1.7" in reason for reason in qa["reasons"])
    metric = judged(qa, "flux_ratio_deviation", source="CygA")
    assert metric["value"] == pytest.approx(0.7, abs=0.05)
    assert metric["score"] < 1 / 3


def test_doubt_about_the_expected_flux_is_said(tmp_path, quality):
    inputs = read(tmp_path, SMALL)
    for record in inputs.measurements["calibrators"]:
        if record["source"] == "CasA":
            record["flux_expected_err_jy"] = 0.12 * record["flux_expected_jy"]
    qa = assess.assess(inputs, quality, 100.0)
    assert (
        "(median over sub-bands; expected flux uncertain by 12 %)"
        in judged(qa, "flux_ratio_deviation", source="CasA")["message"]
    )
    assert "uncertain" not in judged(qa, "flux_ratio_deviation", source="CygA")["message"]


def test_nothing_solved_is_a_failure(tmp_path, quality):
    plan = replace(SMALL, unsolved=SMALL.bands)
    qa = assess.assess(read(tmp_path, plan), quality, 100.0)
    assert qa["verdict"] == "fail"
    assert any(
        reason.startswith("No sub-band has bandpass solutions: all visibilities")
        for reason in qa["reasons"]
    )


def test_unmeasured_calibrators_cannot_pass(tmp_path, quality):
    qa = assess.assess(read(tmp_path, replace(SMALL, images=False)), quality, 100.0)
    assert qa["verdict"] == "warn"
    assert "No calibrator was measured" in qa["reasons"][0]
    assert judged(qa, "failed_fit_fraction", source="CygA")["status"] == "n/a"


def unimaged(inputs, factor):
    """Return measurements as they are without images: fluxes from the visibilities alone."""
    calibrators = [
        {
            **{key: None for key in record},
            "source": record["source"],
            "band": record["band"],
            "freq_mhz": record["freq_mhz"],
            "flux_expected_jy": record["flux_expected_jy"],
            "flux_visibility_jy": factor * record["flux_expected_jy"],
            "fit": "failed",
            "reason": "no image was made",
            "imaged": False,
        }
        for record in inputs.measurements["calibrators"]
    ]
    return {
        **inputs.measurements,
        "calibrators": calibrators,
        "positions": [],
        "allsky": [],
        "scintillation": [],
        "scintillation_indices": [],
    }


@pytest.mark.parametrize(("factor", "verdict"), [(1.03, "pass"), (1.3, "warn"), (0.4, "fail")])
def test_without_images_fluxes_from_the_visibilities_decide(tmp_path, quality, factor, verdict):
    inputs = read(tmp_path, SMALL)
    qa = assess.assess(replace(inputs, measurements=unimaged(inputs, factor)), quality, 100.0)
    assert qa["verdict"] == verdict
    assert judged(qa, "visibility_flux_deviation", source="CygA")["decides"]
    assert judged(qa, "failed_fit_fraction", source="CygA")["status"] == "n/a"
    assert ("no image was measured" in " ".join(qa["reasons"])) == (verdict == "pass")
    assert quality_schema.errors(products.plain(qa)) == []


def test_disagreement_of_the_flux_scales_is_told_even_without_images(tmp_path, quality):
    qa = assess.assess(read(tmp_path, replace(SMALL, images=False)), quality, 100.0)
    found = {item["name"]: item["flux_uncertainty"] for item in qa["observation"]["sources"]}
    assert found["CygA"] == {"27MHz": 0.03, "50MHz": 0.03}
    assert found["VirA"] == {}  # below the horizon


def test_one_integration_of_a_low_sub_band_is_judged_as_far_as_possible(tmp_path, quality):
    plan = Plan(n_antennas=5, bands=("27MHz",), n_channels=6, n_integrations=1)
    qa = assess.assess(read(tmp_path, plan), quality, 100.0)
    delays = judged(qa, "delay_offset_fraction")
    assert delays["status"] == "n/a"
    assert "no sub-band at or above 41 MHz" in delays["message"]
    assert judged(qa, "scintillation_index")["status"] == "n/a"
    assert qa["verdict"] == "pass"
    assert "Not assessed" in qa["reasons"][0]


def test_delays_without_reference_are_kept_but_not_judged(tmp_path, quality):
    qa = assess.assess(read(tmp_path, replace(SMALL, delay_reference=False)), quality, 100.0)
    assert "no reference table" in judged(qa, "delay_offset_fraction")["message"]
    assert qa["antennas"][0]["delay_ns"] is not None


def test_records_that_hold_nothing_do_not_crash(tmp_path, quality):
    inputs = read(tmp_path, SMALL)
    flags, bandpass = inputs.flags, inputs.bandpass
    for band in SMALL.bands:
        nothing = {name: None for name in flags[band]["fractions"]}
        unknown = [None] * SMALL.n_antennas
        flags[band] |= {"fractions": nothing, "antenna_fraction": unknown}
        bandpass[band]["status"] = "no_data"
        inputs.solutions["bands"][band] |= {"flagged_fraction": None, "solved": False}
    for record in (inputs.health, inputs.solutions, inputs.delay):
        record["antennas"] = []
    inputs.measurements.update({name: [] for name in inputs.measurements if name != "schema"})
    inputs.sky_model.update(sources=[], bands={}, unmodelled={}, message="no source is up")
    qa = assess.assess(inputs, quality, 100.0)
    assert qa["verdict"] == "fail"
    assert quality_schema.errors(products.plain(qa)) == []


def wrong(change):
    """Return a change of a record, by the path that is changed and the value that is put there."""
    *above, last = change[0]

    def apply(qa):
        place = qa
        for key in above:
            place = place[key]
        if change[1] is None:
            del place[last]
        else:
            place[last] = change[1]

    return apply


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ((("verdict",), "good"), "$.verdict"),
        ((("reasons",), []), "$.reasons"),
        ((("metrics", 0, "unit"), None), "$.metrics[0]"),
        ((("metrics", 0, "score"), 1.2), "$.metrics[0].score"),
        ((("metrics", 0, "value"), "0.1"), "$.metrics[0].value"),
        ((("metrics", 0, "status"), "n/a"), "$.metrics[0].value"),
        ((("metrics", 0, "applies_to"), {"antena": "LWA001"}), "$.metrics[0].applies_to"),
        ((("metrics", 0, "limits", "warn"), None), "$.metrics[0].limits"),
        ((("antennas", 3, "reasons"), ["broken"]), "$.antennas[3].reasons[0]"),
        ((("antennas", 3, "pol"), "XX"), "$.antennas[3].pol"),
        ((("bands", 0, "band"), "50"), "$.bands[0].band"),
        ((("calibrators", 0, "flux_apparent_jy"), None), "$.calibrators[0]"),
        ((("calibrators", 0, "fit"), "failed"), "$.calibrators[0].flux_jy"),
        ((("observation", "lst_hours"), 24.5), "$.observation.lst_hours"),
    ],
)
def test_schema_refuses_what_breaks_the_contract(tmp_path, quality, change, where):
    qa = products.plain(assess.assess(read(tmp_path, SMALL), quality, 100.0))
    assert quality_schema.errors(qa) == []
    wrong(change)(qa)
    assert any(error.startswith(f"{where}: ") for error in quality_schema.errors(qa))


def test_faults_of_the_data_are_counted_by_kind(tmp_path, quality):
    inputs = read(tmp_path, SMALL)
    inputs.manifest["bands"]["27MHz"]["entries"][0]["usable"] = False
    inputs.manifest["faults"].append(
        {"kind": "zero_filled", "band": "27MHz", "time": "", "file": "", "message": "all zero"}
    )
    metric = judged(assess.assess(inputs, quality, 100.0), "missing_data_fraction")
    assert metric["value"] == pytest.approx(1 / 8)
    assert "7 of 8" in metric["message"]
    assert "1 zero filled" in metric["message"]


def test_an_antenna_with_more_flags_than_the_others_is_suspect(tmp_path, quality):
    inputs = read(tmp_path, SMALL)
    for band in inputs.flags.values():
        band["antenna_fraction"][4] = 0.8
    qa = assess.assess(inputs, quality, 100.0)
    suspect = [(a["index"], a["pol"]) for a in qa["antennas"] if "rfi" in a["reasons"]]
    assert suspect == [(4, "X"), (4, "Y")]


def test_bad_reference_antenna_is_told(tmp_path, quality):
    plan = replace(SMALL, n_antennas=64, bad={0: ("X", "bad", "weak_gain")})
    qa = assess.assess(read(tmp_path, plan), quality, 100.0)
    assert qa["verdict"] == "warn"
    assert any("reference antenna" in reason and "bad in X" in reason for reason in qa["reasons"])


def test_a_dead_board_is_named(tmp_path, quality):
    plan = replace(SMALL, n_antennas=352, bad={k: ("XY", "bad", "dead") for k in range(256, 288)})
    qa = assess.assess(read(tmp_path, plan), quality, 100.0)
    assert any("SNAP2 9 (antennas 256-287): 100 %" in reason for reason in qa["reasons"])


def test_flags_of_bad_antennas_do_not_count_as_interference():
    fractions = {"total": 0.28, "antenna": 0.2, "aoflagger": 0.08}
    assert stage_metrics.healthy_fraction(fractions) == pytest.approx(0.1)
    assert stage_metrics.healthy_fraction({"total": 1.0, "antenna": 1.0}) is None
