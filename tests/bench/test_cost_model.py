"""The cost model: units, fits on made-up records, and predictions from it."""

import math
from dataclasses import replace

import pytest

from bench import cost_model, prediction, scaling_text
from bench.cost_model import Point
from bench.prediction import Cluster
from bench.sizes import Size
from lwacal.driver import resources
from lwacal.telescope import site

FULL = Size(352, 192)
START_S, RATE_S, READ, WRITTEN = 2.0, 3e-8, 16.0, 24.0
BASE_MB, FIRST, FURTHER = 500.0, 3.0, 0.25
SIZES = (
    FULL,
    replace(FULL, antennas=64),
    replace(FULL, antennas=256),
    replace(FULL, channels=24),
    replace(FULL, integrations=6),
)


def measured(size, rule="flag"):
    work = cost_model.work(rule, size)
    return Point(
        size,
        START_S + RATE_S * work,
        1.0,
        100.0,
        READ * work / 1e6,
        WRITTEN * work / 1e6,
        BASE_MB + size.integration_mb * (FIRST + FURTHER * (size.integrations - 1)),
    )


def test_data_of_a_full_size_integration():
    """62128 baselines x 192 channels x 4 correlations x 8 bytes, as resources_needed has it."""
    manifest = {"bands": {"73MHz": {"frequency_hz": [0.0] * 192, "entries": [{"n_rows": 62128}]}}}
    assert FULL.integration_mb == pytest.approx(381.7, abs=0.1)
    assert FULL.integration_mb == resources.integration_mb(manifest, None)
    assert replace(FULL, integrations=24, bands=site.BANDS).data_mb == pytest.approx(
        24 * 16 * FULL.integration_mb
    )


@pytest.mark.parametrize(
    ("rule", "change", "factor"),
    [
        ("concat", {"antennas": 704}, 4),
        ("concat", {"channels": 96}, 0.5),
        ("concat", {"integrations": 6}, 6),
        ("concat", {"bands": site.BANDS}, 16),
        ("delay", {"integrations": 6}, 1),
        ("delay", {"antennas": 704}, 4),
        ("report", {"antennas": 704}, 2),
        ("report", {"integrations": 6}, 1),
        ("antenna_health", {"integrations": 6}, 6),
        ("inventory", {"channels": 96}, 1),
    ],
)
def test_work_grows_as_it_should(rule, change, factor):
    work = cost_model.work(rule, replace(FULL, **change))
    assert work == pytest.approx(factor * cost_model.work(rule, FULL))


def test_fit_gives_back_what_records_were_made_from():
    model = cost_model.fit_rule("flag", [measured(size) for size in SIZES])
    assert model.start_s == pytest.approx(START_S, rel=1e-6)
    assert model.rate_s == pytest.approx(RATE_S, rel=1e-6)
    assert model.read_bytes == pytest.approx(READ)
    assert model.written_bytes == pytest.approx(WRITTEN)
    assert model.start_bytes == pytest.approx(0, abs=1.0)
    assert (model.base_mb, model.first, model.further) == pytest.approx((BASE_MB, FIRST, FURTHER))
    assert model.worst < 1e-6
    far = Size(2000, 192, 24)
    assert model.seconds(far) == pytest.approx(START_S + RATE_S * 2000**2 * 192 * 24)
    assert model.memory_mb(far) == pytest.approx(
        BASE_MB + far.integration_mb * (FIRST + 23 * FURTHER)
    )


def test_one_size_leaves_the_start_to_the_help():
    model = cost_model.fit_rule("flag", [measured(FULL)])
    assert model.start_s == 1.0
    assert model.seconds(FULL) == pytest.approx(measured(FULL).wall_s)
    assert model.base_mb == 100.0
    assert model.memory_mb(FULL) == pytest.approx(measured(FULL).peak_mb)
    assert model.memory_mb(replace(FULL, antennas=704)) == pytest.approx(
        4 * (measured(FULL).peak_mb - 100) + 100, rel=0.01
    )


def test_fits_are_never_below_zero():
    """Times that fall with size, from noise, give no negative start or rate."""
    points = [replace(measured(size), wall_s=3.0 - number) for number, size in enumerate(SIZES[:3])]
    model = cost_model.fit_rule("flag", points)
    assert model.start_s >= 0
    assert model.rate_s >= 0


@pytest.mark.parametrize(
    ("cluster", "memory_mb", "threads", "jobs"),
    [
        (Cluster("", 1, 2, 24, 0), 3000, 1, 2),  # cores
        (Cluster("", 4, 16, 64, 0), 5000, 1, 48),  # memory: 12 a node
        (Cluster("", 4, 16, 64, 0), 1000, 4, 16),  # threads
        (Cluster("", 1, 2, 24, 0), 30000, 1, 0),  # does not fit
        (Cluster("", 1, 2, 24, 0), 3000, 8, 1),  # more threads than cores
        (Cluster("", 2, 16, math.inf, 0), 1e6, 1, 32),
    ],
)
def test_jobs_at_once(cluster, memory_mb, threads, jobs):
    assert cluster.jobs_at_once(memory_mb, threads) == jobs


def models():
    return {
        rule: cost_model.fit_rule(rule, [measured(size, rule) for size in SIZES])
        for rule in ("concat", "flag", "bandpass", "flag_solutions")
    }


def test_prediction_is_rounds_times_jobs_and_waits():
    size = replace(FULL, bands=site.BANDS)
    cluster = Cluster("", 1, 6, 1e6, 10.0)  # 16 jobs by six: three rounds
    night = prediction.predict(models(), {}, size, cluster)
    job_s = START_S + RATE_S * cost_model.work("flag", FULL)
    steps = {step.rule: step for step in night.steps}
    assert steps["flag"].jobs == 16
    assert steps["flag"].wall_s == pytest.approx(3 * (job_s + 10))
    assert steps["flag_solutions"].jobs == 1
    alone = START_S + RATE_S * cost_model.work("flag_solutions", size)
    assert steps["flag_solutions"].wall_s == pytest.approx(alone + 10)
    assert night.wall_s == pytest.approx(3 * 3 * (job_s + 10) + alone + 10)
    assert night.busy_s == pytest.approx(3 * 16 * job_s + alone)
    work = 3 * cost_model.work("flag", size) + cost_model.work("flag_solutions", size)
    assert night.moved_gb == pytest.approx((READ + WRITTEN) * work / 1e9)


def test_a_job_that_does_not_fit_is_told():
    night = prediction.predict(models(), {}, FULL, Cluster("", 16, 16, 1.0, 0))
    assert math.isinf(night.wall_s)


def test_channels_that_fit():
    size = Size(2000, 192, 24)
    model = models()["flag"]
    half = model.base_mb + (model.memory_mb(size) - model.base_mb) / 2
    assert scaling_text.channels_that_fit(models(), size, 1.001 * half) == 96
    assert scaling_text.channels_that_fit(models(), size, 0.999 * half) == 64
    assert scaling_text.channels_that_fit(models(), FULL, 1e6) == 192
    assert scaling_text.channels_that_fit(models(), size, 1.0) == 1


def test_jobs_of_some_channels():
    size = replace(FULL, bands=site.BANDS)
    cluster = Cluster("", 1, 64, 1e6, 0.0)
    night = prediction.predict(models(), {}, size, cluster, channels_a_job=48)
    whole = prediction.predict(models(), {}, size, cluster)
    steps = {step.rule: step for step in night.steps}
    assert steps["flag"].jobs == 64
    assert steps["flag_solutions"].jobs == 1
    assert steps["flag"].job_s == pytest.approx(
        START_S + RATE_S * cost_model.work("flag", FULL) / 4
    )
    assert night.busy_s - whole.busy_s == pytest.approx(3 * 48 * START_S)
    assert night.moved_gb == pytest.approx(whole.moved_gb)


def test_memory_without_visibilities_goes_with_the_work():
    """The report has 16 sub-bands; twice the antennas are twice the part that is not the base."""
    full = replace(FULL, bands=site.BANDS)
    model = cost_model.fit_rule("report", [replace(measured(full, "report"), peak_mb=700.0)])
    assert model.base_mb == 100.0
    assert model.memory_mb(full) == pytest.approx(700)
    assert model.memory_mb(replace(full, antennas=704)) == pytest.approx(1300)


def test_chains_count_for_steps_that_are_once_in_them():
    cost = {"cpu_s": 1.0, "peak_mb": 400.0, "read_mb": 30.0, "wall_s": 3.0, "written_mb": 1.0}
    stage = {"median": cost, "startup": {**cost, "wall_s": 2.5, "peak_mb": 200.0}}
    size = replace(FULL, bands=site.BANDS)
    chain = {
        "size": size.record(),
        "rules": {
            "sky_model": {"jobs": 1, "wall_s": 18.0, "peak_mb": 500.0},
            "flag": {"jobs": 16, "wall_s": 100.0, "peak_mb": 900.0},
        },
    }
    parts = {
        "stages": {
            "records": [
                {
                    "size": FULL.record(),
                    "stages": [{"rule": rule, **stage} for rule in ("sky_model", "flag")],
                }
            ]
        },
        "chain 16x1": {"records": chain},
    }
    found = cost_model.fit({"parts": parts})
    assert found["sky_model"].seconds(FULL) == pytest.approx(3.0)
    assert found["sky_model"].seconds(size) == pytest.approx(18.0)
    assert found["sky_model"].fitted == 2
    assert found["flag"].fitted == 1
