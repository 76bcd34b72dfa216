"""`snakemake --profile cluster` on a real Slurm: a whole observation, and what may befall its jobs.

One story, told in two runs. In the first one job needs more memory than its rule asks for, and
somebody cancels another each time it comes back. The second begins while the node is drained and
makes what the first left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import private_cluster
from lwacal.driver import resources
from lwacal.runtime import products
from lwacal.simulate import simulate
from night import SMALL_OPTIONS
from private_cluster import Cluster, Job
from workflow_run import PROJECT, Project, copy_project, job_counts

BAND = "59MHz"
NAME = "clustered"
HUNGRY, CANCELLED = "sky_model", "delay"
ATTEMPTS = 3  # the profile's retries, and the first
LONGEST_SECONDS = 900  # of one call, on a machine that is busy with other things
ON_THE_CLUSTER = [
    "concat",
    "antenna_health",
    "flag",
    "sky_model",
    "bandpass",
    "ionosphere",
    "flag_solutions",
    "delay",
    "calibrate_split",
    "image_source",
    "image_allsky",
]
AFTER_THE_CANCELLED = {
    "delay_table": 1,
    "assess": 1,
    "run_record": 1,
    "report": 1,
    "outcome": 1,
    "trends": 1,
}


@dataclass(frozen=True)
class Run:
    """What one call of Snakemake said and left. ``jobs`` are Slurm's, of this call alone."""

    code: int
    said: str
    jobs: list[Job]

    def of(self, rule: str) -> list[Job]:
        return [job for job in self.jobs if job.rule == rule]


class Story:
    """The project, the cluster it runs on, and both runs in their order."""

    def __init__(self, cluster: Cluster, project: Project, scratch: Path):
        self.cluster, self.project, self.scratch = cluster, project, scratch
        self.waiting: list[Job] = []  # what the drained node kept waiting
        seconds = str(usual_job_seconds())
        self.quick = (
            "--slurm-init-seconds-before-status-checks",
            seconds,
            "--seconds-between-status-checks",
            seconds,
            "--latency-wait",
            "5",
        )
        self.first = self.run(self.cancel_again_and_again)
        self.left_by_first = self.products()
        cluster.drain("tests")
        self.drained = cluster.node_state()
        self.second = self.run(
            self.resume_once_a_job_waits, SBATCH_PARTITION="short", SBATCH_ACCOUNT="lwa"
        )

    def path(self, product: str) -> Path:
        return self.project.results / NAME / product

    def products(self) -> dict[str, int]:
        """Return when each product of the observation was written."""
        return {
            str(path.relative_to(self.path(""))): path.stat().st_mtime_ns
            for path in self.path("").rglob("*")
            if path.is_file()
        }

    def run(self, while_it_runs: Callable[[], None], **environment: str) -> Run:
        """Call Snakemake as a user does; do something again and again until it ends."""
        before, start = len(self.cluster.jobs()), time.monotonic()
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        scratch = f"{self.scratch}/$SLURM_JOB_ID"
        log = self.project.folder / f"said{before}.txt"
        with log.open("w") as stream:
            process = subprocess.Popen(
                [
                    "snakemake",
                    "--profile",
                    "cluster",
                    *self.quick,
                    "--config",
                    *self.project.config,
                ],
                cwd=self.project.folder,
                stdout=stream,
                stderr=stream,
                env={**os.environ, "PATH": path, "LWACAL_SCRATCH": scratch, **environment},
            )
            try:
                while process.poll() is None:
                    assert time.monotonic() < start + LONGEST_SECONDS, log.read_text()[-3000:]
                    while_it_runs()
                    time.sleep(0.3)
            finally:
                process.kill()
                process.wait()
        return Run(process.returncode, log.read_text(), self.cluster.jobs()[before:])

    def cancel_again_and_again(self) -> None:
        log = self.project.folder / "logs" / NAME / f"{CANCELLED}.log"
        for job in self.cluster.jobs(CANCELLED):
            if job.state == "RUNNING" and log.exists():  # in the middle of its work
                self.cluster.cancel(job)

    def resume_once_a_job_waits(self) -> None:
        waiting = [
            job
            for job in self.cluster.jobs(CANCELLED)
            if job.state == "PENDING" and job.reason not in ("None", "Priority")
        ]
        if waiting and not self.waiting:
            self.waiting = waiting
            self.cluster.resume()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    private_cluster.require()
    folder = tmp_path_factory.mktemp("cluster")
    simulate(replace(SMALL_OPTIONS, bands=(BAND,)), folder / "raw data")
    project = copy_project(
        folder / "project",
        f"input={folder / 'raw data'}",
        f"observation={NAME}",
        "sky_model={sources: [CygA]}",
        "health={mnc: {enabled: false}}",
    )
    shutil.copy(PROJECT / "cluster", project.folder, follow_symlinks=False)
    make_hungry(project.folder / "workflow" / "scripts" / f"{HUNGRY}.py")
    with private_cluster.started() as cluster:
        yield Story(cluster, project, folder / "scratch")


def make_hungry(script: Path) -> None:
    """Let a script hold 800 MB more than it needs, more than is asked for at first."""
    text = script.read_text()
    assert text.count("\nimport argparse\n") == 1
    script.write_text(
        text.replace("\nimport argparse\n", '\nBALLAST = b"x" * 800_000_000\nimport argparse\n')
    )


def usual_job_seconds() -> int:
    """Measure how long a job takes here, most of it for Snakemake to start in it, twice.

    Asked for the states of jobs while none has ended, Snakemake's plugin waits ten seconds more
    before it asks again: to ask sooner takes longer.
    """
    start = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "snakemake", "--version"], check=True, capture_output=True
    )
    return round(4 + 4 * (time.monotonic() - start))


def test_every_rule_that_is_not_local_goes_through_slurm(story):
    done = [job.rule for job in story.first.jobs + story.second.jobs if job.state == "COMPLETED"]
    assert sorted(done) == sorted(ON_THE_CLUSTER)


def test_jobs_ask_for_what_their_rules_say(story):
    manifest = products.read_json(story.path("manifest.json"))
    (solve,) = story.first.of("bandpass")
    asked = resources.memory_mb("bandpass by stefcal", manifest, BAND)
    assert (solve.memory, solve.processors, solve.time_limit) == (f"{asked}M", 2, "4:00:00")
    model, _ = story.first.of("sky_model")
    assert (model.memory, model.processors, model.time_limit) == ("1000M", 1, "1:00:00")
    for job in story.first.jobs + story.second.jobs:
        assert int(job.memory.removesuffix("M")) >= resources.IMAGE_BASE_MB
        assert job.time_limit.endswith(":00:00")
        assert job.processors in (1, 2)


def test_job_over_its_memory_comes_back_with_more(story):
    killed, done = story.first.of(HUNGRY)
    assert (killed.state, done.state) == ("FAILED", "COMPLETED")
    assert (killed.memory, done.memory) == ("1000M", "2000M")
    assert f"SLURM-job '{killed.number}' failed" in story.first.said
    assert "exceeded memory limit" in slurm_log(story, killed).read_text()
    assert story.path("sky_model.json").is_file()


def test_cancelled_job_is_submitted_again_and_then_given_up(story):
    jobs = story.first.of(CANCELLED)
    assert [job.state for job in jobs] == ["CANCELLED"] * ATTEMPTS
    manifest = products.read_json(story.path("manifest.json"))
    asked = resources.memory_mb("delay by stefcal", manifest)
    assert [job.memory for job in jobs] == [f"{k * asked}M" for k in range(1, ATTEMPTS + 1)]
    assert story.first.code == 1
    for job in jobs:
        said = f"SLURM-job '{job.number}' failed, SLURM status is: 'CANCELLED'"
        assert said in story.first.said


def test_rest_is_made_and_what_was_cancelled_is_not_taken_for_made(story):
    left = {name.split("/")[0] for name in story.left_by_first}
    assert {"concat", "flags", "tables", "calibrated", "images", "qa"} <= left
    assert left & {"delay", "qa.json", "run.json", "report.html"} == set()
    assert f"{NAME}: no verdict yet" in story.first.said


def test_drained_node_keeps_jobs_waiting_until_it_is_back(story):
    assert story.drained == "drained"
    (waiting,) = story.waiting
    assert "drained" in waiting.reason.lower() or "ReqNodeNotAvail" in waiting.reason
    (job,) = story.second.jobs
    assert (job.number, job.state) == (waiting.number, "COMPLETED")


def test_second_run_makes_only_what_is_missing(story):
    assert story.second.code == 0, story.second.said
    said = subprocess.CompletedProcess([], story.second.code, story.second.said, "")
    assert job_counts(said) == {CANCELLED: 1, **AFTER_THE_CANCELLED}
    now = story.products()
    assert all(now[name] == written for name, written in story.left_by_first.items())
    assert products.read_json(story.path("qa.json"))["observation"]["id"] == NAME
    assert story.path("report.pdf").read_bytes().startswith(b"%PDF")


def test_partition_and_account_come_from_the_environment(story):
    assert {(job.partition, job.account) for job in story.first.jobs} == {("general", "(null)")}
    assert {(job.partition, job.account) for job in story.second.jobs} == {("short", "lwa")}


def test_jobs_work_in_the_scratch_of_the_node_and_clear_it(story):
    jobs = story.first.jobs + story.second.jobs
    assert {path.name for path in story.scratch.iterdir()} >= {
        str(job.number) for job in jobs if job.state == "COMPLETED"
    }
    done = [story.scratch / str(job.number) for job in jobs if job.state == "COMPLETED"]
    assert [path for folder in done for path in folder.iterdir()] == []


def test_logs_of_slurm_stay_for_jobs_that_failed_alone(story):
    kept = {path for path in story.project.folder.glob("logs/slurm/**/*.log")}
    jobs = story.first.jobs + story.second.jobs
    assert kept == {slurm_log(story, job) for job in jobs if job.state != "COMPLETED"}


def slurm_log(story: Story, job: Job) -> Path:
    """Return Slurm's own log of a job of a rule that has no wildcard but the observation."""
    return story.project.folder / "logs/slurm" / f"rule_{job.rule}" / NAME / f"{job.number}.log"
