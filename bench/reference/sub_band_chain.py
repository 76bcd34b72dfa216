"""Calibrates sub-bands by the reference tools, two at a time: sub_band_chain.py JOBS

JOBS is a file with a list of what bench.chain makes. For each sub-band CASA concat, flagdata of the
bad antennas, AOFlagger with its default command line, CASA ft, bandpass, applycal; what each took
goes to <band>.json beside.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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
    data, table = str(folder / f"{band}.ms"), str(folder / f"{band}.bcal")
    tasks = _casa(folder / f"{band}.log")
    step("concat", lambda: tasks.concat(vis=job["raw"], concatvis=data))
    if job["bad_antennas"]:
        antennas = ",".join(map(str, job["bad_antennas"]))
        step("flagdata", lambda: tasks.flagdata(vis=data, antenna=antennas, flagbackup=False))
    step("aoflagger", lambda: subprocess.run(
        ["aoflagger", "-strategy", job["strategy"], data], check=True
    ))
    step("ft", lambda: tasks.ft(vis=data, complist=job["component_list"], usescratch=True))
    step("bandpass", lambda: tasks.bandpass(
        vis=data, caltable=table, bandtype="B", solint="inf", combine="obs,scan,field",
        refant=job["refant"], uvrange=job["uvrange"], minblperant=4, minsnr=3.0, solnorm=False,
    ))
    if not Path(table).exists():
        sys.exit(f"CASA's bandpass has made no table of {band}; its log is {folder}/{band}.log")
    step("applycal", lambda: tasks.applycal(
        vis=data, gaintable=[table], calwt=[False], flagbackup=False
    ))
    (folder / f"{band}.json").write_text(json.dumps(took))


def _casa(log: Path):
    from lwacal import casa

    return casa.start(log)


if __name__ == "__main__":
    main()
