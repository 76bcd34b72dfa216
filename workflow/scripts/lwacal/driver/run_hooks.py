"""What a run does before its first job and after its last.

Before: it refuses to work on an observation that another run works on. After: it records failures,
makes the trends of the observations that succeeded, writes the table of all observations, and
prints the verdicts.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lwacal.driver import job_log, nights_table, run_lock, summary
from lwacal.driver.progress import Progress
from lwacal.driver.progress_lines import INDENT
from lwacal.driver.run_state import Failure, Followers


def _changed(path: Path) -> int:
    """Return when a file was changed last, in ns; 0 if there is none."""
    return path.stat().st_mtime_ns if path.is_file() else 0


@dataclass(frozen=True)
class TrendsAgain:
    """Runs the rule trends again, without the observations that failed.

    The rule needs the verdicts of all observations of the run: if one fails, Snakemake does not run
    it. ``workflow`` is the folder of the Snakefile, ``config`` the configuration as given (with
    Snakemake's key ``pathvars``, which names the folders), ``nights`` its checked section of that
    name, ``deployment`` how Snakemake deploys software, ``log`` the log of the rule.
    """

    workflow: Path
    config: Mapping[str, Any]
    nights: Mapping[str, Any]
    deployment: Sequence[str]
    log: Path

    def trends(self, results: Path, without: Sequence[str]) -> str:
        """Make the trends without the verdicts of some observations; return what went wrong.

        An observation among them that has a verdict of an earlier run is in the trends with that.
        """
        before = _changed(self.log)
        left_out = [*self.nights["without"], *without]
        config = {**self.config, "nights": {**self.nights, "without": left_out}}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            json.dump(config, file, default=str)
            file.flush()
            done = subprocess.run(
                self._command(f"{results}/trends.html", file.name),
                capture_output=True,
                text=True,
                check=False,
            )
        if not done.returncode:
            return ""
        said = [line.strip() for line in (done.stderr or "").splitlines() if line.strip()]
        why = [f"Snakemake ended with exit code {done.returncode}", *said][-1]
        if _changed(self.log) != before:  # the job has run
            why = f"{job_log.cause(self.log)}\n{INDENT}log: {self.log}"
        return f"The trends of the observations that succeeded could not be made: {why}"

    def _command(self, page: str, config_file: str) -> list[str]:
        methods = ["--software-deployment-method", *self.deployment] if self.deployment else []
        return [
            sys.executable,
            "-m",
            "snakemake",
            page,
            "--snakefile",
            str(self.workflow / "Snakefile"),
            "--workflow-profile",
            str(self.workflow / "profiles" / "default"),
            "--configfile",
            config_file,
            "--replace-workflow-config",
            "--cores",
            "1",
            "--executor",
            "local",
            "--nolock",
            "--allowed-rules",
            "trends",
            "--quiet",
            "all",
            *methods,
        ]


@dataclass
class Run:
    """A run of the workflow. ``observations`` are those it was called for, in order.

    ``sheet`` has the names of all rows of the sheet; None if the run is not about the sheet.
    ``trends_rule`` is the name of the rule of the trends, which a workflow that uses this one as a
    module may change.
    """

    results: Path
    observations: Sequence[str]
    progress: Progress | None
    command: str
    sheet: Collection[str] | None = None
    trends_rule: str = "trends"
    taken: list[str] = field(default_factory=list)
    record: Mapping[str, Any] = field(default_factory=dict)
    heartbeat: run_lock.SignsOfLife | None = None

    def __post_init__(self) -> None:
        if self.progress:
            self.progress.idle = self.nothing_to_do

    def begin(self, at_work: Collection[str], followers: Followers, locking: bool = True) -> None:
        """Lock the observations that have jobs. Raises run_lock.RunningError."""
        if self.progress:
            self.progress.state.followers = followers
        self.taken = sorted(at_work)
        self.record = run_lock.this_run(self.command)
        if not locking:
            return
        atexit.register(run_lock.release, self.results, self.taken, self.record)
        for said in run_lock.take(self.results, self.taken, self.record):
            self._print(said)
        self.heartbeat = run_lock.SignsOfLife(self.results, self.taken)
        self.heartbeat.start()

    def end(self, again: TrendsAgain | None = None) -> None:
        """Record and print the results. ``again`` makes the trends if some observations failed."""
        try:
            self._record(again)
        except OSError as error:
            self._print(f"The results of this run could not be recorded in {self.results}: {error}")
        if self.heartbeat:
            self.heartbeat.end()
        run_lock.release(self.results, self.taken, self.record)
        self.sum_up()

    def nothing_to_do(self) -> None:
        """Print the verdicts; with nothing to do, Snakemake calls neither begin nor end."""
        with contextlib.suppress(OSError):  # a folder of results that is only read
            if self.sheet is not None and nights_table.drop_lines(self.results, self.sheet):
                nights_table.write(self.results, self.observations)
        self.sum_up()

    def _record(self, again: TrendsAgain | None) -> None:
        """Record failures, make the trends that wait for them, write the table of all nights."""
        seen = self.progress
        if seen and not (seen.state.interrupted or seen.broken):
            nights_table.keep_failures(self.results, self.taken, self.failures, seen.made)
            if again and self.trends_are_due():
                self._print_if(again.trends(self.results, self.without()))
        if self.sheet is not None:
            nights_table.drop_lines(self.results, self.sheet)
        if nights_table.names(self.results):
            nights_table.write(self.results, self.observations)

    def sum_up(self) -> None:
        """Print the verdict of each observation, and what else failed."""
        text = summary.summary(self.observations, self.results)
        interrupted = self.progress is not None and self.progress.state.interrupted
        for failure in self.failures:
            if nights_table.is_apart(failure) and not interrupted:
                text += f"\n{failure.name}: FAILED: {failure.cause}\n  log: {failure.log}\n"
        if interrupted:
            text += "\nStopped on request. Run the same command again to make what is missing.\n"
        self._print_if(text.rstrip("\n"))

    @property
    def failures(self) -> list[Failure]:
        return self.progress.failures if self.progress else []

    def trends_are_due(self) -> bool:
        """Return whether the trends wait for observations that failed while others succeeded."""
        return (
            self.progress is not None
            and self.progress.state.waiting[self.trends_rule] > 0
            and any(failure.observation for failure in self.failures)
            and len(self.without()) < len(self.observations)
        )

    def without(self) -> list[str]:
        """Return the observations that failed or have no verdict."""
        failed = {failure.observation for failure in self.failures}
        return [
            name
            for name in self.observations
            if name in failed or not (self.results / name / "qa.json").is_file()
        ]

    def _print_if(self, text: str) -> None:
        if text:
            self._print(text)

    def _print(self, text: str) -> None:
        if self.progress and "all" in self.progress.quiet:
            return
        with contextlib.suppress(OSError):  # disk full, terminal gone
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
