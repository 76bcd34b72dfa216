"""Plant small errors in the science modules and report which ones no test notices."""

from __future__ import annotations

import argparse
import datetime
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import chdir
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cosmic_ray.operators.operator import Operator

from mutants import candidates, copy, modules, operators, own_tests, results
from mutants.candidates import Candidate, Mutant

LIMIT_FACTOR, LIMIT_S = 10.0, 20.0  # of the time that tests take: a mutant may never end
SLOW_S = 40.0  # a test file that takes longer is not used


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="rooms or modules (calibration/stefcal); default all"
    )
    parser.add_argument("--sample", type=int, default=30, help="mutants per module, 0 for all (30)")
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="processor time of the tests per mutant (4)"
    )
    parser.add_argument("--seed", type=int, default=1, help="which mutants are drawn (1)")
    parser.add_argument(
        "--python", type=Path, default=Path(".venv/bin/python"), help="that runs the tests"
    )
    parser.add_argument("--scratch", type=Path, help="folder for the copy of the project")
    parser.add_argument(
        "--again",
        action="store_true",
        help="only the survivors of the last run",
    )
    parser.add_argument("--write-only", action="store_true", help="only write docs/mutants.md")
    return parser.parse_args(words)


def baseline(server: copy.Server, tests: list[Path]) -> dict[Path, float]:
    """Return the processor time of each test file that passes without a mutant.

    Infinite for one that is slow.
    """
    seconds = {}
    for path in tests:
        answer = server.run([path], SLOW_S)
        if answer["outcome"] in ("passed", "timeout"):
            slow = answer["outcome"] == "timeout"
            seconds[path] = float("inf") if slow else answer["seconds"]
            print(f"  {path} takes {seconds[path]:.1f} s of processor time", flush=True)
        elif answer["outcome"] != "broken" or answer["by"]:
            print(f"{path} is left out: {answer['outcome']} without a mutant, {answer['by']}")
    return seconds


def survivors_of(
    server: copy.Server, path: Path, tests: list[Path], limit_s: float, made: Iterable[Mutant]
) -> Iterator[dict[str, str]]:
    """Run the tests on each mutant of a module in the copy; yield those that survive."""
    for mutant in made:
        with copy.changed(path, mutant.code):
            answer = server.run(tests, limit_s)
        if answer["outcome"] == "passed":
            place = mutant.candidate
            print(f"  line {place.number} survives: {mutant.before} -> {mutant.after}", flush=True)
            yield {
                "function": place.function,
                "before": mutant.before,
                "after": mutant.after,
                "operator": place.operator,
            }


def last_survivors(
    possible: list[Candidate], record: dict[str, Any], path: Path, kinds: dict[str, Operator]
) -> list[Candidate]:
    """Return the last survivors of a module that are still in its code."""
    known = {(one["function"], one["before"], one["after"]) for one in record["survivors"]}
    lines = {before for _, before, _ in known}
    near = [place for place in possible if any(place.line in line for line in lines)]
    return [
        mutant.candidate
        for mutant in candidates.mutants(path, near, kinds)
        if (mutant.candidate.function, mutant.before, mutant.after) in known
    ]


class Trials:
    """Runs the mutants of modules in one copy of the project."""

    def __init__(self, options: argparse.Namespace, place: Path, server: copy.Server) -> None:
        """Check the operators; ``place`` is the folder of the copy."""
        self._options, self._place, self._server = options, place, server
        self._operators, self._commit = operators.chosen(), commit()
        self._seconds: dict[Path, float] = {}  # of the test files that pass

    def tests_of(self, module: str) -> tuple[list[Path], float]:
        """Return the test files of a module, and their processor time together."""
        files = own_tests.own(module) + own_tests.indirect(module)
        unknown = [path for path in dict.fromkeys(files) if path not in self._seconds]
        self._seconds |= baseline(self._server, unknown)
        tests = own_tests.choose(module, self._seconds, self._options.seconds)
        return tests, sum(self._seconds[path] for path in tests)

    def module(self, module: str, last: dict[str, Any] | None) -> dict[str, Any]:
        """Return the record of a module; with its ``last`` record, only survivors run again."""
        options, path = self._options, self._place / modules.PACKAGE / f"{module}.py"
        tests, cost_s = self.tests_of(module)
        possible = candidates.of_module(path, self._operators)
        if not self._reached(path, tests):
            print(f"{module}: no test within the time imports it", flush=True)
            chosen = []
        elif last:
            chosen = last_survivors(possible, last, path, self._operators)
        else:
            chosen = candidates.sample(possible, options.sample, options.seed, module)
        print(f"{module}: {len(chosen)} of {len(possible)}, tests {cost_s:.1f} s", flush=True)
        made = candidates.mutants(path, chosen, self._operators)
        limit_s = LIMIT_FACTOR * cost_s + LIMIT_S
        record = {
            "date": datetime.date.today().isoformat(),
            "commit": self._commit,
            "version": version("cosmic-ray"),
            "possible": len(possible),
            "tried": len(chosen),
            "sample": options.sample,
            "seed": options.seed,
            "seconds": round(cost_s, 1),
            "survivors": list(survivors_of(self._server, path, tests, limit_s, made)),
        }
        kept = ("possible", "tried", "sample", "seed")
        return {**record, **{key: last[key] for key in kept}} if last else record

    def _reached(self, path: Path, tests: list[Path]) -> bool:
        """Return whether the tests fail if the module cannot even be imported."""
        if not tests:
            return False
        with copy.changed(path, "raise RuntimeError\n"):
            return self._server.run(tests, LIMIT_S)["outcome"] != "passed"


def commit() -> str:
    """Return the short hash of the project's commit."""
    found = subprocess.run(
        ["git", "-C", str(results.PROJECT), "rev-parse", "--short", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip()


def run(options: argparse.Namespace) -> None:
    """Run one module after the other, and write the results after each."""
    project, found = results.PROJECT, results.read()
    names = modules.named(options.modules)
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=options.scratch) as scratch:
        place = copy.make(project, Path(scratch) / "project")
        with chdir(place), copy.Server(project / options.python, place) as server:
            trials = Trials(options, place, server)
            for module in names:
                if not options.again or module in found:
                    found[module] = trials.module(module, found[module] if options.again else None)
                    results.write(found)


def main() -> None:
    """Do what the options say."""
    options = parse()
    if options.write_only:
        results.write(results.read())
    else:
        run(options)


if __name__ == "__main__":
    main()
