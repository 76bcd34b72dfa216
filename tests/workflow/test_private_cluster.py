"""The private Slurm leaves a machine that belongs to a cluster alone."""

import os

import pytest

import private_cluster


@pytest.fixture
def configuration(tmp_path, monkeypatch):
    """A stand-in for /etc/slurm/slurm.conf, on a machine that has all that is needed."""
    path = tmp_path / "slurm" / "slurm.conf"
    path.parent.mkdir()
    monkeypatch.setattr(private_cluster, "CONFIGURATION", path)
    monkeypatch.setattr(private_cluster, "PROGRAMS", ("sh",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return path


def test_foreign_configuration_is_left_alone(configuration, monkeypatch):
    configuration.write_text("ClusterName=observatory\n")
    monkeypatch.delenv("REQUIRE_SLURM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="left alone"):
        private_cluster.require()
    monkeypatch.setenv("REQUIRE_SLURM", "1")
    with pytest.raises(pytest.fail.Exception, match=r"REQUIRE_SLURM is set, but .* left alone"):
        private_cluster.require()
    with (
        pytest.raises(private_cluster.UnavailableError, match="left alone"),
        private_cluster.started(),
    ):
        pytest.fail("it was started")
    assert configuration.read_text() == "ClusterName=observatory\n"
    assert os.listdir(configuration.parent) == ["slurm.conf"]


def test_missing_program_is_named(configuration, monkeypatch):
    monkeypatch.setattr(private_cluster, "PROGRAMS", ("sh", "slurmd-of-nowhere"))
    monkeypatch.delenv("REQUIRE_SLURM", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"slurmd-of-nowhere not installed: `make"):
        private_cluster.require()


def test_rest_of_killed_tests_is_replaced(configuration):
    configuration.write_text(f"ClusterName=old\n{private_cluster.MARK}\n")
    private_cluster._put("ClusterName=new\n")
    assert configuration.read_text() == f"ClusterName=new\n{private_cluster.MARK}\n"
    assert os.listdir(configuration.parent) == ["slurm.conf"]


def test_other_tests_are_waited_for(configuration, monkeypatch):
    configuration.write_text(f"ClusterName=theirs\n{private_cluster.MARK}\n")
    monkeypatch.setattr(private_cluster, "OTHER_SECONDS", 0)
    with (
        private_cluster._alone(),
        pytest.raises(private_cluster.UnavailableError, match="other tests use"),
        private_cluster.started(),
    ):
        pytest.fail("it was started")
    assert configuration.read_text().startswith("ClusterName=theirs\n")
