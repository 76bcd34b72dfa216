"""Apparent shifts of sources over all sub-bands, and what the gains of each sub-band took of them.

Rule bandpass measures shifts s of sources k in integrations t in each sub-band b, but gains take up
what sources have in common, so that only differences are known. With all shifts scaled to 40 MHz,

    s_bkt = a_kt - m_b,

where a is the shift of the source, the same in all sub-bands if it follows nu^-2, and m the phase
plane that the gains of the sub-band hold. Sub-bands need not have the same sources; all m are known
but for a constant, which clock-TEC separation finds (lwacal.calibration.tec_screen).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.records.bandpass import BandpassRecord, FittedSky

REFERENCE_HZ = 40e6
PRIOR_ARCMIN = 60.0  # of the plane in the gains of a sub-band
SIGNIFICANT = 2.0  # sigma; a smaller plane is not taken out
LARGEST_EXCESS_ARCMIN = 100.0
HALVINGS = 30
FEWEST_SHIFTS = 2
STRENGTH_ARCMIN = 1.0  # shifts that are known much better count alike


@dataclass(frozen=True)
class Shifts:
    """Shifts at 40 MHz in arcmin, as direction cosines to the east and to the north.

    ``shift`` and ``error`` (source, integration, 2), NaN where unknown; ``chi2`` and ``freedom``
    (source,) test nu^-2 by the stated errors; ``excess`` (2,) is the rms of what does not follow
    it. ``offset`` and ``offset_error`` (sub-band, 2): planes in gains relative to the usual one,
    zero where not significant.
    """

    sources: list[str]
    integrations: list[int]
    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: np.ndarray
    excess: np.ndarray
    offset: np.ndarray
    offset_error: np.ndarray

    def strength(self) -> float:
        """Return the rms of the shifts about their mean, in one direction; NaN with a single one.

        Errors are subtracted, and shifts count by their errors.
        """
        known = np.isfinite(self.shift).all(axis=2)
        if known.sum() < FEWEST_SHIFTS:
            return float("nan")
        shift, variance = self.shift[known], self.error[known] ** 2
        weight = 1 / (variance + STRENGTH_ARCMIN**2)
        away = shift - (weight * shift).sum(axis=0) / weight.sum(axis=0)
        square = (weight * (away**2 - variance)).sum() / weight.sum() * len(away) / (len(away) - 1)
        return float(np.sqrt(max(square, 0.0)))


def combine(summaries: Sequence[BandpassRecord]) -> Shifts:
    """Return the shifts of sources from the records of all sub-bands."""
    skies = [summary.get("sky") for summary in summaries]
    sources = list(dict.fromkeys(name for sky in skies if sky for name in sky["sources"]))
    integrations = sorted({scan for sky in skies if sky for scan in sky["integrations"]})
    shape = (len(summaries), len(sources) * len(integrations))
    values, weights = np.zeros((2, *shape, 2))
    for number, sky in enumerate(skies):
        if sky:
            _fill(sky, sources, integrations, values[number], weights[number])
    pieces = [_Axis.fit(values[..., axis], weights[..., axis]) for axis in (0, 1)]
    places = (len(sources), len(integrations))
    shift, error = (
        np.stack([getattr(piece, name).reshape(places) for piece in pieces], axis=-1)
        for name in ("shift", "error")
    )
    offset, offset_error = (
        np.stack([getattr(piece, name) for piece in pieces], axis=-1)
        for name in ("offset", "offset_error")
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        small = ((offset / offset_error) ** 2).sum(axis=1) < SIGNIFICANT**2
    known = np.isfinite(offset_error).all(axis=1)
    return Shifts(
        sources,
        integrations,
        shift,
        error,
        sum(piece.chi2.reshape(places).sum(axis=1) for piece in pieces),
        sum(piece.freedom.reshape(places).sum(axis=1) for piece in pieces),
        np.array([piece.excess for piece in pieces]),
        np.where((small | ~known)[:, None], 0.0, offset),
        offset_error,
    )


def _fill(
    sky: FittedSky,
    sources: Sequence[str],
    integrations: Sequence[int],
    values: np.ndarray,
    weights: np.ndarray,
) -> None:
    """Put the shifts of a sub-band and their weights, (source x integration, 2), in place."""
    scale = (sky["frequency_hz"] / REFERENCE_HZ) ** 2
    rows = np.array([sources.index(name) for name in sky["sources"]], int)
    columns = np.array([integrations.index(scan) for scan in sky["integrations"]], int)
    place = np.add.outer(rows * len(integrations), columns)
    record: Mapping[str, list[list[float | None]]] = sky  # type: ignore[assignment]
    for axis, word in enumerate(("east", "north")):
        shift = np.array(record[f"shift_{word}_arcmin"], float) * scale
        error = np.array(record[f"shift_{word}_err_arcmin"], float) * scale
        known = np.isfinite(shift) & (error > 0)
        values[place, axis] = np.where(known, shift, 0)
        weights[place, axis] = np.where(known, 1 / np.where(known, error, 1) ** 2, 0)


@dataclass(frozen=True)
class _Axis:
    """The fit of one direction; arrays are (source x integration,), offsets (sub-band,)."""

    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: np.ndarray
    excess: float
    offset: np.ndarray
    offset_error: np.ndarray

    @staticmethod
    def fit(values: np.ndarray, weights: np.ndarray) -> _Axis:
        """Fit values (sub-band, source x integration) with weights of the same shape.

        What exceeds the errors is given to all values alike, as one more variance
        (DerSimonian & Laird 1986, Controlled Clinical Trials 7, 177).
        """
        stated = _Solved.of(values, weights)
        low, high = 0.0, LARGEST_EXCESS_ARCMIN**2
        for _ in range(HALVINGS if stated.too_large() else 0):
            middle = (low + high) / 2
            larger = _Solved.of(values, _with_excess(weights, middle)).too_large()
            low, high = (middle, high) if larger else (low, middle)
        variance = high if stated.too_large() else 0.0
        solved = _Solved.of(values, _with_excess(weights, variance))
        return _Axis(
            solved.shift,
            solved.error,
            stated.chi2,
            np.maximum((weights > 0).sum(axis=0) - 1, 0),
            float(np.sqrt(variance)),
            solved.offset,
            solved.offset_error,
        )


def _with_excess(weights: np.ndarray, variance: float) -> np.ndarray:
    return weights / (1 + weights * variance)


@dataclass(frozen=True)
class _Solved:
    """The solution of s = a - m by least squares, with given weights."""

    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: int
    offset: np.ndarray
    offset_error: np.ndarray

    @staticmethod
    def of(values: np.ndarray, weights: np.ndarray) -> _Solved:
        """Solve with the shifts eliminated from the equations of the planes."""
        total = weights.sum(axis=0)
        share = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
        matrix = np.diag(weights.sum(axis=1)) - weights @ share.T
        pull = (weights * ((share * values).sum(axis=0) - values)).sum(axis=1)
        covariance = np.linalg.inv(matrix + np.eye(len(matrix)) / PRIOR_ARCMIN**2)
        offset = covariance @ pull
        seen = (weights > 0).any(axis=1)
        usual = float(np.median(offset[seen])) if seen.any() else 0.0
        offset = np.where(seen, offset - usual, 0.0)
        projection = np.eye(len(offset)) - np.outer(np.ones(len(offset)), seen) / max(seen.sum(), 1)
        variance = np.diagonal(projection @ covariance @ projection.T)
        linked = seen & (np.diagonal(matrix) > 1e-9 * weights.sum(axis=1))
        moved = values + offset[:, None]
        shift = (share * moved).sum(axis=0)
        left = weights * (moved - shift) ** 2
        known = total > 0
        return _Solved(
            np.where(known, shift, np.nan),
            np.where(known, 1 / np.sqrt(np.where(known, total, 1)), np.nan),
            left.sum(axis=0),
            int((weights > 0).sum() - known.sum() - max(linked.sum() - 1, 0)),
            offset,
            np.where(linked, np.sqrt(np.maximum(variance, 0)), np.nan),
        )

    def too_large(self) -> bool:
        """Return whether residuals exceed their errors."""
        return self.freedom > 0 and float(self.chi2.sum()) > self.freedom
