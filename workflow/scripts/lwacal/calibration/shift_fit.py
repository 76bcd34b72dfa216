"""Fits what sub-bands say of one form of the shifts: of that to the east, for example.

A sub-band b measures s_bkt = a_kt - m_b of source k in integration t, where m_b is what its gains
took up. Least squares gives all m but for a constant. A source low in the sky, or one that hardly
shines, may be elsewhere in each sub-band by far more than its errors: it then counts for less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csgraph

ROUNDS = 5  # of the factors on errors


@dataclass(frozen=True)
class FormFit:
    """The fit of one form.

    ``shift`` and ``error`` (source, integration) are a, relative to the usual m, NaN where unknown;
    ``chi2`` and ``freedom`` (source,) by the stated errors; ``excess`` is the rms beyond these.
    ``offset`` (sub-band,) is m relative to the usual one, and ``error_of_gains`` how well the
    sub-band tells it; zero and NaN for sub-bands that are not compared.
    """

    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: np.ndarray
    excess: float
    offset: np.ndarray
    error_of_gains: np.ndarray


def fit(values: np.ndarray, weights: np.ndarray) -> FormFit:
    """Fit values (sub-band, source, integration); ``weights`` alike are 1 / variance, or zero.

    Where residuals of a source exceed the errors, all its errors are larger by one factor (Birge
    1932, Physical Review 40, 207). The source that tells m takes degrees of freedom for it.
    """
    freedom = np.maximum((weights > 0).sum(axis=0) - 1, 0).sum(axis=1)
    n_planes = max(int((weights > 0).any(axis=(1, 2)).sum()) - 1, 0)
    factor = np.ones(values.shape[1])
    for _ in range(ROUNDS):
        now = _Solved.of(values, weights / factor[:, None])
        chi2 = (weights * (now.moved - now.shift) ** 2).sum(axis=(0, 2))
        telling = now.total.sum(axis=1) / max(float(now.total.sum()), 1e-300)
        left = np.maximum(freedom - n_planes * telling, freedom / 2)
        factor = np.maximum(chi2 / np.maximum(left, 1), 1)
    known = now.total > 0
    beyond = max(float(chi2.sum() - freedom.sum()), 0) / max(float(weights.sum()), 1e-300)
    return FormFit(
        np.where(known, now.shift, np.nan),
        np.where(known, 1 / np.sqrt(np.where(known, now.total, 1)), np.nan),
        chi2,
        freedom,
        float(np.sqrt(beyond)),
        now.offset,
        now.error_of_gains,
    )


@dataclass(frozen=True)
class _Solved:
    """The solution with given weights.

    ``moved`` are the values plus ``offset``, and ``total`` the weights, summed over sub-bands.
    """

    moved: np.ndarray
    shift: np.ndarray
    total: np.ndarray
    offset: np.ndarray
    error_of_gains: np.ndarray

    @staticmethod
    def of(values: np.ndarray, weights: np.ndarray) -> _Solved:
        """Solve for m, with a eliminated."""
        total = weights.sum(axis=0)
        share = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
        linked = _largest_group(share)
        offset, of_gains = np.zeros(len(values)), np.full(len(values), np.nan)
        if linked.any():
            left = (share * values).sum(axis=0) - values
            pull = (weights * left).sum(axis=(1, 2))[linked]
            flat_weights, flat_share = (
                part[linked].reshape(linked.sum(), -1) for part in (weights, share)
            )
            own = flat_weights.sum(axis=1)
            matrix = np.diag(own) - flat_weights @ flat_share.T
            unit = 1 / np.sqrt(own)
            scaled = matrix * np.outer(unit, unit)
            solution = unit * np.linalg.lstsq(scaled, unit * pull, rcond=1e-9)[0]
            offset[linked] = solution - np.median(solution)
            of_gains[linked] = unit
        moved = values + offset[:, None, None]
        return _Solved(moved, (share * moved).sum(axis=0), total, offset, of_gains)


def _largest_group(share: np.ndarray) -> np.ndarray:
    """Return the largest group of sub-bands that measure the same shifts, (sub-band,) bool.

    Nothing is known of a single sub-band relative to others.
    """
    there = (share > 0).reshape(len(share), -1)
    _, group = csgraph.connected_components(there.astype(int) @ there.T.astype(int))
    count = np.bincount(group)
    largest = int(np.argmax(count))
    return (group == largest) & (count[largest] > 1) & there.any(axis=1)
