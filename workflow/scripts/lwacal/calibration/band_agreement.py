"""Whether the phases of a sub-band agree with those of all the others.

The phases of each antpol are fitted to the other sub-bands (lwacal.calibration.antpol_columns) and
continued to this one. A sub-band whose gains took one source for another differs by a phase plane
of tens of degrees, which is many beams. As it spoils the fit of the others, the one without which
the others fit best is left out first, and these are compared again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lwacal.calibration import antpol_columns, near_plane
from lwacal.calibration.antpol_columns import Phases
from lwacal.calibration.near_plane import Plane
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

FEWEST_BANDS = 3
MOST_NEAR = 90
LEAST_SIGMA = 5.0
ENOUGH = 0.5  # of the power of a beam on the plane, for it to be one
UNMODELLED_ARCMIN = 60.0  # at 40 MHz: where two other sub-bands do not tell T from the delay
COLUMN_TECU_KM = 0.017  # prior rms of T over the distance: 15 arcmin at 40 MHz
LEAST_KM = 0.03
ARCMIN = np.rad2deg(1) * 60


@dataclass(frozen=True)
class Agreement:
    """How far a sub-band is from the others.

    ``offset_arcmin`` and ``error_arcmin`` (2,) east and north at its own frequency; ``beams`` the
    distance in beams of the whole array; ``agrees`` None if it cannot be said.
    """

    offset_arcmin: np.ndarray
    error_arcmin: np.ndarray
    beams: float
    agrees: bool | None

    @staticmethod
    def unknown() -> Agreement:
        """Return the agreement of a sub-band that cannot be compared."""
        return Agreement(np.full(2, np.nan), np.full(2, np.nan), np.nan, None)


def judge(planes: Sequence[Plane], hz: float, length_m: float, least_arcmin: float) -> Agreement:
    """Return what planes of a sub-band at ``hz`` say.

    It disagrees if their mean is larger than a beam of an array of ``length_m``, than
    ``least_arcmin`` at 40 MHz, which scales as nu^-2, and than LEAST_SIGMA.
    """
    if not planes:
        return Agreement.unknown()
    offset = np.mean([one.slope for one in planes], axis=0) * ARCMIN
    error = np.sqrt(np.sum([one.variance for one in planes], axis=0)) / len(planes) * ARCMIN
    beam = SPEED_OF_LIGHT_M_S / hz / length_m * ARCMIN
    distance = float(np.hypot(*offset))
    limit = max(beam, least_arcmin * (40e6 / hz) ** 2)
    away = distance > limit and distance > LEAST_SIGMA * float(np.hypot(*error))
    return Agreement(offset, error, distance / beam, not away)


def compare(phases: Phases, place_km: np.ndarray, last: Sequence[Agreement]) -> list[Agreement]:
    """Return the agreement of each sub-band; ``place_km`` (antenna, 2) are east and north.

    ``last`` (sub-band,) says whether they agree with the last tables. Where that is known, it
    decides: ``agrees`` is taken from there, and sub-bands that do not agree are not compared with.
    """
    near = near_plane.near(place_km)
    near = near[:: -(-len(near) // MOST_NEAR)]
    some, place = phases.of(near), place_km[near]
    length_m = near_plane.length_m(place_km)
    found: dict[int, Agreement] = {}
    apart = disagreeing(last)
    while True:
        rest = some.without(apart)
        bands = sorted(set(rest.band.tolist()))
        if len(bands) < FEWEST_BANDS:
            break
        compared = {band: _of_band(rest, band, place, length_m) for band in bands}
        free = [band for band in bands if last[band].agrees is None]
        if all(compared[band][0].agrees is not False for band in free):
            found |= {band: one for band, (one, _) in compared.items()}
            break
        unlike = [band for band in free if not compared[band][0].agrees]
        worst = max(unlike, key=lambda band: compared[band][1])
        found[worst] = compared[worst][0]
        apart.append(worst)
    for band in disagreeing(last):
        rest = some.without([other for other in apart if other != band])
        if len(set(rest.band.tolist())) >= FEWEST_BANDS:
            found[band], _ = _of_band(rest, band, place, length_m)
    return [
        _decided(found.get(band, Agreement.unknown()), one.agrees) for band, one in enumerate(last)
    ]


def _decided(found: Agreement, agrees: bool | None) -> Agreement:
    return found if agrees is None else replace(found, agrees=agrees)


def _of_band(
    phases: Phases, band: int, place_km: np.ndarray, length_m: float
) -> tuple[Agreement, float]:
    """Return the agreement of a sub-band, and how well the others fit together."""
    others = phases.without([band])
    own = phases.without(sorted(set(others.band.tolist())))
    few = len(set(others.band.tolist())) < FEWEST_BANDS
    sigma = COLUMN_TECU_KM * np.maximum(np.linalg.norm(place_km, axis=1), LEAST_KM)
    fitted = antpol_columns.fit(others, sigma_tecu=sigma)
    fits = float(fitted.coherence[others.weight.any(axis=1)].mean())
    left = fitted.continued(own) * own.weight
    found = near_plane.of_both(left, fitted.known, place_km, own.frequency_hz)
    planes = [plane for plane in found if plane.power >= ENOUGH]
    hz = float(own.frequency_hz.mean())
    return judge(planes, hz, length_m, UNMODELLED_ARCMIN if few else 0.0), fits


def disagreeing(found: Sequence[Agreement]) -> list[int]:
    """Return the numbers of the sub-bands that do not agree."""
    return [number for number, one in enumerate(found) if one.agrees is False]
