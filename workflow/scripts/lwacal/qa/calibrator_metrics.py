"""Assesses the calibrators: fluxes, positions, and detections."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Final

from lwacal.qa.metric import judge, not_judged, percent
from lwacal.qa.stage_metrics import WITHIN
from lwacal.records.configuration.quality import Quality
from lwacal.records.measurements import Calibrator, Position
from lwacal.records.quality import Metric
from lwacal.records.sky_model import SkyModelRecord

STAGE: Final = "calibrators"


def of_calibrators(
    calibrators: Sequence[Calibrator], sky_model: SkyModelRecord, quality: Quality
) -> list[Metric]:
    """Return metrics of flux, position and fits for each calibrator of the sky model."""
    names = [s["name"] for s in sky_model.get("sources", []) if s["calibrator"]]
    if not names:
        why = sky_model.get("message") or "no source is bright and high enough"
        return [
            not_judged(
                "flux_ratio_deviation",
                f"no calibrator in the sky model: {why}",
                stage=STAGE,
                unit="fraction",
            )
        ]
    found: list[Metric] = []
    for source in names:
        records = [c for c in calibrators if c["source"] == source]
        found += _of_source(source, records, quality)
        found += _of_visibilities(source, records, quality)
        for record in _imaged(records):
            found += _of_source_and_band(record, quality)
    return found


def _of_visibilities(source: str, records: Sequence[Calibrator], quality: Quality) -> list[Metric]:
    """Return the ratio of the flux fitted to the visibilities to the expected flux.

    It decides if there are no images to measure fluxes in.
    """
    ratios = [
        record["flux_visibility_jy"] / record["flux_expected_jy"]
        for record in records
        if record["flux_visibility_jy"] is not None and record["flux_expected_jy"] is not None
    ]
    if not ratios:
        return []
    ratio = statistics.median(ratios)
    words = f"{source}: flux from the visibilities is {ratio:.2f} x expected (median)"
    return [
        judge(
            "visibility_flux_deviation",
            abs(ratio - 1),
            "fraction",
            quality.flux_ratio_deviation,
            words,
            limit=WITHIN,
            stage=STAGE,
            decides=not _imaged(records),
            source=source,
        )
    ]


def _imaged(records: Sequence[Calibrator]) -> list[Calibrator]:
    return [record for record in records if record["imaged"]]


def of_positions(fits: Sequence[Position], quality: Quality) -> list[Metric]:
    """Return the frequency-independent offsets and the ionospheric ones at 50 MHz.

    ``fits`` as refraction_fit.of_sources returns them.
    """
    found: list[Metric] = []
    for item in fits:
        constant = (item["ra_constant_arcsec"], item["dec_constant_arcsec"])
        constant_err = (item["ra_constant_err_arcsec"], item["dec_constant_err_arcsec"])
        ionosphere = (item["ra_ionosphere_arcsec"], item["dec_ionosphere_arcsec"])
        ionosphere_err = (item["ra_ionosphere_err_arcsec"], item["dec_ionosphere_err_arcsec"])
        for name, words, offset, error in (
            ("constant_offset", "frequency-independent offset", constant, constant_err),
            ("ionospheric_offset", "ionospheric offset at 50 MHz", ionosphere, ionosphere_err),
        ):
            size, doubt = math.hypot(*offset), math.hypot(*error)
            found.append(
                judge(
                    name,
                    size,
                    "arcsec",
                    quality.limits(name),
                    f"{item['source']}: {words}: {size:.0f} ± {doubt:.0f} arcsec",
                    stage=STAGE,
                    decides=False,
                    source=item["source"],
                )
            )
    return found


def _of_source(source: str, records: Sequence[Calibrator], quality: Quality) -> list[Metric]:
    records = _imaged(records)
    if not records:
        return [
            not_judged(
                "failed_fit_fraction",
                f"{source}: no image was measured",
                unit="fraction",
                stage=STAGE,
                source=source,
            )
        ]
    good = [record for record in records if record["fit"] == "ok"]
    failed = 1 - len(good) / len(records)
    words = f"{source}: detected in {len(good)} of {len(records)} sub-band images"
    found = [
        judge(
            "failed_fit_fraction",
            failed,
            "fraction",
            quality.failed_fit_fraction,
            words,
            stage=STAGE,
            source=source,
        )
    ]
    ratios = [r["ratio"] for r in good if r["ratio"] is not None]
    if ratios:
        ratio = statistics.median(ratios)
        words = (
            f"{source}: measured flux is {ratio:.2f} x expected (median over sub-bands"
            f"{_model_doubt(good)})"
        )
        found.append(
            judge(
                "flux_ratio_deviation",
                abs(ratio - 1),
                "fraction",
                quality.flux_ratio_deviation,
                words,
                limit=WITHIN,
                stage=STAGE,
                source=source,
            )
        )
    offsets = [
        (beams, arcsec)
        for beams, arcsec in ((offset_beams(r), offset_arcsec(r)) for r in good)
        if beams is not None and arcsec is not None
    ]
    if offsets:
        beams = statistics.median(o[0] for o in offsets)
        arcsec = statistics.median(o[1] for o in offsets)
        words = (
            f"{source}: offset from catalogue position: {arcsec:.0f} arcsec, {beams:.2f} beams"
            " (median)"
        )
        found.append(
            judge(
                "position_offset",
                beams,
                "beams",
                quality.position_offset,
                words,
                stage=STAGE,
                source=source,
            )
        )
    return found


def _model_doubt(records: Sequence[Calibrator]) -> str:
    """Return the uncertainty of the expected flux in words; empty if it is unknown."""
    doubts = [
        record["flux_expected_err_jy"] / record["flux_expected_jy"]
        for record in records
        if record["flux_expected_err_jy"] is not None and record["flux_expected_jy"] is not None
    ]
    return f"; expected flux uncertain by {percent(statistics.median(doubts))}" if doubts else ""


def _of_source_and_band(record: Calibrator, quality: Quality) -> list[Metric]:
    source, band = record["source"], record["band"]
    where = f"{source} at {band}"
    if record["fit"] != "ok":
        why = record["reason"] or "fit failed"
        return [
            not_judged(
                "flux_ratio_deviation",
                f"{where}: {why}",
                unit="fraction",
                stage=STAGE,
                decides=False,
                source=source,
                band=band,
            )
        ]
    found = []
    ratio, beams, arcsec = record["ratio"], offset_beams(record), offset_arcsec(record)
    if ratio is not None:
        found.append(
            judge(
                "flux_ratio_deviation",
                abs(ratio - 1),
                "fraction",
                quality.flux_ratio_deviation,
                f"{where}: measured flux is {ratio:.2f} x expected",
                limit=WITHIN,
                stage=STAGE,
                decides=False,
                source=source,
                band=band,
            )
        )
    if beams is not None and arcsec is not None:
        words = f"{where}: offset from catalogue position: {arcsec:.0f} arcsec"
        found.append(
            judge(
                "position_offset",
                beams,
                "beams",
                quality.position_offset,
                words,
                stage=STAGE,
                decides=False,
                source=source,
                band=band,
            )
        )
    return found


def offset_arcsec(record: Calibrator) -> float | None:
    """Return the offset of a calibrator from its catalogue position in arcsec."""
    east, north = record["ra_offset_arcsec"], record["dec_offset_arcsec"]
    return None if east is None or north is None else math.hypot(east, north)


def offset_beams(record: Calibrator) -> float | None:
    """Return the same offset in units of the synthesized beam (FWHM)."""
    distance, beam = offset_arcsec(record), record["beam_fwhm_arcsec"]
    return None if distance is None or not beam else distance / beam
