"""Assesses the images: dynamic range, noise over thermal noise, scintillation."""

from __future__ import annotations

import statistics

from lwacal.qa.metric import judge, not_judged, percent
from lwacal.records.configuration.quality import Quality
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.quality import Metric


def of_images(measurements: MeasurementsRecord, quality: Quality) -> list[Metric]:
    """Return dynamic range and noise of the images, and the scintillation of the sources."""
    found = []
    for image in measurements["allsky"]:
        dynamic_range = image["dynamic_range"]
        words = f"all-sky image {image['name']}: {image['message'] or 'not measured'}"
        if dynamic_range is not None:
            words = f"all-sky image {image['name']}: dynamic range {dynamic_range:.0f}"
        found.append(
            judge(
                "allsky_dynamic_range",
                dynamic_range,
                "",
                quality.allsky_dynamic_range,
                words,
                stage="images",
                more_is_better=True,
                limit="should be at least {}",
                band=image["name"],
            )
        )
    if not found:
        found = [
            not_judged("allsky_dynamic_range", "no all-sky image was measured", stage="images")
        ]
    return found + _noise(measurements, quality) + _scintillation(measurements, quality)


def _noise(measurements: MeasurementsRecord, quality: Quality) -> list[Metric]:
    """Return the ratio of image noise to the thermal noise derived from the autocorrelations."""
    limits, found = quality.noise_over_thermal, []
    for image in measurements["allsky"]:
        if image["rms_jy"] is not None and image["thermal_jy"]:
            ratio = image["rms_jy"] / image["thermal_jy"]
            words = f"all-sky image {image['name']}: noise is {ratio:.1f} x thermal"
            found.append(
                judge(
                    "noise_over_thermal",
                    ratio,
                    "",
                    limits,
                    words,
                    band=image["name"],
                    stage="images",
                    decides=False,
                )
            )
    calibrators = measurements["calibrators"]
    for source in dict.fromkeys(item["source"] for item in calibrators):
        ratios = [
            item["rms_jy"] / item["thermal_jy"]
            for item in calibrators
            if item["source"] == source and item["rms_jy"] is not None and item["thermal_jy"]
        ]
        if ratios:
            ratio = statistics.median(ratios)
            words = f"{source}: image noise is {ratio:.1f} x thermal (median)"
            found.append(
                judge(
                    "noise_over_thermal",
                    ratio,
                    "",
                    limits,
                    words,
                    source=source,
                    stage="images",
                    decides=False,
                )
            )
    return found


def _scintillation(measurements: MeasurementsRecord, quality: Quality) -> list[Metric]:
    """Return the scintillation index of each source, median over sub-bands."""
    series: dict[str, list[float]] = {}
    for item in measurements["scintillation_indices"]:
        known = series.setdefault(item["source"], [])
        known += [item["index"]] if item["index"] is not None else []
    found = []
    for source, indices in sorted(series.items()):
        words = f"{source}: too few integrations to measure scintillation"
        if indices:
            words = f"{source}: flux varies by {percent(statistics.median(indices))} (rms)"
        found.append(
            judge(
                "scintillation_index",
                statistics.median(indices) if indices else None,
                "fraction",
                quality.scintillation_index,
                words,
                stage="images",
                decides=False,
                source=source,
            )
        )
    return found or [
        not_judged(
            "scintillation_index",
            "no images of single integrations",
            stage="images",
            unit="fraction",
            decides=False,
        )
    ]
