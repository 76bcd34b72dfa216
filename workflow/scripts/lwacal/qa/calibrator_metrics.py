"""Assesses the calibrators: fluxes, positions, and detections."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from lwacal.qa.metric import Metric, judge, not_judged, percent
from lwacal.qa.stage_metrics import WITHIN
from lwacal.records.configuration.quality import Quality

Record = Mapping[str, Any]


def of_calibrators(
    calibrators: Sequence[Record], sky_model: Record, quality: Quality
) -> list[Metric]:
    """Return metrics of flux, position and fits for each calibrator of the sky model."""
    names = [s["name"] for s in sky_model.get("sources", []) if s["calibrator"]]
    if not names:
        why = sky_model.get("message") or "no source is bright and high enough"
        return [
            not_judged(
                "flux_ratio_deviation",
                f"no calibrator in the sky model: {why}",
                stage="calibrators",
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


def _of_visibilities(source: str, records: Sequence[Record], quality: Quality) -> list[Metric]:
    """Return the ratio of the flux fitted to the visibilities to the expected flux.

    It decides if there are no images to measure fluxes in.
    """
    ratios = [
        record["flux_visibility_jy"] / record["flux_expected_jy"]
        for record in records
        if record.get("flux_visibility_jy") is not None
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
            stage="calibrators",
            decides=not _imaged(records),
            source=source,
        )
    ]


def _imaged(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["imaged"]]


def of_positions(fits: Sequence[Record], quality: Quality) -> list[Metric]:
    """Return the frequency-independent offsets and the ionospheric ones at 50 MHz.

    ``fits`` as refraction_fit.of_sources returns them.
    """
    found = []
    for item in fits:
        common = {"stage": "calibrators", "decides": False, "source": item["source"]}
        for key, name, words in (
            ("constant", "constant_offset", "frequency-independent offset"),
            ("ionosphere", "ionospheric_offset", "ionospheric offset at 50 MHz"),
        ):
            east, north = (item[f"{axis}_{key}_arcsec"] for axis in ("ra", "dec"))
            error = math.hypot(*(item[f"{axis}_{key}_err_arcsec"] for axis in ("ra", "dec")))
            size = math.hypot(east, north)
            found.append(
                judge(
                    name,
                    size,
                    "arcsec",
                    quality.limits(name),
                    f"{item['source']}: {words}: {size:.0f} ± {error:.0f} arcsec",
                    **common,
                )
            )
    return found


def _of_source(source: str, records: Sequence[Record], quality: Quality) -> list[Metric]:
    common: Record = {"stage": "calibrators", "source": source}
    records = _imaged(records)
    if not records:
        return [
            not_judged(
                "failed_fit_fraction", f"{source}: no image was measured", unit="fraction", **common
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
            **common,
        )
    ]
    ratios = [r["ratio"] for r in good if r.get("ratio") is not None]
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
                **common,
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
            judge("position_offset", beams, "beams", quality.position_offset, words, **common)
        )
    return found


def _model_doubt(records: Sequence[Record]) -> str:
    """Return the uncertainty of the expected flux in words; empty if it is unknown."""
    doubts = [
        record["flux_expected_err_jy"] / record["flux_expected_jy"]
        for record in records
        if record.get("flux_expected_err_jy") is not None
    ]
    return f"; expected flux uncertain by {percent(statistics.median(doubts))}" if doubts else ""


def _of_source_and_band(record: Record, quality: Quality) -> list[Metric]:
    common = {
        "stage": "calibrators",
        "decides": False,
        "source": record["source"],
        "band": record["band"],
    }
    where = f"{record['source']} at {record['band']}"
    if record["fit"] != "ok":
        why = record.get("reason") or "fit failed"
        return [not_judged("flux_ratio_deviation", f"{where}: {why}", unit="fraction", **common)]
    found = []
    if record.get("ratio") is not None:
        found.append(
            judge(
                "flux_ratio_deviation",
                abs(record["ratio"] - 1),
                "fraction",
                quality.flux_ratio_deviation,
                f"{where}: measured flux is {record['ratio']:.2f} x expected",
                limit=WITHIN,
                **common,
            )
        )
    beams = offset_beams(record)
    if beams is not None:
        words = f"{where}: offset from catalogue position: {offset_arcsec(record):.0f} arcsec"
        found.append(
            judge("position_offset", beams, "beams", quality.position_offset, words, **common)
        )
    return found


def offset_arcsec(record: Record) -> float | None:
    """Return the offset of a calibrator from its catalogue position in arcsec."""
    east, north = record.get("ra_offset_arcsec"), record.get("dec_offset_arcsec")
    return None if east is None or north is None else math.hypot(east, north)


def offset_beams(record: Record) -> float | None:
    """Return the same offset in units of the synthesized beam (FWHM)."""
    distance, beam = offset_arcsec(record), record.get("beam_fwhm_arcsec")
    return None if distance is None or not beam else distance / beam
