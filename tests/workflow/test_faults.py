"""What happens when things break: the table of tests/helpers/fault_cases.py, row by row.

A fault is planted beside a copy of a finished observation, one job is run by its own command line,
and looked at: exit code and words, or the documented fallback; products are absent, or whole;
nothing is left beside them, among the scratch files or in the home; the raw data are what they
were. Then the fault is taken away, and the same command gives the same product as if nothing had
been.
"""

from __future__ import annotations

import json

import pytest

import fault_table
import handed_on
from fault_cases import CASES
from fault_place import Job, Place, jobs_of, wait_for
from fault_row import Case
from lwacal.runtime import atomic
from same_products import differences
from workflow_run import folder_digest

# Nobody asks for them in a usual run
ON_REQUEST = ("promoted.json", "published.json", "cleanup.json")


@pytest.fixture(scope="module")
def jobs(evening):
    """The jobs of the observation, by rule and sub-band or source."""
    folder = "results/evening/"
    targets = ["all", *(folder + name for name in ON_REQUEST)]
    done = evening.project.snakemake("-n", "-F", "-p", *targets)
    return jobs_of(done.stdout + done.stderr)


@pytest.fixture(scope="module")
def raw_digest(evening):
    """What the raw data were."""
    return folder_digest(evening.raw)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_fault(case, evening, jobs, raw_digest, tmp_path):
    place = Place(evening, jobs, tmp_path)
    try:
        case.plant(place)
        job = place.job(case.job)
        planted = folder_digest(place.raw)
        place.clear(place.change(job))
        before = place.listing()
        code, log = place.run(job)
        check_outcome(case, place, job, code, log)
        if case.ends != "killed":
            outputs = {str(path) for path in place.change(job).outputs}
            assert litter(place.listing() - before, outputs) == []
            assert place.left("tmp") == []
        assert place.left("home") == []
        assert folder_digest(place.raw) == planted
    finally:
        place.cure()
    if case.again:
        check_rerun(case, place, job)
    assert folder_digest(evening.raw) == raw_digest


def test_page_of_faults_is_current():
    assert fault_table.PAGE.read_text(encoding="utf-8") == fault_table.page(), "run `make faults`"
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 30


def test_each_rule_is_killed(jobs):
    rules = {case.job.split()[0] for case in CASES if case.ends == "killed"}
    assert rules == {name.split()[0] for name in jobs}


def check_outcome(case: Case, place: Place, job: Job, code: int, log: str) -> None:
    """Check how the job ended, and what it said or made."""
    outputs = [place.work / name for name in place.change(job).outputs]
    missing = [words for words in case.words if words not in log]
    if case.ends == "fallback":
        assert code == 0, log
        text = "\n".join(path.read_text(errors="replace") for path in outputs if path.is_file())
        missing = [words for words in case.words if words not in json.dumps(text) + text + log]
        assert missing == [], f"{text[-3000:]}\n{log}"
        return
    assert code == {"error": 1, "killed": -9, "stopped": 143}[case.ends], log
    assert missing == [], log
    if case.ends == "error":
        assert "\nerror: " in f"\n{log}"
    if case.ends == "stopped":
        check_programs_are_gone(place)
    if case.ends == "killed":
        handed_on.check(place, complete=False)
    for path in outputs:
        if case.ends == "killed":
            assert_whole_or_absent(place, path)
        else:
            assert not path.exists(), f"{path} is there though its job failed"


def check_programs_are_gone(place: Place) -> None:
    """The programs that the job ran, which tell their numbers, have been ended."""
    told = [path.read_text() for path in place.folder.glob("program.*")]
    numbers = [int(text) for text in told if text]  # one may be ended before it can tell
    assert numbers
    wait_for(lambda: not any(map(atomic.process_exists, numbers)), 5)


def assert_whole_or_absent(place: Place, path) -> None:
    """A job that was killed between two products has made the first whole."""
    known = place.evening.project.folder / path.relative_to(place.work)
    if path.exists() and known.exists():
        found = differences(known, path)
        assert found == [], found


def litter(new: set[str], outputs: set[str]) -> list[str]:
    """Return what is new in the results and is not a product or in one."""
    return sorted(
        name
        for name in new
        if not any(name == path or name.startswith(path + "/") for path in outputs)
        and not any(path.startswith(name + "/") for path in outputs)
        and not name.startswith(("results/successful", "results/unsuccessful"))
    )


def check_rerun(case: Case, place: Place, job: Job) -> None:
    """Run the same command again, now that the fault is gone."""
    job = place.job(case.job)
    place.clear(job)
    code, log = place.run(job)
    assert code == 0, log
    replaced = (str(place.evening.raw), str(place.raw))
    for name in job.outputs:
        known = place.evening.project.folder / name
        if known.exists():
            found = differences(known, place.work / name, replaced)
            assert found == [], found
        else:
            assert json.loads((place.work / name).read_text())["schema"] == 1
            handed_on.check(place, complete=True)
        for ending in (f"*{atomic.PART}*", atomic.OLD):
            path = place.work / name
            assert list(path.parent.glob(path.name + ending)) == []
    assert place.left("tmp") == []
    assert place.left("home") == []
    assert not (place.folder / "outlived").exists(), "a program has outlived its job"
