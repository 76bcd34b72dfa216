"""What flagging finds of planted interference, and what it costs, beside AOFlagger's program.

    PYTHONPATH=tests/helpers python -m flagging_cost SET.ms --integrations 1 6

SET.ms is a concatenated sub-band of a simulated observation without interference of its own; lines
are planted into copies of its first integrations. Flaggers: `default` is the program as it comes
(generic-default, reading as it likes), `per baseline` the program with the strategy ovro-lwa.lua,
`ours` is the rule flag with all it does and writes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import flag_masks
import planted_rfi
import power_files
from lwacal.flagging import aoflagger_program
from lwacal.io import ms_reader
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records import files
from lwacal.records.health import HealthRecord
from lwacal.runtime import paths, products

FLAGGERS = ("default", "per baseline", "ours")
SCRIPT = paths.SCRIPTS / "flag.py"
SETTINGS = {
    "flagging": {
        "original": True,
        "aoflagger": True,
        "strategy": "",
        "burst_ratio": 1.5,
        "protect_fraction": 0.9,
    },
    "tools": {"aoflagger": "aoflagger"},
    "health": {"autocorrelation": {"enabled": True}},
}


def measure(
    source: Path,
    folder: Path,
    integrations: Sequence[int] = (1,),
    cases: Sequence[str] = tuple(planted_rfi.CASES),
    flaggers: Sequence[str] = FLAGGERS,
    threads: int = 1,
) -> list[dict[str, Any]]:
    """Return a record for each number of integrations, case of planted lines, and flagger.

    With shares found by line, `false` and `beside` as planted_rfi.score gives them, `wall_s`,
    `cpu_s` (user and system), `peak_mb`. ``folder`` takes the scratch sets, which are removed.
    """
    results = []
    for number in integrations:
        for case in cases:
            data_set = folder / "planted.ms"
            where, cross = plant_into_copy(source, data_set, number, planted_rfi.CASES[case])
            for flagger in flaggers:
                flags, cost = run(flagger, data_set, folder, threads)
                score = planted_rfi.score(flags[cross], where[:, cross], planted_rfi.CASES[case])
                results.append(
                    {
                        "flagger": flagger,
                        "case": case,
                        "integrations": number,
                        "rows": len(cross) // number,
                        **cost,
                        **score,
                    }
                )
            shutil.rmtree(data_set)
    return results


def plant_into_copy(
    source: Path, copy: Path, n_integrations: int, lines: Sequence[planted_rfi.Line]
) -> tuple[np.ndarray, np.ndarray]:
    """Write the first integrations with lines added; return where, and which rows are no autos.

    (line, row, channel) bool and (row,) bool.
    """
    frequency_hz, width_hz = ms_reader.read_channels(source)
    field = Field("zenith", *ms_reader.read_field(source))
    where, cross = [], []
    with MeasurementSetWriter(
        copy, ms_reader.read_antennas(source), frequency_hz, width_hz, [field]
    ) as writer:
        for number, item in enumerate(ms_reader.iterate_integrations(source, ("DATA",))):
            if number == n_integrations:
                break
            data, pair = item.columns["DATA"], (item.antenna1, item.antenna2)
            noise = planted_rfi.noise_of(data, *pair, width_hz * item.interval_s)
            where.append(planted_rfi.plant(data, *pair, number, lines, noise))
            cross.append(item.antenna1 != item.antenna2)
            writer.append(item.mjd_s, item.interval_s, *pair, item.uvw_m, data, scan=item.scan)
    return np.concatenate(where, axis=1), np.concatenate(cross)


def run(
    flagger: str, data_set: Path, folder: Path, threads: int
) -> tuple[np.ndarray, dict[str, float]]:
    """Return the flags (row, channel) of a flagger, any correlation, and what it cost."""
    if flagger == "ours":
        output = folder / "flags.npz"
        cost = _cost(_our_command(data_set, output, folder, threads))
        return flag_masks.load_flags(output).any(axis=-1), cost
    copy = folder / "copy.ms"
    shutil.copytree(data_set, copy)
    words = (
        []
        if flagger == "default"
        else ["-strategy", str(aoflagger_program.SHIPPED), "-direct-read"]
    )
    cost = _cost(["aoflagger", "-j", str(threads), *words, str(copy)])
    flags = aoflagger_program.read_flags(copy).any(axis=-1)
    shutil.rmtree(copy)
    return flags, cost


def _our_command(data_set: Path, output: Path, folder: Path, threads: int) -> list[str]:
    healthy = {"requested_mjd": 0.0, "sources": [], "antennas": []}  # none is known to be bad
    files.write(HealthRecord, folder / "health.json", healthy)
    powers = power_files.write(data_set, folder / "powers.npz")
    return [
        sys.executable,
        str(SCRIPT),
        "--band",
        "59MHz",
        "--concat",
        str(data_set),
        "--powers",
        str(powers),
        "--threads",
        str(threads),
        "--health",
        str(folder / "health.json"),
        "--settings",
        json.dumps(SETTINGS),
        "--output",
        str(output),
        "--summary",
        str(folder / "flags.json"),
    ]


def _cost(command: list[str]) -> dict[str, float]:
    """Run a command to its end; return what it took, children included."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        peak_mb, ended = 0.0, 0
        while not ended:
            peak_mb = max(peak_mb, _resident_mb(process.pid))
            time.sleep(0.02)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        wall_s = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{command[:2]} failed: {said}")
    return {"wall_s": wall_s, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": peak_mb}


def _resident_mb(process: int) -> float:
    """Return the most memory a process has had so far, with its children; 0 if it has ended.

    The kernel's own account at its end (ru_maxrss) would begin with that of the parent.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return sum(map(int, own)) * 1024e-6 + sum(_resident_mb(int(child)) for child in children)


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return the results as lines of text."""
    lines = []
    for item in results:
        found = ", ".join(
            f"{name} {share:.3f}" for name, share in item["found"].items() if share is not None
        )
        lines.append(
            f"{item['integrations']} integrations, {item['case']}, {item['flagger']}:"
            f" {item['wall_s']:.1f} s, {item['cpu_s']:.1f} CPU s, {item['peak_mb']:.0f} MB,"
            f" false {item['false']:.5f}, beside {item['beside'] or 0:.4f}; found {found or '-'}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--integrations", type=int, nargs="+", default=[1])
    parser.add_argument("--cases", nargs="+", default=list(planted_rfi.CASES))
    parser.add_argument("--flaggers", nargs="+", default=list(FLAGGERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("flagging-cost"))
    parser.add_argument("--output", type=Path, help="JSON")
    words = parser.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    results = measure(
        words.source, words.folder, words.integrations, words.cases, words.flaggers, words.threads
    )
    if words.output:
        products.write_json(words.output, {"schema": 1, "results": results})
    print(table(results))


if __name__ == "__main__":
    main()
