"""Fits what sub-bands say of one form of the shifts: of that to the east, for example.

A sub-band b measures s_bkt = a_kt - m_b of source k in integration t. Its fit holds a weighted mean
of s at zero, so that m_b, what the gains took up, is the same mean of a. With equal weights in all
sub-bands all m are equal; else they follow from the a that all sub-bands measure together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csgraph


@dataclass(frozen=True)
class FormFit:
    """The fit of one form.

    ``shift`` and ``error`` (source, integration) are a, relative to the usual m, NaN where unknown;
    ``chi2`` and ``freedom`` (source,) by the stated errors; ``excess`` is the rms beyond these.
    ``offset`` (sub-band,) is m relative to the usual one, and ``error_of_gains`` how well the mean
    that it is can be known; zero and NaN for sub-bands that are not compared.
    """

    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: np.ndarray
    excess: float
    offset: np.ndarray
    error_of_gains: np.ndarray


def fit(values: np.ndarray, weights: np.ndarray, held: np.ndarray) -> FormFit:
    """Fit values (sub-band, source, integration).

    ``weights`` alike are one over the variances, zero where unknown; ``held`` alike are those of
    the means, of sum one. Where residuals of a source exceed the errors, all its errors are larger
    by one factor (Birge 1932, Physical Review 40, 207).
    """
    total = weights.sum(axis=0)
    share = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    measured = (share * values).sum(axis=0)
    linked = _largest_group(share)
    offset = _offsets(measured, share, held, linked)
    moved = values + offset[:, None, None]
    shift = (share * moved).sum(axis=0)
    residual = weights * (moved - shift) ** 2
    chi2 = residual.sum(axis=(0, 2))
    freedom = np.maximum((weights > 0).sum(axis=0) - 1, 0).sum(axis=1)
    factor = np.maximum(chi2 / np.maximum(freedom, 1), 1)[:, None]
    known = total > 0
    variance = np.divide(factor, weights, out=np.zeros_like(weights), where=weights > 0)
    of_gains = np.sqrt((held**2 * variance).sum(axis=(1, 2)))
    beyond = max(float(chi2.sum() - freedom.sum()), 0) / max(float(weights.sum()), 1e-300)
    return FormFit(
        np.where(known, shift, np.nan),
        np.where(known, np.sqrt(factor / np.where(known, total, 1)), np.nan),
        chi2,
        freedom,
        float(np.sqrt(beyond)),
        offset,
        np.where(linked, of_gains, np.nan),
    )


def _offsets(
    measured: np.ndarray, share: np.ndarray, held: np.ndarray, linked: np.ndarray
) -> np.ndarray:
    """Return m of the linked sub-bands relative to the usual one, zero for others, (sub-band,).

    A shift is a = measured + sum over sub-bands of share m, and m of a sub-band is the sum of held
    a; it is known but for a constant.
    """
    offset = np.zeros(len(held))
    if linked.any():
        flat_held, flat_share = (part[linked].reshape(linked.sum(), -1) for part in (held, share))
        unlike = flat_held - flat_held.mean(axis=0)
        matrix = np.eye(len(unlike)) - unlike @ flat_share.T
        offset[linked] = np.linalg.lstsq(matrix, unlike @ measured.ravel(), rcond=1e-9)[0]
        offset[linked] -= np.median(offset[linked])
    return offset


def _largest_group(share: np.ndarray) -> np.ndarray:
    """Return the largest group of sub-bands that measure the same shifts, (sub-band,) bool.

    Nothing is known of a single sub-band relative to others.
    """
    there = (share > 0).reshape(len(share), -1)
    _, group = csgraph.connected_components(there.astype(int) @ there.T.astype(int))
    count = np.bincount(group)
    largest = int(np.argmax(count))
    return (group == largest) & (count[largest] > 1) & there.any(axis=1)
