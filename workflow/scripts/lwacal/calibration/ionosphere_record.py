"""ionosphere.json, from what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.calibration.band_agreement import Agreement
from lwacal.calibration.path_forms import BEND, N_FORMS, PLANE
from lwacal.calibration.source_shifts import REFERENCE_HZ, Shifts
from lwacal.calibration.tec_screen import SHIFT_ARCMIN, Screen
from lwacal.io.solutions import Bandpass
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.ionosphere import (
    BandIonosphere,
    Gradient,
    IntegrationGradient,
    IonosphereRecord,
    SourceShift,
)
from lwacal.records.sky_model import SkyModelRecord, Source
from lwacal.telescope.correlations import POLARIZATIONS

FEWEST_OF_A_SERIES = 2  # integrations, for a scintillation index
LOWEST_DEG = 20.0  # lower, refraction is strong every night
LEAST_ARCMIN = 0.1  # smaller shifts are not said in figures


@dataclass(frozen=True)
class Found:
    """What the steps of the rule found.

    ``agreement`` (sub-band,), and ``last`` with the tables in ``last_folder``; ``screen`` None if
    nothing could be separated, for the reason in ``message``; ``single`` are the screens
    of X and of Y alone.
    """

    shifts: Shifts
    agreement: Sequence[Agreement]
    last: Sequence[Agreement]
    last_folder: str
    screen: Screen | None
    single: Sequence[Screen | None]
    message: str


def build(
    bandpass: Bandpass,
    model: SkyModelRecord,
    summaries: Sequence[BandpassRecord],
    found: Found,
    take_out: bool,
) -> IonosphereRecord:
    """Return ionosphere.json."""
    screen = None if found.message else found.screen
    value, error = np.full((2, N_FORMS), np.nan)
    if screen is not None:
        value, error = screen.value, screen.error
    absolute = (found.shifts.shift + value * SHIFT_ARCMIN)[..., PLANE]
    errors = np.hypot(found.shifts.error, error * SHIFT_ARCMIN)[..., PLANE]
    by_name = {source["name"]: source for source in model["sources"]}
    sources = [
        _source(by_name[name], number, absolute[number], errors[number], found.shifts, summaries)
        for number, name in enumerate(found.shifts.sources)
    ]
    largest = _largest(
        [one for one in sources if by_name[one["source"]]["kind"] != "solar"]  # active regions
    )
    gradient, gradient_error = value[PLANE], error[PLANE]
    length = float(np.hypot(*gradient)) * SHIFT_ARCMIN
    return {
        "status": "separated" if screen is not None else "not_separated",
        "message": found.message or _words(largest, length, take_out),
        "taken_out": take_out and screen is not None,
        "frequency_hz": REFERENCE_HZ,
        "gradient": _gradient(gradient, gradient_error),
        "shift_arcmin": length,
        "shift_err_arcmin": float(np.hypot(*gradient_error)) * SHIFT_ARCMIN / np.sqrt(2),
        "largest_shift_arcmin": largest,
        "curvature_tecu_per_km2": value[BEND].tolist(),
        "curvature_err_tecu_per_km2": error[BEND].tolist(),
        "scatter_tecu": screen.scatter_tecu if screen else None,
        "antpols": screen.n_antpols if screen else 0,
        "polarizations": {
            letter: _gradient(one.gradient, one.error[PLANE])
            for letter, one in zip(POLARIZATIONS, found.single)
            if screen and one
        },
        "polarizations_sigma": _difference(found.single) if screen else None,
        "last_tables": found.last_folder,
        "bands": {
            name: _band(bandpass, number, value, found)
            for number, name in enumerate(bandpass.band_names)
        },
        "integration_gradients": _integrations(gradient, gradient_error, found.shifts),
        "sources": sources,
        "excess_arcmin": found.shifts.excess.tolist(),
    }


def _gradient(value: np.ndarray, error: np.ndarray) -> Gradient:
    return {
        "east_tecu_per_km": float(value[0]),
        "north_tecu_per_km": float(value[1]),
        "east_err_tecu_per_km": float(error[0]),
        "north_err_tecu_per_km": float(error[1]),
    }


def _difference(single: Sequence[Screen | None]) -> float | None:
    """Return how far the gradients of X and Y are apart, in units of the error."""
    x, y = single
    if x is None or y is None:
        return None
    apart = x.gradient - y.gradient
    covariance = (x.covariance + y.covariance)[PLANE, PLANE]
    return float(np.sqrt(apart @ np.linalg.solve(covariance, apart)))


def _band(bandpass: Bandpass, number: int, value: np.ndarray, found: Found) -> BandIonosphere:
    held = np.nan_to_num(value + found.shifts.offset[number] / SHIFT_ARCMIN)
    one, last = found.agreement[number], found.last[number]
    return {
        "frequency_hz": float(bandpass.frequency_hz[bandpass.band_index == number].mean()),
        "east_tecu_per_km": float(held[0]),
        "north_tecu_per_km": float(held[1]),
        "curvature_tecu_per_km2": held[BEND].tolist(),
        "offset_east_arcmin": float(one.offset_arcmin[0]),
        "offset_north_arcmin": float(one.offset_arcmin[1]),
        "offset_east_err_arcmin": float(one.error_arcmin[0]),
        "offset_north_err_arcmin": float(one.error_arcmin[1]),
        "offset_beams": float(one.beams),
        "last_offset_east_arcmin": float(last.offset_arcmin[0]),
        "last_offset_north_arcmin": float(last.offset_arcmin[1]),
        "last_offset_beams": float(last.beams),
        "agrees": one.agrees,
    }


def _integrations(
    gradient: np.ndarray, error: np.ndarray, shifts: Shifts
) -> list[IntegrationGradient]:
    """Return the mean over sources of each integration, weighted as in what the gains hold."""
    shift, its_error = shifts.shift[..., PLANE], shifts.error[..., PLANE]
    weight = np.isfinite(its_error) * shifts.held_weight[:, None, None]
    total = weight.sum(axis=0)
    mean, own_error = np.full((2, *total.shape), np.nan)
    known = total > 0
    sums = (weight * np.nan_to_num(shift)).sum(axis=0)
    variance = ((weight * np.nan_to_num(its_error)) ** 2).sum(axis=0)
    mean[known] = sums[known] / total[known]
    own_error[known] = np.sqrt(variance[known]) / total[known]
    return [
        {
            "integration": scan,
            **_gradient(
                gradient + mean[number] / SHIFT_ARCMIN,
                np.hypot(error, own_error[number] / SHIFT_ARCMIN),
            ),
        }
        for number, scan in enumerate(shifts.integrations)
    ]


def _source(
    source: Source,
    number: int,
    shift: np.ndarray,
    error: np.ndarray,
    shifts: Shifts,
    summaries: Sequence[BandpassRecord],
) -> SourceShift:
    """Return the record of a source; ``shift`` and ``error`` (integration, 2) are absolute."""
    altitude, azimuth = np.deg2rad([source["altitude_deg"], source["azimuth_deg"]])
    towards = np.array([np.sin(azimuth), np.cos(azimuth)])
    along = shift @ towards
    across = shift @ np.array([np.cos(azimuth), -np.sin(azimuth)])
    return {
        "source": source["name"],
        "altitude_deg": source["altitude_deg"],
        "azimuth_deg": source["azimuth_deg"],
        "shift_east_arcmin": shift[:, 0].tolist(),
        "shift_north_arcmin": shift[:, 1].tolist(),
        "shift_east_err_arcmin": error[:, 0].tolist(),
        "shift_north_err_arcmin": error[:, 1].tolist(),
        "altitude_offset_arcmin": (-along / np.sin(altitude)).tolist(),
        "azimuth_offset_arcmin": across.tolist(),
        "chi2": float(shifts.chi2[number]),
        "freedom": int(shifts.freedom[number]),
        "scintillation_index": _scintillation(source["name"], summaries),
    }


def _scintillation(name: str, summaries: Sequence[BandpassRecord]) -> dict[str, float]:
    """Return rms over mean of a source's fluxes over the integrations, less that of errors."""
    found = {}
    for summary in summaries:
        sky = summary.get("sky")
        if not sky or name not in sky["sources"] or len(sky["integrations"]) < FEWEST_OF_A_SERIES:
            continue
        number = sky["sources"].index(name)
        ratio, error = (np.array(sky[key][number]) for key in ("flux_ratio", "flux_ratio_err"))
        mean = float(ratio.mean())
        if mean > 0:
            variance = max(float(ratio.var(ddof=1) - (error**2).mean()), 0.0)
            found[summary["band"]] = float(np.sqrt(variance)) / mean
    return found


def _largest(sources: Sequence[SourceShift]) -> float | None:
    """Return the largest mean shift on the sky of high sources that several sub-bands have."""
    lengths = []
    for one in sources:
        if one["altitude_deg"] < LOWEST_DEG:
            continue
        offset = np.array([one["altitude_offset_arcmin"], one["azimuth_offset_arcmin"]], float)
        known = np.isfinite(offset).all(axis=0)
        if one["freedom"] > 0 and known.any():
            lengths.append(float(np.hypot(*offset[:, known].mean(axis=1))))
    return max(lengths, default=None)


def _words(largest: float | None, mean: float, take_out: bool) -> str:
    size = mean if largest is None else largest
    what = "the sky by" if largest is None else "sources by up to"
    if size < LEAST_ARCMIN:
        size, what = LEAST_ARCMIN, "sources by less than"
    moved = f"The ionosphere moved {what} {size:.1f} arcmin at 40 MHz"
    return f"{moved}; it is {'taken out of' if take_out else 'left in'} the tables."
