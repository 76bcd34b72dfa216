"""Reads all records that the report needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lwacal.io.solutions import Bandpass
from lwacal.nights import trends_database
from lwacal.nights.history import Nights
from lwacal.report import antenna_history
from lwacal.runtime import products

Record = Mapping[str, Any]


@dataclass(frozen=True)
class ReportRecords:
    """The records of an observation.

    ``flags`` by sub-band; ``images`` by source, each with its folder; ``allsky`` with its folder.
    """

    qa: Record
    run: Record
    manifest: Record
    health: Record
    flags: Mapping[str, Record]
    solutions: Bandpass
    delay: Record
    sky_model: Record
    measurements: Record
    images: Mapping[str, tuple[Record, Path]]
    allsky: tuple[Record, Path]
    nights: Nights


def read(
    *,
    qa: Path,
    run: Path,
    manifest: Path,
    health: Path,
    flags: Sequence[Path],
    solutions: Path,
    delay: Path,
    sky_model: Path,
    measurements: Path,
    images: Sequence[Path],
    allsky: Path,
    results: Path,
) -> ReportRecords:
    """Read all records. ``solutions`` is bandpass_flags.npz; images and allsky are folders.

    ``results`` is the folder of all observations; their qa.json give the history of the antennas.
    """
    judged = products.read_json(qa)
    by_band = {record["band"]: record for record in map(products.read_json, flags)}
    by_source = {}
    for folder in images:
        record = products.read_json(folder / "images.json")
        by_source[record["source"]] = (record, folder)
    return ReportRecords(
        qa=judged,
        run=products.read_json(run),
        manifest=products.read_json(manifest),
        health=products.read_json(health),
        flags=by_band,
        solutions=Bandpass.read(solutions),
        delay=products.read_json(delay),
        sky_model=products.read_json(sky_model),
        measurements=products.read_json(measurements),
        images=by_source,
        allsky=(products.read_json(allsky / "images.json"), allsky),
        nights=antenna_history.until(judged, trends_database.find(results)),
    )
