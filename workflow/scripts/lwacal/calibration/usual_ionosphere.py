"""How strong the ionosphere in the gains is likely to be, before it is measured there.

The places of sources relative to each other are known much better than the plane that all share.
Where sources do not move against each other, the ionosphere is calm, and a plane that is found is
likely to be noise. Column and shift grow with the path through the ionosphere, and are compared as
if sources were at the zenith.
"""

from __future__ import annotations

import numpy as np

from lwacal.calibration.path_forms import BEND, N_FORMS, PLANE
from lwacal.calibration.source_shifts import Shifts
from lwacal.calibration.tec_screen import SHIFT_ARCMIN
from lwacal.records.sky_model import SkyModelRecord

SCREEN_KM, EARTH_KM = 300.0, 6371.0
# rms over that of differences between sources and integrations. Gradients are also common to the
# whole sky: waves are hundreds of kilometres long, and lines of sight some hundred kilometres apart
MEAN_OVER_DIFFERENCES = 1.5
# in arcmin at 40 MHz, and arcmin/km: the least, and usual ones where differences are unknown
CALM = ((PLANE, 0.05), (BEND, 0.01))
USUAL = ((PLANE, 3.0), (BEND, 0.6))
FEWEST_SHIFTS = 2
ENOUGH = 1.0  # shifts that are known much better than to this (arcmin, arcmin/km) count alike


def tecu(shifts: Shifts, model: SkyModelRecord) -> np.ndarray:
    """Return the rms to be expected of gradient (TECU/km) and curvature (TECU/km^2), (5,)."""
    by_name = {source["name"]: source for source in model["sources"]}
    sources = [by_name[name] for name in shifts.sources]
    slants = slant(np.array([source["altitude_deg"] for source in sources]))
    of_gains = float(shifts.held_weight @ slants) if shifts.held_weight.any() else 1.0
    elsewhere = [source["kind"] == "solar" for source in sources]  # active regions, say
    slants = np.where(elsewhere, np.nan, slants)
    expected = np.zeros(N_FORMS)
    for (forms, calm), (_, usual) in zip(CALM, USUAL):
        strength = differences(shifts, forms, slants)
        known = np.isfinite(strength)
        expected[forms] = max(MEAN_OVER_DIFFERENCES * strength if known else usual, calm)
    return of_gains * expected / SHIFT_ARCMIN


def slant(altitude_deg: np.ndarray) -> np.ndarray:
    """Return the path through a thin ionosphere over that at the zenith."""
    at_screen = np.cos(np.deg2rad(altitude_deg)) * EARTH_KM / (EARTH_KM + SCREEN_KM)
    return np.asarray(1 / np.sqrt(1 - at_screen**2))


def differences(shifts: Shifts, forms: slice, slants: np.ndarray) -> float:
    """Return the rms of shifts or bends about their mean, in one component, as at the zenith.

    NaN with a single one. ``slants`` (source,) are those of the sources, NaN to leave one out.
    Errors are subtracted, and shifts count by their errors.
    """
    known = np.isfinite(shifts.shift).all(axis=2) & np.isfinite(slants)[:, None]
    if known.sum() < FEWEST_SHIFTS:
        return float("nan")
    path = np.broadcast_to(slants[:, None], known.shape)[known][:, None]
    shift = shifts.shift[known][:, forms] / path
    variance = (shifts.error[known][:, forms] / path) ** 2
    weight = 1 / (variance + ENOUGH**2)
    away = shift - (weight * shift).sum(axis=0) / weight.sum(axis=0)
    square = (weight * (away**2 - variance)).sum() / weight.sum() * len(away) / (len(away) - 1)
    return float(np.sqrt(max(square, 0.0)))
