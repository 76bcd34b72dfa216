"""Positions and expected flux densities of the bright sources, with their uncertainty.

Flux scales (lwacal.sky.flux_scales) give intrinsic flux densities as functions of frequency and
year. They disagree, most of all about Cas A. The uncertainty of a flux is half the range of the
scales, as a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.sky import flux_scales
from lwacal.sky.flux_scales import SCALES, Spectrum


@dataclass(frozen=True)
class Direction:
    """An ICRS direction in radians."""

    ra_rad: float
    dec_rad: float


def direction(hours: tuple[int, int, float], degrees: tuple[int, int, float]) -> Direction:
    """Return a direction from hours, minutes, seconds and degrees, minutes, seconds."""
    ra = (hours[0] + hours[1] / 60 + hours[2] / 3600) * 15
    dec = abs(degrees[0]) + degrees[1] / 60 + degrees[2] / 3600
    dec = -dec if degrees[0] < 0 else dec
    return Direction(float(np.deg2rad(ra)), float(np.deg2rad(dec)))


POSITIONS = {
    "CygA": direction((19, 59, 28.356), (40, 44, 2.09)),
    "CasA": direction((23, 23, 24.0), (58, 48, 54.0)),
    "TauA": direction((5, 34, 31.94), (22, 0, 52.2)),
    "VirA": direction((12, 30, 49.42338), (12, 23, 28.0439)),
}


@dataclass(frozen=True)
class Expected:
    """Expected intrinsic flux density of a source: ``flux_jy`` (channel,), scale and warnings.

    ``uncertainty`` is half the range over the mean of the scales valid in the middle of the
    sub-band; None if only one is valid there.
    """

    flux_jy: np.ndarray
    scale: str
    uncertainty: float | None
    warnings: tuple[str, ...]


def flux_jy(scale: str, source: str, frequency_hz: np.ndarray, year: float) -> np.ndarray:
    """Return intrinsic flux densities (channel,) of a source on a scale, in Jy.

    ``year`` is decimal. Raises ValueError for an unknown scale, or a scale without the source.
    """
    return _spectrum(scale, source).flux_jy(frequency_hz, year)


def _spectrum(scale: str, source: str) -> Spectrum:
    if scale not in SCALES:
        raise ValueError(f"sky_model.flux_scale is '{scale}'; choose one of {', '.join(SCALES)}")
    if source not in SCALES[scale]:
        names = ", ".join(SCALES[scale])
        raise ValueError(f"the flux scale '{scale}' has no {source}, only {names}")
    return SCALES[scale][source]


def expected(scale: str, source: str, frequency_hz: np.ndarray, year: float) -> Expected:
    """Return the expected flux density of a source on a scale, and its uncertainty.

    If the scale lacks the source, the observatory's scale is used. Outside the valid frequencies
    the scale is extrapolated. Both give a warning.
    """
    warnings = []
    if source not in SCALES[scale]:
        warnings.append(
            f"the flux scale {scale} has no {source}: {flux_scales.DEFAULT} is used instead"
        )
        scale = flux_scales.DEFAULT
    spectrum = _spectrum(scale, source)
    if not spectrum.valid(frequency_hz).all():
        low, high = (limit / 1e6 for limit in spectrum.valid_hz)
        warnings.append(
            f"the flux scale {scale} is valid for {source} from {low:g} to {high:g} MHz only:"
            " extrapolated"
        )
    return Expected(
        spectrum.flux_jy(frequency_hz, year),
        scale,
        disagreement(source, frequency_hz, year),
        tuple(warnings),
    )


def disagreement(source: str, frequency_hz: np.ndarray, year: float) -> float | None:
    """Return half the range over the mean of the scales valid in the middle of the sub-band.

    None if fewer than two are valid there.
    """
    middle = np.array([np.mean(frequency_hz)])
    fluxes = [
        float(scale[source].flux_jy(middle, year)[0])
        for scale in SCALES.values()
        if source in scale and scale[source].valid(middle).all()
    ]
    if len(fluxes) < 2:
        return None
    return (max(fluxes) - min(fluxes)) / 2 / float(np.mean(fluxes))
