"""The head of the report: facts and the table of sources."""

import small_quality
from lwacal.report import overview


def source(name, altitude_deg, in_model, reason=""):
    return {
        "name": name,
        "altitude_deg": altitude_deg,
        "in_model": in_model,
        "reason": reason,
        "warnings": [],
    }


def rows(**observation):
    qa = {"observation": observation, "calibrators": [], "metrics": []}
    return [[cell.text for cell in row] for row in overview.sources(qa).rows]


def test_secondary_sources_share_a_row():
    found = rows(
        sources=[source("CygA", 80.2, True), source("Sun", -20.0, False, "below the horizon")],
        secondary_sources=["3C348", "3C353", "3C409"],
    )
    assert [row[0] for row in found] == ["CygA", "Sun", "3 secondary sources"]
    assert found[1][2] == "no: below the horizon"
    assert found[2][2] == "yes: 3C348, 3C353, 3C409"


def test_without_secondary_sources_there_is_no_row_for_them():
    for listed in ({}, {"secondary_sources": []}):
        assert len(rows(sources=[source("CygA", 80.2, True)], **listed)) == 1


def test_the_ionosphere_is_told_in_its_own_words():
    words = "The ionosphere moved sources by up to 3.2 arcmin at 40 MHz."
    made = small_quality.quality()
    made["observation"] |= {
        "end_utc": "2024-05-24T09:01:00",
        "integration_s": 10.0,
        "n_antennas": 48,
        "reference_antenna": {"antenna": "LWA253", "why": ""},
        "reference_delays": None,
        "flux_scale": "ovro2023",
        "health_sources": [],
    }
    found = dict(overview.facts(made, {"message": words}))
    assert found["Ionosphere"] == words
