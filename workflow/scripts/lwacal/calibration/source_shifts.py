"""Apparent shifts of sources over all sub-bands, and what the gains of each sub-band took of them.

Rule bandpass measures shifts s of sources k in integrations t in each sub-band b, but gains take up
what sources have in common, so that only differences are known. With all shifts scaled to 40 MHz,

    s_bkt = a_kt - m_b,

where a is the shift of the source, the same in all sub-bands if it follows nu^-2, and m the phase
plane that the gains of the sub-band hold. Likewise the bends of shifts over the array, and the
curvature that gains hold. Sub-bands need not have the same sources; all m are known but for a
constant (lwacal.calibration.shift_fit), which clock-TEC separation finds
(lwacal.calibration.tec_screen).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.calibration import shift_fit
from lwacal.calibration.path_forms import N_FORMS, PLANE
from lwacal.records.bandpass import BandpassRecord, FittedSky

REFERENCE_HZ = 40e6
WORDS = ("east", "north")


@dataclass(frozen=True)
class Shifts:
    """Shifts at 40 MHz in arcmin, as direction cosines to the east and to the north, and bends.

    Last axes of 5 are the shift to the east and to the north, in arcmin, and the bend, factors of
    e^2, e n and n^2 in arcmin/km. ``shift`` and ``error`` (source, integration, 5), NaN where
    unknown; ``chi2`` and ``freedom`` (source,) test by the stated errors whether shifts follow
    nu^-2; ``excess`` (2,) is the rms of the shifts beyond their errors that does not. ``offset``
    (sub-band, 5) are planes and curvatures in gains relative to the usual ones, zero where nothing
    is known; ``error_of_gains`` (sub-band, 5) is how well the sub-band tells them.
    ``held_weight`` (source,) is the weight of a source in what gains hold, on average.
    """

    sources: list[str]
    integrations: list[int]
    shift: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    freedom: np.ndarray
    excess: np.ndarray
    offset: np.ndarray
    error_of_gains: np.ndarray
    held_weight: np.ndarray


def combine(summaries: Sequence[BandpassRecord]) -> Shifts:
    """Return the shifts of sources from the records of all sub-bands."""
    skies = [summary.get("sky") for summary in summaries]
    sources = list(dict.fromkeys(name for sky in skies if sky for name in sky["sources"]))
    integrations = sorted({scan for sky in skies if sky for scan in sky["integrations"]})
    shape = (len(summaries), len(sources), len(integrations))
    values, weights = np.zeros((2, *shape, N_FORMS))
    held = np.zeros(shape)
    for number, sky in enumerate(skies):
        if sky:
            _fill(sky, sources, integrations, values[number], weights[number], held[number])
    fits = [shift_fit.fit(values[..., form], weights[..., form]) for form in range(N_FORMS)]

    def of_forms(name: str) -> np.ndarray:
        return np.stack([getattr(one, name) for one in fits], axis=-1)

    return Shifts(
        sources,
        integrations,
        of_forms("shift"),
        of_forms("error"),
        of_forms("chi2")[..., PLANE].sum(axis=-1),
        of_forms("freedom")[..., PLANE].sum(axis=-1),
        of_forms("excess")[PLANE],
        of_forms("offset"),
        of_forms("error_of_gains"),
        held.sum(axis=(0, 2)) / max(float(held.sum()), 1e-300),
    )


def _fill(
    sky: FittedSky,
    sources: Sequence[str],
    integrations: Sequence[int],
    values: np.ndarray,
    weights: np.ndarray,
    held: np.ndarray,
) -> None:
    """Put the shifts of a sub-band and their weights, (source, integration, form), in place.

    ``held`` (source, integration) are the weights of the means.
    """
    scale = (sky["frequency_hz"] / REFERENCE_HZ) ** 2
    rows = np.array([sources.index(name) for name in sky["sources"]], int)
    columns = np.array([integrations.index(scan) for scan in sky["integrations"]], int)
    place = np.ix_(rows, columns)
    record: Mapping[str, list[list[float | None]]] = sky  # type: ignore[assignment]
    shift, error = (
        np.concatenate(
            [
                np.stack([np.array(record[name.format(word)], float) for word in WORDS], axis=-1),
                np.array(record[bend], float),
            ],
            axis=-1,
        )
        * scale
        for name, bend in (
            ("shift_{}_arcmin", "bend_arcmin_per_km"),
            ("shift_{}_err_arcmin", "bend_err_arcmin_per_km"),
        )
    )
    known = np.isfinite(shift) & (error > 0)
    values[place] = np.where(known, shift, 0)
    weights[place] = np.where(known, 1 / np.where(known, error, 1) ** 2, 0)
    held[place] = np.array(sky["held_weight"])[:, None] / len(columns)
