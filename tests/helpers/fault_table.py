"""Writes docs/faults.md from the table of faults (make faults)."""

from __future__ import annotations

from fault_cases import CASES, SECTIONS
from fault_row import RERUN, Case
from lwacal.runtime import paths

PAGE = paths.PROJECT / "docs" / "faults.md"
ENDS = {"error": "fails", "killed": "killed", "stopped": "stopped", "fallback": "goes on"}
HEAD = """\
# When things break

Each row is a test: the fault is planted, the job run, and looked at. Made by `make faults` from the
table that `tests/workflow/test_faults.py` runs; {number} faults.

In every row, besides what it says: the raw data keep every byte and time; no half-made product is
in place; nothing is left in the home or, unless the job was killed, anywhere. Without the fault the
same job makes the product that it makes when nothing has ever been wrong: `snakemake` again makes
what is missing.

A job that fails ends its log, `logs/<observation>/<rule>...log`, with a line `error: ...`: what
happened, to which file, by which key of the configuration, and what to try. Snakemake shows it. All
other observations, and what does not need the product, go on.

* What a killed job has left beside its product is called `<name>.<host>.<process>.part` or
  `<name>.old`; the next attempt removes it, on another machine (of a cluster) a day later. Its
  scratch files in TMPDIR (`lwacal-scratch-*`) are removed by the next job on that machine that
  needs such a folder.
* Programs (WSClean, AOFlagger), and jobs, end with what has started them, also if that is killed.
* After a kill of Snakemake itself `snakemake --unlock` comes first; then `snakemake` as before.
  On a cluster its jobs are still at work then: `squeue --me` shows them, end them with `scancel`.
* WSClean has no time limit of its own: on a cluster a job has one (`runtime`), and ends in order.
* Casacore ends a job with an abort, and no word of Python's, where a disk becomes full while it
  closes a table. The room that sets and tables need is looked at before; what is left goes with
  the next attempt.
* The workflow writes to the working directory (`results/`, `logs/`, `benchmarks/`, `.snakemake/`),
  to TMPDIR, and to folders that keys name. Snakemake itself keeps a cache in the home;
  XDG_CACHE_HOME puts it elsewhere.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD.format(number=len(CASES))]
    for title, cases in SECTIONS.items():
        parts.append(f"\n## {title}\n\n| fault | job | it | says | then |\n|---|---|---|---|---|\n")
        parts += [_row(case) for case in cases]
    return "".join(parts)


def _row(case: Case) -> str:
    said = "; ".join(f"`{words}`" for words in case.words)
    cells = [case.name, case.job, ENDS[case.ends], said, case.happens.replace(RERUN, "").strip()]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
