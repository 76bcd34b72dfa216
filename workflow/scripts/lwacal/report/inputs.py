"""Reads all records that the report needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lwacal.io import flags_summary
from lwacal.io.solutions import Bandpass
from lwacal.nights import trends_database
from lwacal.nights.history import Nights
from lwacal.records import files
from lwacal.records.allsky import AllskyRecord
from lwacal.records.delay import DelayRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.images import ImagesRecord
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.run import RunRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.report import antenna_history


@dataclass(frozen=True)
class ReportRecords:
    """The records of an observation.

    ``flags`` by sub-band, without those of restored integrations; ``images`` by source and
    ``allsky``, each with its folder.
    """

    qa: QualityRecord
    run: RunRecord
    manifest: ManifestRecord
    health: HealthRecord
    flags: Mapping[str, FlagsRecord]
    solutions: Bandpass
    ionosphere: IonosphereRecord
    delay: DelayRecord
    sky_model: SkyModelRecord
    measurements: MeasurementsRecord
    images: Mapping[str, tuple[ImagesRecord, Path]]
    allsky: tuple[AllskyRecord, Path]
    nights: Nights


def read(
    *,
    qa: Path,
    run: Path,
    manifest: Path,
    health: Path,
    flags: Sequence[Path],
    solutions: Path,
    ionosphere: Path,
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
    judged = files.read(QualityRecord, qa)
    restored = {band["band"]: band.get("restored_integrations", []) for band in judged["bands"]}
    found = (files.read(FlagsRecord, path) for path in flags)
    summaries = [flags_summary.without(one, restored.get(one["band"], [])) for one in found]
    by_source = {}
    for folder in images:
        record = files.read(ImagesRecord, folder / "images.json")
        by_source[record["source"]] = (record, folder)
    return ReportRecords(
        qa=judged,
        run=files.read(RunRecord, run),
        manifest=files.read(ManifestRecord, manifest),
        health=files.read(HealthRecord, health),
        flags={summary["band"]: summary for summary in summaries},
        solutions=Bandpass.read(solutions),
        ionosphere=files.read(IonosphereRecord, ionosphere),
        delay=files.read(DelayRecord, delay),
        sky_model=files.read(SkyModelRecord, sky_model),
        measurements=files.read(MeasurementsRecord, measurements),
        images=by_source,
        allsky=(files.read(AllskyRecord, allsky / "images.json"), allsky),
        nights=antenna_history.until(judged, trends_database.find(results)),
    )
