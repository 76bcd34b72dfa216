"""run.json says with what and how long; memory is asked for by the manifest's numbers."""

import importlib.metadata
import re
import subprocess
import sys

import pytest

from lwacal.driver import environment, resources, rule_environments, run_record, settings
from lwacal.records.configuration.tools import Tools
from lwacal.runtime.version import VERSION

MEGABYTE = 1e6


def manifest(n_antennas, n_channels, n_integrations, bands=("73MHz",)):
    rows = n_antennas * (n_antennas + 1) // 2
    entry = {"n_rows": rows}
    return {
        "integrations": [{}] * n_integrations,
        "bands": {
            band: {"frequency_hz": [0.0] * n_channels, "entries": [entry] * n_integrations}
            for band in bands
        },
    }


def test_versions_of_what_is_here_are_found_and_what_is_not_is_absent():
    versions = run_record.package_versions()
    assert versions["numpy"][0].isdigit()
    tools = run_record.tool_versions(Tools(aoflagger="no-such-program"))
    assert tools["wsclean"][0].isdigit()
    assert tools["aoflagger"] == "absent"


def test_commit_and_changes_of_the_code(tmp_path):
    assert run_record.git_state(tmp_path) == {"commit": None, "dirty": None}

    def git(*words):
        subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            check=True,
            capture_output=True,
        )

    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", ".")
    git("commit", "-qm", "first")
    state = run_record.git_state(tmp_path)
    assert len(state["commit"]) == 40
    assert state["dirty"] is False
    (tmp_path / "file").write_text("2")
    assert run_record.git_state(tmp_path)["dirty"] is True


def test_times_and_memory_come_from_the_benchmark_files(tmp_path):
    (tmp_path / "concat").mkdir()
    (tmp_path / "concat" / "73MHz.tsv").write_text("s\th:m:s\tmax_rss\n12.5\t0:00:12\t801.2\n")
    (tmp_path / "delay.tsv").write_text("s\th:m:s\tmax_rss\n3.5\t0:00:03\tNA\n")
    assert run_record.rule_times(tmp_path) == [
        {"rule": "concat", "job": "73MHz", "wall_s": 12.5, "max_rss_mb": 801.2},
        {"rule": "delay", "job": "", "wall_s": 3.5, "max_rss_mb": None},
    ]


def test_differences_from_the_default_are_named(tmp_path):
    chosen = settings.resolve({"bandpass": {"min_snr": 4}, "tools": {"aoflagger": "absent"}})
    record = run_record.build("night", chosen.as_json(), chosen.tools, tmp_path)
    assert {"key": "bandpass.min_snr", "value": 4, "default": 3} in record["differences"]
    assert len(record["differences"]) == 2
    assert record["configuration"] == chosen.as_json()
    assert record["total_s"] == 0


def test_version_of_this_project_is_recorded(tmp_path):
    whole = settings.resolve({})
    record = run_record.build("night", whole.as_json(), whole.tools, tmp_path)
    assert record["version"] == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_memory_grows_with_the_data():
    full, small = manifest(352, 192, 1), manifest(48, 24, 1)
    assert resources.integration_mb(full, "73MHz") == pytest.approx(382, rel=0.01)
    for rule in resources.FACTORS:
        need = resources.memory_mb(rule, full, "73MHz")
        assert resources.BASE_MB < need < 16_000
        assert resources.memory_mb(rule, small, "73MHz") < need
        assert resources.memory_mb(rule, manifest(352, 192, 24), "73MHz") >= need


def test_our_solver_needs_less_than_casa_and_no_more_for_more_integrations():
    one, many = manifest(352, 192, 1), manifest(352, 192, 24)
    for rule in ("bandpass", "delay"):
        ours, casas = f"{rule} by stefcal", f"{rule} by casa"
        assert resources.memory_mb(ours, one) == resources.memory_mb(ours, many)
        assert resources.memory_mb(ours, many) < 3000
        assert resources.memory_mb(casas, one) > 5000


def test_memory_of_a_job_over_all_sub_bands_is_that_of_the_largest():
    record = manifest(64, 24, 1)
    record["bands"]["82MHz"] = manifest(64, 192, 1)["bands"]["73MHz"]
    assert resources.integration_mb(record, None) == resources.integration_mb(record, "82MHz")


@pytest.fixture
def other_environment(monkeypatch):
    """A process that Snakemake started in an environment of its own, made by conda."""
    monkeypatch.setenv(environment.PREFIX_VARIABLE, "/where/snakemake/is")
    monkeypatch.setenv("CONDA_PREFIX", sys.prefix)
    monkeypatch.setattr(run_record, "PACKAGES", ("numpy", "of-another-rule", "of-no-rule"))
    monkeypatch.setattr(
        rule_environments, "declared", lambda: ({"wsclean": "9.9"}, {"of-another-rule": "1.2.3"})
    )


def test_versions_of_other_environments_are_those_that_their_files_pin(other_environment):
    versions = run_record.package_versions()
    assert versions["numpy"] == importlib.metadata.version("numpy")
    assert versions["of-another-rule"] == "1.2.3"
    assert versions["of-no-rule"] == "absent"
    tools = Tools(aoflagger="no-such-program")
    assert run_record.tool_versions(tools) == {"wsclean": "9.9", "aoflagger": "absent"}


def test_versions_are_not_guessed_where_environments_are_not_conda_s(
    other_environment, monkeypatch
):
    monkeypatch.delenv("CONDA_PREFIX")
    assert run_record.package_versions()["of-another-rule"] == rule_environments.NOT_TOLD
    monkeypatch.setenv(environment.PREFIX_VARIABLE, sys.prefix)
    assert run_record.package_versions()["of-another-rule"] == "absent"


def test_pins_of_the_environments_files_are_read():
    conda, pip = rule_environments.declared()
    assert conda["wsclean"][0].isdigit()
    assert pip["casatools"][0].isdigit()
