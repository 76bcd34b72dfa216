"""Records are checked when they are written and when they are read, with problems in words."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

import numpy as np
import pytest

import made_up_observation
from lwacal.qa import metric
from lwacal.records import antpol, base, catalogue, files, quality
from lwacal.records.catalogue import RECORDS
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.runtime import errors, products
from lwacal.telescope import antpol_states, correlations
from made_up_plan import Plan

REFERENCE: ReferenceRecord = {
    "index": 3,
    "antenna": "LWA253",
    "healthy": True,
    "why": "the first",
    "unknown": [],
    "excess_flagged": -0.02,
    "order": [3, 0, 1, 2],
}


@pytest.fixture
def path(tmp_path):
    files.write(ReferenceRecord, tmp_path / "reference.json", REFERENCE)
    return tmp_path / "reference.json"


def change(path, **changed: Any):
    products.write_json(path, {**products.read_json(path), **changed})


def test_what_was_written_is_read(path):
    assert files.read(ReferenceRecord, path) == {**REFERENCE, "schema": 1}


def test_bytes_are_those_of_plain_json(path):
    """Sorted keys, one space of indent: the checks change nothing."""
    expected = json.dumps({**REFERENCE, "schema": 1}, sort_keys=True, indent=1) + "\n"
    assert path.read_text() == expected


def test_whole_numbers_in_place_of_fractions_stay_whole(path):
    change(path, excess_flagged=0)
    assert repr(files.read(ReferenceRecord, path)["excess_flagged"]) == "0"


def test_arrays_are_lists_and_what_is_not_finite_is_null(tmp_path):
    health = {
        "requested_mjd": np.float64(60454.5),
        "sources": [{"name": "cache", "used": False, "message": "", "age_days": math.nan}],
        "antennas": [],
    }
    files.write(HealthRecord, tmp_path / "health.json", health)
    assert files.read(HealthRecord, tmp_path / "health.json")["sources"][0]["age_days"] is None


def test_a_record_of_another_version_is_refused_in_words(path):
    change(path, schema=7)
    with pytest.raises(files.OtherVersionError) as caught:
        files.read(ReferenceRecord, path)
    said = errors.explain(caught.value)
    for words in (str(path), "version 7", "reads version 1", "Remove it and run again"):
        assert words in said


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"index": -1}, "index: expected greater than or equal to 0, found -1"),
        ({"index": "3"}, 'index: expected a valid integer, found "3"'),
        ({"order": [0, 1.5]}, "order[1]: expected a valid integer, found 1.5"),
        ({"healthy": None}, "healthy: expected a valid boolean, found null"),
        ({"unknown": {}}, "unknown: expected a valid list, found an object"),
        ({"color": "red"}, "color is not a field of this record"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(path, changed, words):
    change(path, **changed)
    with pytest.raises(products.DamagedError) as caught:
        files.read(ReferenceRecord, path)
    assert f"{path} is not a record of this kind: {words}" in str(caught.value)


def test_places_are_written_as_people_write_them(tmp_path):
    manifest = made_up_observation.manifest(Plan(2, ("59MHz",), 4, 2))
    manifest["bands"]["59MHz"]["entries"][1]["conjugate"] = 0
    manifest["faults"] = [{"kind": "rain", "message": "", "file": "", "band": "", "time": ""}]
    said = files.in_words(files.problems(ManifestRecord, products.plain(manifest)))
    assert "bands.59MHz.entries[1].conjugate: expected a valid boolean, found 0" in said
    assert "faults[0].kind: expected 'unreadable', " in said


def test_many_problems_are_counted(path):
    change(path, **{key: [] for key in REFERENCE})
    with pytest.raises(products.DamagedError, match=r"; and 2 more$"):
        files.read(ReferenceRecord, path)


@pytest.mark.parametrize("text", ["{", "[]", "3", '"text"', "{}", ""])
def test_a_file_that_is_no_record_is_damaged(tmp_path, text):
    (tmp_path / "reference.json").write_text(text)
    with pytest.raises(products.DamagedError, match=r"reference\.json"):
        files.read(ReferenceRecord, tmp_path / "reference.json")


def test_a_record_that_does_not_fit_is_not_written(path):
    before = path.read_bytes()
    with pytest.raises(files.InvalidRecordError) as caught:
        files.write(ReferenceRecord, path, {**REFERENCE, "antenna": 3})
    assert "antenna: expected a valid string, found 3" in errors.explain(caught.value)
    assert "mistake in the workflow" in errors.explain(caught.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "changed",
    [{"flux_jy": None}, {"ratio": None}, {"fit": "failed"}, {"fit": "failed", "flux_jy": None}],
)
def test_fits_have_values_or_a_reason(tmp_path, changed):
    found = made_up_observation.write(tmp_path, Plan(4, ("50MHz",), 4, 2))["measurements"]
    record = files.read(MeasurementsRecord, found)
    record["calibrators"][0].update(changed)
    assert files.problems(MeasurementsRecord, record)


def test_each_record_has_a_version_and_a_place():
    for model in RECORDS.values():
        declared = base.about(model)
        assert declared.files
        assert declared.rule
        assert declared.version is None or declared.version >= 1


def test_the_numbers_of_versions_are_written_in_one_place():
    """No other module writes the key schema."""
    package = files.Path(files.__file__).parents[1]
    for path in package.rglob("*.py"):
        if path.parent.name not in ("records", "driver"):
            assert '"schema": ' not in path.read_text(), path


def test_words_of_models_are_those_of_the_code():
    assert get_args(antpol.Reason) == tuple(antpol_states.REASONS)
    assert get_args(antpol.Polarization) == correlations.POLARIZATIONS
    assert get_args(quality.StageName) == metric.STAGES
    assert set(get_args(quality.MetricStatus)) == set(metric.STATUS_RANK)


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("qa.json", "qa"),
        ("inventory.json", "manifest"),
        ("flags/59MHz.json", "flags"),
        ("images/CygA/images.json", "images"),
        ("images/allsky/images.json", "allsky"),
    ],
)
def test_the_model_of_a_file_follows_from_its_path(product, name):
    assert catalogue.model_of(product) is RECORDS[name]


def test_what_is_no_record_has_no_model():
    with pytest.raises(LookupError, match=r"report\.html"):
        catalogue.model_of("report.html")
