"""The profiles: what a name finds, and what the cluster's takes from the environment."""

import os
import re

import pytest
import yte

from workflow_run import PROJECT, copy_project

CLUSTER = PROJECT / "workflow" / "profiles" / "cluster" / "config.yaml"


def cluster(monkeypatch, **environment):
    """Return the profile as Snakemake reads it with such an environment."""
    for name in ("SBATCH_PARTITION", "LWACAL_SCRATCH"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return yte.process_yaml(CLUSTER.read_text(), require_use_yte=True)


def test_name_leads_to_the_profile():
    """Snakemake looks for --profile NAME in the folder it runs in, not in profiles/."""
    link = PROJECT / "cluster"
    assert link.is_symlink()
    assert os.readlink(link) == "profiles/cluster"  # relative: it holds in any copy
    assert (link / "config.yaml").samefile(CLUSTER)


def test_profiles_have_no_key_in_common(monkeypatch):
    """Of a key in both, Snakemake would take that of profiles/default, which is read last."""
    default = yte.process_yaml((PROJECT / "profiles/default/config.yaml").read_text())
    assert set(default) & set(cluster(monkeypatch)) == set()


def test_nothing_in_the_environment_leaves_all_to_the_cluster(monkeypatch):
    assert set(cluster(monkeypatch)["default-resources"]) == {"mem_mb", "runtime"}


@pytest.mark.parametrize("partition", ["general", "all", "debug-2"])  # all() is a function, too
def test_partition_is_taken_as_it_is(monkeypatch, partition):
    found = cluster(monkeypatch, SBATCH_PARTITION=partition)
    assert found["default-resources"]["slurm_partition"] == repr(partition)


def test_scratch_is_for_jobs_alone(monkeypatch):
    found = cluster(monkeypatch, LWACAL_SCRATCH="/fast/$SLURM_JOB_ID")
    expression = found["default-resources"]["tmpdir"]

    def evaluated(**variables):  # as Snakemake does it: variables first
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return eval(os.path.expandvars(expression), {"system_tmpdir": "/tmp"})

    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert evaluated() == "/tmp"
    assert evaluated(SLURM_JOB_ID="17") == "/fast/17"


def test_another_memory_for_one_rule_leaves_all_their_time(tmp_path):
    """--set-resources on the command line takes the place of all that a profile has there."""
    (tmp_path / "raw" / "20240601_110000_59MHz.ms").mkdir(parents=True)
    project = copy_project(tmp_path / "project", f"input={tmp_path / 'raw'}", "observation=night")
    for path in (project.folder / "workflow" / "rules").glob("*.smk"):
        # a dry run tells the resources of rules without a message alone
        path.write_text(re.sub(r" {4}message:\n {8}.*\n", "", path.read_text()))
    profile = str(project.folder / "workflow" / "profiles" / "cluster")
    said = project.snakemake("-n", "--profile", profile, "--set-resources", "delay:mem_mb=8000")
    found = re.findall(r"rule (\w+):\n(?: .*\n)*? .*resources: (.*)", said.stdout)
    minutes = {rule: int(re.search(r"runtime=(\d+)", asked)[1]) for rule, asked in found}
    long = {"bandpass", "delay", "image_source", "image_allsky"}
    assert len(minutes) > 15
    assert minutes == {rule: 240 if rule in long else 60 for rule in minutes}
    assert "mem_mb=8000" in dict(found)["delay"]


def test_attempts_get_more_time():
    """A script of Snakemake cannot be imported: the function is taken out of it."""
    text = (PROJECT / "workflow" / "rules" / "common.smk").read_text()
    found = {}
    exec(re.search(r"\ndef long_runtime\([\s\S]*?\n {4}return .*", text)[0], found)
    assert [found["long_runtime"]({}, attempt) for attempt in (1, 2, 3)] == [240, 480, 720]
