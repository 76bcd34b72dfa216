"""The models of the configuration: what a job reads of them, and that they fit what uses them."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from pydantic import ValidationError

from lwacal.calibration import bandpass, delay
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.environment_modules import EnvironmentModules
from lwacal.records.configuration.flagging import Flagging
from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.observation_row import ObservationRow
from lwacal.records.configuration.section import SectionError, read_section
from lwacal.records.configuration.sky_model import ComponentLists, FluxScale, SkyModel, SourceName
from lwacal.records.configuration.whole import Configuration
from lwacal.runtime import paths
from lwacal.sky import beam, flux_scales, sources


def choices(model, key):
    return set(get_args(model.model_fields[key].annotation))


# --- what a job reads --------------------------------------------------------------------------


def test_section_is_read_from_the_text_of_a_rule():
    text = json.dumps({"flagging": Flagging(burst_ratio=2).as_json(), "tools": {}})
    assert read_section(text, "flagging", Flagging) == Flagging(burst_ratio=2)


def test_value_that_does_not_fit_is_an_error_that_names_the_key():
    text = '{"imaging": {"allsky": {"bands_mhz": {"low": [41, "x"]}}, "source": {"size": 513}}}'
    with pytest.raises(SectionError) as caught:
        read_section(text, "imaging", Imaging)
    assert 'imaging.allsky.bands_mhz.low[1] / found: "x" / expected: ' in str(caught.value)
    assert "imaging.source.size / found: 513 / expected: " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"flagging": {"burst_ration": 2}}', "flagging.burst_ration"),
        ('{"flagging": {"burst_ratio": "2"}}', "flagging.burst_ratio"),
        ('{"tools": {}}', '{"flagging": {...}}'),
        ("flagging", '{"flagging": {...}}'),
        ("[]", '{"flagging": {...}}'),
    ],
)
def test_text_that_is_no_section_is_refused(text, words):
    with pytest.raises(SectionError) as caught:
        read_section(text, "flagging", Flagging)
    assert words in str(caught.value)


def test_key_that_a_rule_does_not_hand_over_has_no_value():
    """Not even its default: a change of it would not run the rule again."""
    text = '{"imaging": {"enabled": false, "source": {"size": 256}}}'
    imaging = read_section(text, "imaging", Imaging)
    assert (imaging.enabled, imaging.source.size) == (False, 256)
    with pytest.raises(AttributeError, match="niter"):
        _ = imaging.source.niter
    with pytest.raises(AttributeError, match="allsky"):
        _ = imaging.allsky


def test_sections_are_read_only():
    with pytest.raises(ValidationError, match="frozen"):
        Flagging().burst_ratio = 2


def test_defaults_have_the_types_of_their_keys():
    assert type(Bandpass().min_snr) is float
    assert type(Bandpass().min_baselines_per_antenna) is int


def test_row_of_the_sheet_has_one_input():
    assert ObservationRow(input="a").input == "a"
    for given in ({}, {"input": "a", "input_ms": "b"}):
        with pytest.raises(ValidationError, match="one of input and input_ms"):
            ObservationRow(**given)


# --- choices are those of the code that uses them ----------------------------------------------


def test_choices_are_what_the_code_knows():
    assert set(get_args(SourceName)) == set(sources.POSITIONS)
    assert set(ComponentLists().by_source()) == set(sources.POSITIONS)
    assert set(SkyModel().sources) == set(sources.POSITIONS)
    assert set(get_args(FluxScale)) == set(flux_scales.SCALES)
    assert choices(Beam, "model") == {*beam.MODELS, beam.FROM_FILE}
    assert choices(Bandpass, "engine") == set(bandpass.ENGINES)
    assert choices(Delay, "engine") == set(delay.ENGINES)


def test_modules_are_named_for_each_environment():
    names = {path.stem for path in paths.ENVIRONMENTS.glob("*.yaml")}
    assert set(EnvironmentModules.model_fields) == names


def test_sections_are_separate_modules():
    """So that a change of one makes stale only the rules that use it."""
    modules = [
        field.annotation.__module__
        for field in Configuration.model_fields.values()
        if hasattr(field.annotation, "model_fields")
    ]
    assert len(modules) == len(set(modules)) > 10
