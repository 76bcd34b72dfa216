"""The jobs of a run, as far as Snakemake has announced them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Rules that only ask for the products of others, and Snakemake's sum.
NO_JOBS = frozenset({"all", "nights", "total"})
# The rule of each job by the job's number, and the numbers of the jobs that wait for it.
Followers = Mapping[int, tuple[str, set[int]]]


@dataclass
class Job:
    """A job as Snakemake announced it."""

    rule: str
    wildcards: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    benchmark: str = ""
    outputs: Sequence[str] = ()

    @property
    def observation(self) -> str:
        """Its observation, or "" if it belongs to none."""
        return self.wildcards.get("obs", "")

    @property
    def title(self) -> str:
        """The rule and what it works on: flag 73MHz."""
        which = [value for key, value in self.wildcards.items() if key not in ("obs", "stamp")]
        return " ".join([self.rule, *which])

    @property
    def name(self) -> str:
        """The observation and the title: night: flag 73MHz."""
        return f"{self.observation}: {self.title}" if self.observation else self.title


@dataclass(frozen=True)
class Failure:
    """A job that failed: its observation ("" if of none), its title, why, and the log's path."""

    observation: str
    job: str
    cause: str
    log: str

    @property
    def name(self) -> str:
        """The observation and the title: night: flag 73MHz."""
        return f"{self.observation}: {self.job}" if self.observation else self.job


@dataclass
class RunState:
    """What is known of the jobs of a run, by the numbers that Snakemake gives them.

    ``running`` has the time (time.monotonic) at which each running job began, ``submitted`` those
    that a batch system has accepted, which may still wait there; ``waiting`` the number of jobs of
    each rule that have not begun; ``failed`` what failed and was not made in a later attempt.
    """

    jobs: dict[int, Job] = field(default_factory=dict)
    running: dict[int, float] = field(default_factory=dict)
    submitted: set[int] = field(default_factory=set)
    failed: dict[int, Failure] = field(default_factory=dict)
    waiting: Counter[str] = field(default_factory=Counter)
    followers: Followers = field(default_factory=dict)
    total: int = 0
    done: int = 0
    interrupted: bool = False

    def plan(self, numbers: Mapping[str, int]) -> None:
        """Take the number of jobs of each rule."""
        self.waiting = Counter(
            {rule: number for rule, number in numbers.items() if rule not in NO_JOBS}
        )
        self.total = self.waiting.total()

    def begin(self, number: int, job: Job, now: float) -> None:
        """Take a job that begins, in its first or a later attempt."""
        if number not in self.jobs and job.rule not in NO_JOBS:
            self.waiting[job.rule] -= 1
        self.jobs[number] = job
        self.running[number] = now

    def finish(self, number: int) -> float | None:
        """Take a job that succeeded; return when it began, if that is known."""
        self.failed.pop(number, None)
        if self.jobs[number].rule not in NO_JOBS:
            self.done += 1
        return self.running.pop(number, None)

    def fail(self, number: int, failure: Failure) -> None:
        """Take a job that failed."""
        self.running.pop(number, None)
        self.failed[number] = failure

    def succeeded(self, all_told: bool) -> set[tuple[str, str]]:
        """Return observation and title of the jobs that succeeded.

        With --quiet progress Snakemake does not tell which have (``all_told`` is false): then all
        that began and did not fail are returned. At the end of a run that is the same.
        """
        unknown = self.running if all_told else ()
        return {
            (job.observation, job.title)
            for number, job in self.jobs.items()
            if number not in self.failed and number not in unknown
        }

    def possible(self) -> Counter[str]:
        """Return how many jobs of each rule wait, without those that wait for one that failed."""
        blocked: set[int] = set()
        queue = list(self.failed)
        while queue:
            _, later = self.followers.get(queue.pop(), ("", set()))
            queue += later - blocked
            blocked |= later
        rules = Counter(self.followers[number][0] for number in blocked if number in self.followers)
        return self.waiting - rules

    def job_of_output(self, path: str) -> int | None:
        """Return the number of the running job that makes a file."""
        return next((number for number in self.running if path in self.jobs[number].outputs), None)
