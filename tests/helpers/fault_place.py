"""A copy of a finished observation in which a fault is planted, and one job run as Snakemake would.

Jobs are run by their own command lines, as `snakemake --printshellcmds` gives them, with a home and
a folder for scratch files of their own, so that what is left behind anywhere is seen.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lwacal.runtime import atomic
from night import Evening
from workflow_run import PROJECT

TIME_LIMIT_S = 60
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # Snakemake sets these
HOOKS = Path(__file__).resolve().parent / "fault_hooks"  # a sitecustomize.py: see there
OUTPUT_WORDS = {
    "--output",
    "--summary",
    "--json",
    "--csv",
    "--component-list",
    "--spectra",
    "--offsets",
    "--scintillation",
    "--pdf",
    "--html",
    "--figures",
}
MORE_OUTPUTS = {  # words that other scripts have for what they read
    "concat.py": {"--powers", "--findings"},
    "flag_solutions.py": {"--flags"},
    "trends.py": {"--database", "--flags"},
}


@dataclass(frozen=True)
class Job:
    """A job: its words without the redirection, its log, and what it makes."""

    words: tuple[str, ...]
    log: str

    @property
    def outputs(self) -> list[str]:
        """The products, relative to the working directory."""
        wanted = OUTPUT_WORDS | MORE_OUTPUTS.get(self.words[0], set())
        return [path for word, path in zip(self.words, self.words[1:]) if word in wanted]

    def value(self, word: str) -> str:
        """Return what follows a word of the command."""
        return self.words[self.words.index(word) + 1]

    def with_value(self, word: str, value: str) -> Job:
        """Return the job with something else after that word."""
        place = self.words.index(word) + 1
        return Job((*self.words[:place], value, *self.words[place + 1 :]), self.log)

    def with_text(self, old: str, new: str) -> Job:
        """Return the job with another text in all its words."""
        return Job(tuple(word.replace(old, new) for word in self.words), self.log)

    def with_settings(self, change: Callable[[dict[str, Any]], Any]) -> Job:
        """Return the job with settings that ``change`` has changed."""
        settings = json.loads(self.value("--settings"))
        change(settings)
        return self.with_value("--settings", json.dumps(settings))


def jobs_of(printed: str) -> dict[str, Job]:
    """Return the jobs of `snakemake -n -p` by rule and sub-band or source, such as flag 59MHz."""
    found = {}
    for line in printed.splitlines():
        if line.startswith("Shell command: exec ") and " > " in line:
            *words, arrow, log, both = shlex.split(line.removeprefix("Shell command: exec "))
            assert (arrow, both) == (">", "2>&1")
            job = Job(tuple(words), log)
            apart = [job.value(word) for word in ("--band", "--source") if word in words]
            found[" ".join([words[0].removesuffix(".py"), *apart])] = job
    return found


def as_it_is(job: Job) -> Job:
    """Change nothing."""
    return job


@dataclass
class Place:
    """Where a fault is planted: a working directory with the products, home, scratch folder.

    ``change`` is done to the command of the job until the fault is cured, ``always`` for good;
    ``prefix`` stands before it; ``undo`` takes the fault away.
    """

    evening: Evening
    jobs: dict[str, Job]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    always: Callable[[Job], Job] = as_it_is
    prefix: list[str] = field(default_factory=list)
    change: Callable[[Job], Job] = as_it_is
    undo: list[Callable[[], None]] = field(default_factory=list)
    send: tuple[Path, signal.Signals] | None = None  # when a file is there, a signal to the job
    raw: Path | None = None

    def __post_init__(self) -> None:
        for name in ("work/results", "work/logs", "home", "tmp", "modules", "old"):
            (self.folder / name).mkdir(parents=True)
        shutil.copytree(self.evening.path("."), self.path("."), symlinks=True)
        self.raw = self.evening.raw

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.folder / "work"

    def path(self, product: str) -> Path:
        """Return a product of the observation."""
        return self.work / "results" / "evening" / product

    def job(self, name: str) -> Job:
        """Return a job, on the raw data of this place."""
        return self.always(self.jobs[name].with_text(str(self.evening.raw), str(self.raw)))

    def own_raw(self) -> Path:
        """Copy the raw data, so that they may be spoilt; return their folder."""
        self.raw = self.folder / "raw"
        shutil.copytree(self.evening.raw, self.raw)
        inventory = self.path("inventory.json")
        text = inventory.read_text().replace(str(self.evening.raw), str(self.raw))
        inventory.write_text(text)
        return self.raw

    def keep(self, path: Path) -> Path:
        """Remember a file or folder as it is, to be put back when the fault is cured."""
        kept = self.folder / "old" / f"{len(self.undo)}"
        shutil.copytree(path, kept) if path.is_dir() else shutil.copy2(path, kept)

        def back() -> None:
            atomic.remove(path)
            shutil.move(kept, path)

        self.undo.append(back)
        return path

    def set_options(self, change: Callable[[dict[str, Any]], Any]) -> None:
        """Change the settings that the job gets, until the fault is cured."""
        before = self.change
        self.change = lambda job: before(job).with_settings(change)

    def module(self, name: str, text: str) -> None:
        """Put a module in the place of an installed one."""
        (self.folder / "modules" / f"{name}.py").write_text(text)

    def program(self, name: str, text: str) -> Path:
        """Write a program (a shell script) and return its path."""
        path = self.folder / "modules" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def cure(self) -> None:
        """Take the fault away."""
        for step in reversed(self.undo):
            step()
        shutil.rmtree(self.folder / "modules")
        self.undo, self.prefix, self.environment, self.send = [], [], {}, None
        self.change = as_it_is

    def clear(self, job: Job) -> None:
        """Remove the products of a job, as Snakemake does before it runs it."""
        for name in job.outputs:
            atomic.remove(self.work / name)

    def run(self, job: Job) -> tuple[int, str]:
        """Run a job; return its exit code (negative: signal) and its log."""
        job = self.change(job)
        log = self.work / job.log
        log.parent.mkdir(parents=True, exist_ok=True)
        scripts = PROJECT / "workflow" / "scripts"
        threads = job.value("--threads") if "--threads" in job.words else "1"
        path = [str(scripts), str(Path(sys.executable).parent), "/usr/bin", "/bin"]
        environment = {
            **os.environ,
            "PATH": os.pathsep.join(path),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "MPLCONFIGDIR": str(self.evening.project.folder / "matplotlib"),
            "PYTHONPATH": os.pathsep.join([str(self.folder / "modules"), str(HOOKS)]),
            **dict.fromkeys(THREAD_VARIABLES, threads),
            **self.environment,
        }
        script = [sys.executable, str(scripts / job.words[0]), *job.words[1:]]
        process = subprocess.Popen(
            [*self.prefix, *script],
            cwd=self.work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        if self.send:
            wait_for(self.send[0].exists)
            process.send_signal(self.send[1])
        try:
            said, _ = process.communicate(timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        log.write_text(said)
        return process.returncode, said

    def listing(self) -> set[str]:
        """Return all files and folders below results, relative, those of tables not."""
        found = set()
        for folder, below, files in os.walk(self.work / "results"):
            names = [
                os.path.relpath(os.path.join(folder, name), self.work) for name in (*below, *files)
            ]
            found.update(names)
            below[:] = [name for name in below if not name.endswith((".ms", ".bcal", ".K", ".cl"))]
        return found

    def left(self, name: str) -> list[str]:
        """Return what is in the folder for scratch files (tmp) or in the home."""
        return sorted(path.name for path in (self.folder / name).iterdir())


def wait_for(condition: Callable[[], bool], limit_s: float = 20) -> None:
    """Wait until something holds; AssertionError if it does not within the limit."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.005)
