"""The jobs of an observation as the rules of the workflow describe them: a dry run of Snakemake.

    python -m bench.workflow_jobs '{"input": "FOLDER"}' CORES

prints them as JSON. This is a separate program, because the workflow changes the environment of the
process that reads it.
"""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)
from snakemake_interface_logger_plugins.common import LogEvent

from bench.project import PROJECT

SNAKEFILE = PROJECT / "workflow" / "Snakefile"
LOGGER = "snakemake.logging"


@dataclass(frozen=True)
class Job:
    """A job: its rule and wildcards, its threads, and the script with its arguments (``words``)."""

    rule: str
    wildcards: Mapping[str, str]
    threads: int
    words: tuple[str, ...]
    outputs: tuple[str, ...]


def of(config: Mapping[str, Any], cores: int) -> list[Job]:
    """Return all jobs of a run with a configuration, on a machine with ``cores`` cores.

    Paths are those of the configuration: use absolute ones for ``input`` and ``results``.
    Raises RuntimeError if Snakemake cannot plan the run.
    """
    command = [sys.executable, "-m", "bench.workflow_jobs", json.dumps(config), str(cores)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The rules of the workflow cannot be read:\n{done.stderr}")
    return [
        Job(**{**item, "words": tuple(item["words"]), "outputs": tuple(item["outputs"])})
        for item in json.loads(done.stdout)
    ]


class _Collector(logging.Handler):
    """Keeps the jobs that Snakemake announces, those that run a command."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: list[Job] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take an event."""
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            said: Any = record
            if said.shellcmd:
                words = _arguments(said.shellcmd)
                outputs = tuple(map(str, said.output))
                wildcards = dict(said.wildcards)
                self.jobs.append(Job(said.rule_name, wildcards, said.threads, words, outputs))


def _arguments(command: str) -> tuple[str, ...]:
    """Return script and arguments of ``exec script.py ... > log 2>&1``."""
    first, *words, arrow, _, both = shlex.split(command)
    if (first, arrow, both) != ("exec", ">", "2>&1"):
        raise ValueError(f"not 'exec SCRIPT ... > LOG 2>&1': {command}")
    if "<TBD>" in words:
        raise ValueError(f"an argument is only known when the job begins: {command}")
    return tuple(words)


def _dry_run(config: Mapping[str, Any], cores: int, folder: Path) -> list[Job]:
    collector = _Collector()
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=cores),
            config_settings=ConfigSettings(config=config),
            snakefile=SNAKEFILE,
            workdir=folder,
        )
        dag = workflow.dag(DAGSettings(forceall=True))
        logging.getLogger(LOGGER).addHandler(collector)
        dag.execute_workflow(executor="dryrun")
    return collector.jobs


def main() -> None:
    """Print the jobs."""
    config, cores = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        jobs = _dry_run(json.loads(config), int(cores), Path(folder))
    json.dump([asdict(job) for job in jobs], sys.stdout)


if __name__ == "__main__":
    main()
