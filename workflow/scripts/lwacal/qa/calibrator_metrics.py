"""Judges what was measured of the calibrators: fluxes, positions, and whether they were found."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from lwacal.qa.metric import Metric, judge, not_judged, percent
from lwacal.qa.stage_metrics import WITHIN

Record = Mapping[str, Any]


def of_calibrators(
    calibrators: Sequence[Record], sky_model: Record, quality: Record
) -> list[Metric]:
    """Return flux, position and success of the fits for each source of the sky model."""
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


def _of_visibilities(source: str, records: Sequence[Record], quality: Record) -> list[Metric]:
    """Return the flux that the visibilities themselves have over the expected one.

    It decides where there are no images to take fluxes from.
    """
    ratios = [
        record["flux_visibility_jy"] / record["flux_expected_jy"]
        for record in records
        if record.get("flux_visibility_jy") is not None
    ]
    if not ratios:
        return []
    ratio = statistics.median(ratios)
    words = f"{source}: flux from the visibilities is {ratio:.2f} x the expected (median)"
    return [
        judge(
            "visibility_flux_deviation",
            abs(ratio - 1),
            "fraction",
            quality["flux_ratio_deviation"],
            words,
            limit=WITHIN,
            stage="calibrators",
            decides=not _imaged(records),
            source=source,
        )
    ]


def _imaged(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record["imaged"]]


def of_positions(fits: Sequence[Record], quality: Record) -> list[Metric]:
    """Return offsets that do not depend on frequency, and the ionosphere's share at 50 MHz.

    ``fits`` as position_fit.of_sources gives them.
    """
    found = []
    for item in fits:
        common = {"stage": "calibrators", "decides": False, "source": item["source"]}
        for key, name, words in (
            ("constant", "constant_offset", "an offset at all frequencies"),
            ("ionosphere", "ionospheric_offset", "a move by the ionosphere, at 50 MHz,"),
        ):
            east, north = (item[f"{axis}_{key}_arcsec"] for axis in ("ra", "dec"))
            error = math.hypot(*(item[f"{axis}_{key}_err_arcsec"] for axis in ("ra", "dec")))
            size = math.hypot(east, north)
            found.append(
                judge(
                    name,
                    size,
                    "arcsec",
                    quality[name],
                    f"{item['source']}: {words} of {size:.0f} ± {error:.0f} arcsec",
                    **common,
                )
            )
    return found


def _of_source(source: str, records: Sequence[Record], quality: Record) -> list[Metric]:
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
    words = f"{source}: found in {len(good)} of {len(records)} sub-band images"
    found = [
        judge(
            "failed_fit_fraction",
            failed,
            "fraction",
            quality["failed_fit_fraction"],
            words,
            **common,
        )
    ]
    ratios = [r["ratio"] for r in good if r.get("ratio") is not None]
    if ratios:
        ratio = statistics.median(ratios)
        words = (
            f"{source}: measured flux is {ratio:.2f} x the expected (median of sub-bands"
            f"{_model_doubt(good)})"
        )
        found.append(
            judge(
                "flux_ratio_deviation",
                abs(ratio - 1),
                "fraction",
                quality["flux_ratio_deviation"],
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
        words = f"{source}: found {arcsec:.0f} arcsec from its place, {beams:.2f} beams (median)"
        found.append(
            judge("position_offset", beams, "beams", quality["position_offset"], words, **common)
        )
    return found


def _model_doubt(records: Sequence[Record]) -> str:
    """Return how well the expected flux itself is known, in words; nothing if that is unknown."""
    doubts = [
        record["flux_expected_err_jy"] / record["flux_expected_jy"]
        for record in records
        if record.get("flux_expected_err_jy") is not None
    ]
    return f"; known to {percent(statistics.median(doubts))}" if doubts else ""


def _of_source_and_band(record: Record, quality: Record) -> list[Metric]:
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
                quality["flux_ratio_deviation"],
                f"{where}: measured flux is {record['ratio']:.2f} x the expected",
                limit=WITHIN,
                **common,
            )
        )
    beams = offset_beams(record)
    if beams is not None:
        words = f"{where}: found {offset_arcsec(record):.0f} arcsec from its place"
        found.append(
            judge("position_offset", beams, "beams", quality["position_offset"], words, **common)
        )
    return found


def offset_arcsec(record: Record) -> float | None:
    """Return how far from its catalogue position a calibrator was found, in arcsec."""
    east, north = record.get("ra_offset_arcsec"), record.get("dec_offset_arcsec")
    return None if east is None or north is None else math.hypot(east, north)


def offset_beams(record: Record) -> float | None:
    """Return the same in units of the synthesized beam's width (FWHM)."""
    distance, beam = offset_arcsec(record), record.get("beam_fwhm_arcsec")
    return None if distance is None or not beam else distance / beam
