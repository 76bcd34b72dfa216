"""Writes docs/faults.md from the table of faults (make faults)."""

from __future__ import annotations

from fault_cases import CASES, SECTIONS
from fault_row import RERUN, Case
from lwacal.runtime import paths

PAGE = paths.PROJECT / "docs" / "faults.md"
ENDS = {"error": "fails", "killed": "killed", "stopped": "stopped", "fallback": "continues"}
HEAD = """\
# When things break

Each row is a test: it plants the fault, runs the job and checks the outcome. `make faults` writes
this page from the table that `tests/workflow/test_faults.py` runs; {number} faults.

Every row also checks the following. The raw data, including their modification times, are
unchanged. No incomplete product is in place. Nothing is left behind in the home directory or,
unless the job was killed, anywhere else. Once the fault is gone, `snakemake` makes the missing
product, identical to that of an undisturbed run.

The log of a failed job, `logs/<observation>/<rule>...log`, ends with a line `error: ...`: what
happened, to which file, which configuration key is involved, and what to try. Snakemake shows it.
All other observations, and all steps that do not need the product, continue.

* Leftovers of a killed job next to its product are called `<name>.<host>.<process>.part` or
  `<name>.old`. The next attempt removes them; on another machine (of a cluster) only after a day.
  Scratch files in TMPDIR (`lwacal-scratch-*`) are removed by the next job on that machine that
  needs scratch space.
* Programs (WSClean, AOFlagger) and jobs end when their parent ends, even if it is killed.
* If Snakemake itself was killed, run `snakemake --unlock` first, then `snakemake` as before. On a
  cluster its jobs may still be running: list them with `squeue --me`, cancel them with `scancel`.
* WSClean has no time limit of its own. On a cluster, jobs have one (`runtime`) and end cleanly.
* If the disk becomes full while casacore closes a table, casacore aborts the job without a Python
  error. The space for sets and tables is therefore checked in advance; leftovers are removed by
  the next attempt.
* The workflow writes only to the working directory (`results/`, `logs/`, `benchmarks/`,
  `.snakemake/`), to TMPDIR, and to folders named in the configuration. Snakemake itself keeps a
  cache in the home directory; set XDG_CACHE_HOME to move it.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD.format(number=len(CASES))]
    for title, cases in SECTIONS.items():
        parts.append(
            f"\n## {title}\n\n| fault | job | outcome | log or record says | then |\n"
            "|---|---|---|---|---|\n"
        )
        parts += [_row(case) for case in cases]
    return "".join(parts)


def _row(case: Case) -> str:
    said = "; ".join(f"`{words}`" for words in case.words)
    cells = [case.name, case.job, ENDS[case.ends], said, case.happens.replace(RERUN, "").strip()]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
