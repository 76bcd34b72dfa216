"""The configuration: one source of defaults, text from the command line, all errors at once."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest
import yaml
from jsonschema import Draft202012Validator

from lwacal.driver import json_schema, schema_files, settings
from lwacal.driver.settings import SettingsError, resolve
from lwacal.runtime import paths

ROOT = paths.PROJECT
CONFIG = ROOT / "config" / "config.yaml"
MANUAL = ROOT / "config" / "README.md"
SCHEMA = json_schema.load_schema()
DEFAULTS = resolve({}).as_json()
WHEN_TO_CHANGE = re.compile(r"\b(Change|Set|Raise|Lower) it\b")
DOTTED_KEY = re.compile(r"[a-z_]+(\.(?!json$)[a-z_]+)+")


def schema_leaves(node=SCHEMA, key=""):
    """Return (dotted key, node) of every key that is not a section."""
    for name, child in node["properties"].items():
        path = f"{key}.{name}".strip(".")
        if child["type"] == "object":
            yield from schema_leaves(child, path)
        else:
            yield path, child


def schema_sections(node=SCHEMA, key=""):
    yield key, node
    for name, child in node["properties"].items():
        if child["type"] == "object":
            yield from schema_sections(child, f"{key}.{name}".strip("."))


def problems_of(config):
    with pytest.raises(SettingsError) as caught:
        resolve(config)
    return {problem.key: problem for problem in caught.value.problems}


# --- the schema, config.yaml and the manual agree ---------------------------------------------


def test_schemas_are_valid():
    for path in sorted((ROOT / "workflow" / "schemas").glob("*.schema.json")):
        Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_no_section_takes_other_keys():
    for key, node in schema_sections():
        assert node["additionalProperties"] is False, key
        assert node["description"], key


def test_every_key_says_meaning_unit_and_when_to_change():
    for key, node in schema_leaves():
        if key.startswith("quality."):
            continue  # warn and fail: the quantity above them says it
        assert WHEN_TO_CHANGE.search(node["description"]), key
        if node["type"] in ("integer", "number"):
            assert "[" in node["description"], f"{key} has no unit"
    for name, node in SCHEMA["properties"]["quality"]["properties"].items():
        assert WHEN_TO_CHANGE.search(node["description"]), name
        assert "[" in node["description"], f"quality.{name} has no unit"


def test_defaults_fit_their_schema():
    assert not list(Draft202012Validator(SCHEMA).iter_errors(DEFAULTS))


def test_configuration_file_has_every_key_at_its_default():
    config = yaml.safe_load(CONFIG.read_text())
    written = settings.leaves(config)
    default = settings.leaves(DEFAULTS)
    assert list(written) == list(default)
    assert written == default


def test_every_key_in_the_configuration_file_has_a_comment():
    lines = CONFIG.read_text().splitlines()
    assert lines[0] == ("# yaml-language-server: $schema=../workflow/schemas/config.schema.json")
    for before, line in pairwise(lines):
        if line.strip() and not line.lstrip().startswith("#"):
            assert before.lstrip().startswith("# "), f"no comment above {line}"


@pytest.mark.parametrize("path", schema_files.texts(), ids=lambda path: path.name)
def test_generated_file_is_up_to_date(path):
    assert path.read_text() == schema_files.texts()[path], (
        f"{path.relative_to(ROOT)} differs from the models in lwacal.records.configuration: change"
        " the models, not this file, then run `make schemas`"
    )


def test_manual_explains_every_section():
    headings = [line for line in MANUAL.read_text().splitlines() if line.startswith("#")]
    for name, node in SCHEMA["properties"].items():
        if node["type"] == "object":
            assert any(f"`{name}`" in heading for heading in headings), name
        else:
            assert f"`{name}`" in MANUAL.read_text(), name


def test_keys_that_the_manual_names_exist():
    words = MANUAL.read_text().split("`")[1::2]
    known = set(settings.leaves(DEFAULTS)) | {key for key, _ in schema_sections()}
    dotted = {
        word
        for word in words
        if DOTTED_KEY.fullmatch(word) and word.split(".")[0] in SCHEMA["properties"]
    }
    assert len(dotted) > 10
    assert dotted <= known, dotted - known


def test_no_path_of_a_site_in_the_defaults():
    for key, value in settings.leaves(DEFAULTS).items():
        assert not str(value).startswith(("/", "~")), key


# --- text from the command line ------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "key", "expected"),
    [
        ({"imaging": {"source": {"size": "512"}}}, "imaging.source.size", 512),
        ({"imaging": {"source": {"size": 512.0}}}, "imaging.source.size", 512),
        ({"bandpass": {"min_snr": "5"}}, "bandpass.min_snr", 5.0),
        ({"imaging": {"max_smearing_loss": "1e-3"}}, "imaging.max_smearing_loss", 1e-3),
        ({"delay": {"enabled": "False"}}, "delay.enabled", False),
        ({"delay": {"enabled": "yes"}}, "delay.enabled", True),
        ({"delay": {"enabled": None}}, "delay.enabled", True),
        ({"delay": None}, "delay.min_freq_mhz", 41.0),
        ({"input": None}, "input", ""),
        ({"sky_model": {"sources": "CygA"}}, "sky_model.sources", ["CygA"]),
        ({"sky_model": {"sources": "CygA,CasA"}}, "sky_model.sources", ["CygA", "CasA"]),
        ({"sky_model": {"sources": "CygA CasA"}}, "sky_model.sources", ["CygA", "CasA"]),
        ({"sky_model": {"sources": ["VirA"]}}, "sky_model.sources", ["VirA"]),
        ({"health": {"bad_antennas": [29, "LWA-041B"]}}, "health.bad_antennas", ["29", "LWA-041B"]),
        ({"health": {"bad_antennas": 29}}, "health.bad_antennas", ["29"]),
        ({"health": {"bad_antennas": ""}}, "health.bad_antennas", []),
        (
            {"solution_flags": {"reference_mhz": "[42, 58.5]"}},
            "solution_flags.reference_mhz",
            [42.0, 58.5],
        ),
        (
            {"quality": {"flux_ratio_deviation": {"fail": "null"}}},
            "quality.flux_ratio_deviation.fail",
            None,
        ),
        (
            {"quality": {"flux_ratio_deviation": {"fail": "0.9"}}},
            "quality.flux_ratio_deviation.warn",
            0.2,
        ),
        ({"input": "data", "observation": 20240524090003}, "observation", "20240524_090003"),
    ],
)
def test_text_becomes_what_the_schema_asks_for(config, key, expected):
    found = settings.leaves(resolve(config).as_json())[key]
    assert found == expected
    assert type(found) is type(expected)


def test_nested_key_through_the_command_line_of_snakemake():
    from snakemake.cli import parse_config

    given = parse_config(
        [
            "input=data",
            "delay={min_snr: 5, enabled: false}",
            "sky_model={sources: [CygA, CasA]}",
            "imaging={source: {size: 256}}",
            "observation=20240524_090003",
        ]
    )
    found = resolve(given)
    assert found.delay.min_snr == 5.0
    assert found.delay.enabled is False
    assert found.sky_model.sources == ("CygA", "CasA")
    assert found.imaging.source.size == 256
    assert found.observation == "20240524_090003"
    assert set(settings.leaves(found.as_json())) == set(settings.leaves(DEFAULTS))


def test_same_values_give_the_same_text_for_a_rule():
    written = resolve({"bandpass": {"min_snr": 3}})
    typed = resolve({"bandpass": {"min_snr": "3.0"}})
    assert settings.section_json(written, "bandpass") == settings.section_json(typed, "bandpass")


def test_resolving_twice_changes_nothing():
    once = resolve({"sky_model": {"sources": "CygA"}})
    assert resolve(once.as_json()) == once


# --- errors --------------------------------------------------------------------------------


def test_all_errors_are_told_at_once():
    found = problems_of(
        {
            "refrence_table": "some.K",
            "sky_model": {"sources": ["cyga", "CasA"], "min_fluxes_jy": 3},
            "imaging": {"source": {"size": "513", "mgain": "nan"}, "keep_auxiliary_fits": "maybe"},
            "delay": {"min_freq_mhz": "high"},
            "bandpass": {"uv_min_lambda": 400},
        }
    )
    assert set(found) == {
        "refrence_table",
        "sky_model.sources[0]",
        "sky_model.min_fluxes_jy",
        "imaging.source.size",
        "imaging.source.mgain",
        "imaging.keep_auxiliary_fits",
        "delay.min_freq_mhz",
        "bandpass.uv_max_lambda",
        "bandpass.uv_max_lambda_vir_a",
    }


def test_error_says_key_found_expected_on_one_line():
    with pytest.raises(SettingsError) as caught:
        resolve({"imaging": {"source": {"size": "513"}}})
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("1 problem in the configuration")
    assert lines[1].strip() == (
        "imaging.source.size / found: 513 / expected: whole number, at least 16 and at most 32768"
        " and a multiple of 2"
    )


@pytest.mark.parametrize(
    ("config", "key", "hint"),
    [
        ({"delay": {"refrence_table": "x"}}, "delay.refrence_table", "delay.reference_table"),
        ({"reference_table": "x"}, "reference_table", "delay.reference_table"),
        ({"delay.reference_table": "x"}, "delay.reference_table", "delay.reference_table"),
        ({"Input": "x"}, "Input", "input"),
        ({"sky_model": {"sources": ["cyga"]}}, "sky_model.sources[0]", "CygA"),
        ({"delay": "some.K"}, "delay", "--config 'section={key: value}'"),
        ({"input": 2024}, "input", "quotes, or ./"),
        ({"sky_model": {"sources": "CygA", "CasA": ""}}, "sky_model.CasA", "[CygA, CasA]"),
    ],
)
def test_hint(config, key, hint):
    assert hint in problems_of(config)[key].hint


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"input": "a", "input_ms": "b"}, "input, input_ms"),
        ({"observation": "night"}, "observation"),
        ({"input": "a", "observation": "a/b"}, "observation"),
        ({"input": "a", "observation": "successful"}, "observation"),
        ({"imaging": {"allsky": {"bands_mhz": {"low": [41, 18]}}}}, "imaging.allsky.bands_mhz.low"),
        ({"quality": {"flux_ratio_deviation": {"warn": 0.9}}}, "quality.flux_ratio_deviation.warn"),
        ({"quality": {"allsky_dynamic_range": {"warn": 1}}}, "quality.allsky_dynamic_range.warn"),
        ({"health": {"autocorrelation": {"dead_ratio": 0.5}}}, "health.autocorrelation.dead_ratio"),
        ({"solution_flags": {"template_channels": 50}}, "solution_flags.template_channels"),
        ({"imaging": {"allsky": {"auto_mask": 0.1}}}, "imaging.allsky.auto_mask"),
        ({"imaging": {"source": {"extra": "-a 'b"}}}, "imaging.source.extra"),
        ({"delay": {"reference_table": "not-there.K"}}, "delay.reference_table"),
        ({"delay": {"reference_dir": "not-there"}}, "delay.reference_dir"),
        ({"ionosphere": {"last_tables": "not-there"}}, "ionosphere.last_tables"),
        ({"ionosphere": {"last_tables": "."}}, "ionosphere.last_tables"),
        ({"flagging": {"strategy": "not-there.lua"}}, "flagging.strategy"),
        ({"sky_model": {"sources": ["CygA", "CygA"]}}, "sky_model.sources"),
        ({"sky_model": {"sources": []}}, "sky_model.sources"),
        ({"health": {"bad_antennas": ["LWA"]}}, "health.bad_antennas[0]"),
        ({"imaging": {"source": {"weight": "brigs 1"}}}, "imaging.source.weight"),
        ({"pathvars": {}}, "pathvars"),
        ({"nights": {"from": "May"}}, "nights.from"),
        ({"nights": {"to": "2024-02-30"}}, "nights.to"),
        ({"nights": {"from": "2024-05-02", "to": "2024-05-01"}}, "nights"),
        ({"results": "-out"}, "results"),
        ({"results": "a{input}"}, "results"),
        ({"results": "a<b>"}, "results"),
        ({"results": "a\nb"}, "results"),
        ({"input": "a", "observation": "a\n"}, "observation"),
        ({"input": "a", "observation": "$(touch X)"}, "observation"),
        ({"input": "a", "observation": "-rf"}, "observation"),
        ({"input": "a", "observation": "{input}"}, "observation"),
        ({"input": "a", "observation": "trends.html"}, "observation"),
    ],
)
def test_what_is_refused(config, key):
    assert set(problems_of(config)) == {key}


def test_no_comparison_with_a_value_that_is_itself_wrong():
    found = problems_of({"quality": {"flux_ratio_deviation": {"warn": 0.9, "fail": "much"}}})
    assert set(found) == {"quality.flux_ratio_deviation.fail"}


def test_paths_that_are_there_are_accepted(tmp_path):
    table = tmp_path / "reference.K"
    table.mkdir()
    delay = {"reference_table": str(table), "reference_dir": str(tmp_path)}
    assert resolve({"delay": delay}).delay.reference_table == str(table)
    bandpass = tmp_path / "version" / "27MHz.bcal"
    bandpass.mkdir(parents=True)
    latest = tmp_path / "latest"
    latest.symlink_to("version")
    found = resolve({"ionosphere": {"last_tables": str(latest)}}).ionosphere
    assert found.tables() == [bandpass.resolve()]


def test_beam_file_must_be_there_before_anything_runs(tmp_path):
    assert set(problems_of({"beam": {"model": "h5"}})) == {"beam.file"}
    missing = {"beam": {"model": "h5", "file": str(tmp_path / "beam.h5")}}
    assert set(problems_of(missing)) == {"beam.file"}
    (tmp_path / "beam.h5").write_text("")
    assert resolve(missing).beam.model == "h5"


# --- differences and sections ----------------------------------------------------------------


def test_differences_from_default():
    changed = resolve({"input": "data", "delay": {"min_snr": "5"}})
    assert settings.differences_from_default(changed.as_json()) == [
        {"key": "input", "value": "data", "default": ""},
        {"key": "delay.min_snr", "value": 5.0, "default": 3.0},
    ]
    assert settings.differences_from_default(DEFAULTS) == []


def test_sections_as_json():
    config = resolve({})
    assert json.loads(settings.section_json(config, "beam", "delay")) == {
        "beam": DEFAULTS["beam"],
        "delay": DEFAULTS["delay"],
    }
    assert "\n" not in settings.section_json(config, *DEFAULTS)
    assert json.loads(settings.value_json(config, "health", "mnc")) == DEFAULTS["health"]["mnc"]


def test_part_of_the_configuration_is_nested_as_it_is():
    part = settings.part_json(resolve({}), "imaging.source.size", "imaging.enabled", "measure")
    assert json.loads(part) == {
        "imaging": {"source": {"size": 512}, "enabled": True},
        "measure": DEFAULTS["measure"],
    }
