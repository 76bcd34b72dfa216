"""Where the solver's time goes: reading, adding up over integrations, solving.

Measured by calling the parts in a process of its own, as rule bandpass does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench import rules
from bench.data import Observation
from bench.place import Place
from bench.project import ENVIRONMENT, PROJECT
from bench.sizes import of_record
from lwacal import bandpass_stefcal, ms_reader, visibility_sums


def measure(place: Place, cores: int) -> dict[str, float]:
    """Return the seconds of each part."""
    command = [
        sys.executable, "-m", "bench.solver_parts", str(place.folder),
        str(place.observation.raw), json.dumps(place.observation.size.record()),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=PROJECT,
        env={**os.environ, **rules.environment("bandpass", cores), **ENVIRONMENT},
    )
    return json.loads(done.stdout.splitlines()[-1])


def _parts(place: Place) -> dict[str, float]:
    band = place.sub_band()
    started = time.monotonic()
    for _ in ms_reader.iterate_integrations(band.concatenated, ("DATA",)):
        pass
    band.flagged()
    reading = time.monotonic() - started
    started = time.monotonic()
    sums = visibility_sums.read(band)
    together = time.monotonic() - started
    started = time.monotonic()
    bandpass_stefcal.solve(sums, place.settings["bandpass"]["min_baselines_per_antenna"])
    return {
        "reading_s": reading, "adding_s": max(together - reading, 0),
        "solving_s": time.monotonic() - started,
    }


def main() -> None:
    folder, raw, size = sys.argv[1:]
    place = Place(Path(folder), Observation(of_record(json.loads(size)), Path(raw)))
    print(json.dumps(_parts(place)))


if __name__ == "__main__":
    main()
