"""The profiles: what a name finds, and what the cluster's takes from the environment."""

import os
from pathlib import Path

import pytest
import yte

from workflow_run import PROJECT

CLUSTER = PROJECT / "profiles" / "cluster" / "config.yaml"


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
    """Of a key in both, Snakemake would take profiles/default's, which is read last."""
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


def test_every_rule_with_a_time_of_its_own_exists(monkeypatch):
    rules = "".join(
        path.read_text() for path in Path(PROJECT / "workflow" / "rules").glob("*.smk")
    )
    for rule in cluster(monkeypatch)["set-resources"]:
        assert f"\nrule {rule}:\n" in rules
