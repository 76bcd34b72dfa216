"""Calibrates sub-bands with the reference tools, two at a time: sub_band_chain.py JOBS

JOBS is a file with a list written by bench.chain. For each sub-band it runs CASA concat, flagdata
of the bad antennas, AOFlagger with its default command line, CASA ft, bandpass and applycal; the
times go to <band>.json in the same folder.

Two sub-bands with several integrations do not fit into the memory of a small machine. AOFlagger
therefore reads directly from disk (-direct-read, which is also faster), FIELD_ID is set to 0 so
that it treats the integrations as one series, and CASA's bandpass processes the channels in as many
parts as there are integrations, each with its own table, which limits its memory to that of one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

AT_ONCE = 2


def main() -> None:
    if sys.argv[1] == "--one":
        calibrate(json.loads(sys.argv[2]))
        return
    jobs = json.loads(Path(sys.argv[1]).read_text())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(start, jobs))


def start(job: dict[str, Any]) -> None:
    """Run a job in a process of its own."""
    subprocess.run([sys.executable, __file__, "--one", json.dumps(job)], check=True)


def calibrate(job: dict[str, Any]) -> None:
    """Calibrate one sub-band; write down the seconds of each step."""
    took: dict[str, float] = {}

    def step(name: str, work: Callable[[], object]) -> None:
        begun = time.monotonic()
        work()
        took[name] = time.monotonic() - begun
        print(f"{job['band']} {name}: {took[name]:.1f} s", flush=True)

    folder, band = Path(job["folder"]), job["band"]
    data = str(folder / f"{band}.ms")
    several = len(job["raw"]) > 1
    tasks = _casa(folder / f"{band}.log")
    step("concat", lambda: tasks.concat(vis=job["raw"], concatvis=data))
    if job["bad_antennas"]:
        antennas = ",".join(map(str, job["bad_antennas"]))
        step("flagdata", lambda: tasks.flagdata(vis=data, antenna=antennas, flagbackup=False))
    if several:
        step("field", lambda: _one_field(data))
    step(
        "aoflagger",
        lambda: subprocess.run(
            ["aoflagger", *["-direct-read"] * several, "-strategy", job["strategy"], data],
            check=True,
        ),
    )
    step("ft", lambda: tasks.ft(vis=data, complist=job["component_list"], usescratch=True))
    step("bandpass", lambda: _bandpass(tasks, job, data))
    step(
        "applycal",
        lambda: tasks.applycal(
            vis=data, gaintable=[str(_tables(job)[0])], calwt=[False], flagbackup=False
        ),
    )
    (folder / f"{band}.json").write_text(json.dumps(took))


def _one_field(data: str) -> None:
    from casacore import tables

    with tables.table(data, readonly=False, ack=False) as table:
        table.putcol("FIELD_ID", 0 * table.getcol("FIELD_ID"))


def _tables(job: dict[str, Any]) -> list[Path]:
    """Return CASA's table of each part of the channels."""
    return [Path(job["folder"]) / f"{job['band']}.{part}.bcal" for part in range(len(job["raw"]))]


def _bandpass(tasks: Any, job: dict[str, Any], data: str) -> None:
    """Solve the channels in as many parts as there are integrations, into a table each."""
    at_once = job["channels"] // len(job["raw"])
    for part, table in enumerate(_tables(job)):
        tasks.bandpass(
            vis=data,
            caltable=str(table),
            bandtype="B",
            solint="inf",
            combine="obs,scan,field",
            spw=f"0:{part * at_once}~{(part + 1) * at_once - 1}",
            refant=job["refant"],
            uvrange=job["uvrange"],
            minblperant=4,
            minsnr=3.0,
            solnorm=False,
        )
        if not table.exists():
            sys.exit(f"CASA's bandpass has made no {table}; its log is in {job['folder']}")


def _casa(log: Path) -> ModuleType:
    from lwacal.runtime import casa

    return casa.start(log)


if __name__ == "__main__":
    main()
