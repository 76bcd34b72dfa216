#!/usr/bin/env python3
"""Rule flag_solutions: which bandpass solutions may be used, over all sub-bands."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

from lwacal.calibration import reference_change, solution_flags, solution_products
from lwacal.runtime import job, logs, products

logger = logging.getLogger(__name__)

SHOWN = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument("--reference", required=True, type=Path)
    parser.add_argument("--tables", required=True, nargs="+", type=Path, help="by frequency")
    parser.add_argument("--summaries", required=True, nargs="+", type=Path, help="of the solver")
    parser.add_argument("--settings", required=True, help="JSON: solution_flags")
    parser.add_argument("--flags", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    settings = json.loads(arguments.settings)["solution_flags"]
    manifest = products.read_json(arguments.manifest)
    health = products.read_json(arguments.health)
    reference = products.read_json(arguments.reference)
    summaries = [products.read_json(path) for path in arguments.summaries]
    band = solution_products.gather(manifest, health, arguments.tables, summaries)
    if settings["enabled"]:
        solution_flags.find(band, settings)
    referred = reference_change.settle(band, reference, summaries, manifest["antennas"]["names"])
    if settings["enabled"]:
        solution_flags.fill(band, int(settings["interpolate_max_channels"]))
    summary = solution_products.describe(
        band, manifest, health, referred, summaries, settings["noisy_ratio"]
    )
    products.write_npz(arguments.flags, **solution_products.arrays(band, referred["index"]))
    products.write_json(arguments.summary, summary)
    for antenna in summary["antennas"]:
        if antenna["status"] != "good":
            reasons = ", ".join(antenna["reasons"])
            logger.info(f"{antenna['antenna']} {antenna['pol']}: {antenna['status']} ({reasons})")
    logs.found(found_words(summary["antennas"]))


def found_words(signals: list[dict[str, Any]]) -> str:
    """Return how many signals are bad, why, and the first that are: the most frequent first."""
    bad = [signal for signal in signals if signal["status"] == "bad" and signal["reasons"]]
    names: dict[str, list[str]] = {}
    for signal in bad:
        names.setdefault(signal["reasons"][0], []).append(signal["antenna"] + signal["pol"])
    by_number = sorted(names.items(), key=lambda item: -len(item[1]))
    words = [
        f"{len(found)} {reason}: {', '.join(found[:SHOWN])}{', ...' * (len(found) > SHOWN)}"
        for reason, found in by_number
    ]
    return f"{len(bad)} of {len(signals)} signals are bad" + (f" ({'; '.join(words)})" * bool(bad))


if __name__ == "__main__":
    job.run(main)
