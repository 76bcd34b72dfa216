"""Every limit of section quality judges a raw value: status and score follow, the value stays."""

import json
import math

import pytest

import made_up_observation as made_up
from lwacal.qa import assess
from lwacal.records.configuration.quality import Quality
from lwacal.runtime import paths, products
from made_up_plan import Plan

SCHEMAS = paths.SCHEMAS
PLAN = Plan(
    n_antennas=40,
    bands=("27MHz", "50MHz", "73MHz"),
    n_channels=6,
    n_integrations=4,
    bad={3: ("X", "bad", "dead")},
)
NOT_A_METRIC = {"antenna_flagged_excess"}  # it makes single antennas suspect
MORE_IS_BETTER = {"allsky_dynamic_range"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    paths = made_up.write(tmp_path_factory.mktemp("records"), PLAN)
    several = {
        key: {record["band"]: record for record in map(products.read_json, paths[key])}
        for key in ("flags", "bandpass")
    }
    single = ("manifest", "health", "solutions", "delay", "measurements", "sky_model")
    found = assess.Inputs(**{key: products.read_json(paths[key]) for key in single}, **several)
    found.health["sources"] = [{"name": "mnc", "used": True, "age_days": 3.0, "message": ""}]
    return found


def judge(inputs, **limits):
    return assess.assess(inputs, Quality(**limits), 100.0)


@pytest.fixture(scope="module")
def usual(inputs):
    return judge(inputs)


@pytest.mark.parametrize("name", sorted(set(Quality.model_fields) - NOT_A_METRIC))
def test_limit_changes_status_and_score_and_not_the_value(inputs, usual, name):
    before = [m for m in usual["metrics"] if m["name"] == name and m["value"] is not None]
    assert before, f"{name} is not judged"
    values = [m["value"] for m in before]
    # a limit to warn that all of them reach
    limit = 1.01 * max(values) if name in MORE_IS_BETTER else 0.99 * min(values)
    after = [
        m
        for m in judge(inputs, **{name: {"warn": limit, "fail": None}})["metrics"]
        if m["name"] == name and m["value"] is not None
    ]
    assert [m["value"] for m in after] == values
    assert {m["status"] for m in after} == {"warn"}
    assert all(0 <= m["score"] <= 2 / 3 + 1e-3 for m in after)
    assert all(m["limits"]["warn"] == pytest.approx(limit) for m in after)
    assert [m["unit"] for m in after] == [m["unit"] for m in before]


def test_a_limit_to_fail_decides_and_is_named_in_the_reasons(inputs, usual):
    assert usual["verdict"] == "pass"
    failed = judge(inputs, allsky_dynamic_range={"warn": 5000, "fail": 1500})
    assert failed["verdict"] == "fail"
    assert failed["reasons"] == [
        "All-sky image low: dynamic range 1000 (should be at least 1,500).",
        "All-sky image mid: dynamic range 2000 (should be at least 5,000).",
        "All-sky image high: dynamic range 3000 (should be at least 5,000).",
    ]
    informing = judge(inputs, noise_over_thermal={"warn": 1, "fail": None})
    assert informing["verdict"] == "pass"  # it informs, and does not decide


def values(qa, name):
    return {tuple(m["applies_to"].values()): m["value"] for m in qa["metrics"] if m["name"] == name}


def test_noise_is_compared_with_the_thermal_noise(usual):
    found = values(usual, "noise_over_thermal")
    assert found["low",] == pytest.approx(10)  # 2 Jy over 0.2 Jy
    assert found["CygA",] == pytest.approx(7.5)  # 30 Jy over 4 Jy


def test_the_ionospheres_share_is_told_from_a_constant_offset(usual):
    """Drawn: 40 arcsec east, 25 south at 50 MHz, as the wavelength squared; 6 arcsec of noise."""
    ionosphere, constant = values(usual, "ionospheric_offset"), values(usual, "constant_offset")
    for source in ("CygA", "CasA"):
        assert ionosphere[source,] == pytest.approx(math.hypot(40, 25), abs=20)
        assert constant[source,] < 25
    assert json.dumps(usual["positions"])  # the fits are in qa.json
    assert {item["source"] for item in usual["positions"]} == {"CygA", "CasA"}
