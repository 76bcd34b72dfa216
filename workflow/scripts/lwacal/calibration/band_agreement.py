"""Whether the phases of a sub-band agree with those of all the others.

The phases of each antpol are fitted to the other sub-bands (lwacal.calibration.antpol_columns) and
continued to this one. A sub-band whose gains took one source for another differs by a phase plane
of tens of degrees, which is many beams. As it spoils the fit of the others, the one without which
the others fit best is left out first, and these are compared again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.calibration import antpol_columns
from lwacal.calibration.antpol_columns import Phases
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.phase_plane import efficiency, phase_plane

FEWEST_BANDS = 3
NEAR_KM = 0.3
FEWEST_NEAR, MOST_NEAR = 12, 90
FEWEST_ANTENNAS = 5
LEAST_SIGMA = 5.0
NARROW_HZ = 0.3e6  # either side of the middle
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


def compare(phases: Phases, place_km: np.ndarray, n_bands: int) -> list[Agreement]:
    """Return the agreement of each sub-band; ``place_km`` (antenna, 2) are east and north."""
    distance = np.linalg.norm(place_km, axis=1)
    order = np.sort(distance)
    near = np.flatnonzero(distance <= max(NEAR_KM, order[min(FEWEST_NEAR, len(order)) - 1]))
    near = near[:: -(-len(near) // MOST_NEAR)]
    some, place = phases.of(near), place_km[near]
    length_m = 2e3 * float(np.quantile(distance, 0.95))
    found: dict[int, Agreement] = {}
    apart: list[int] = []
    while True:
        rest = some.without(apart)
        bands = sorted(set(rest.band.tolist()))
        if len(bands) < FEWEST_BANDS:
            break
        compared = {band: _of_band(rest, band, place, length_m) for band in bands}
        if all(one.agrees is not False for one, _ in compared.values()):
            found |= {band: one for band, (one, _) in compared.items()}
            break
        unlike = [band for band, (one, _) in compared.items() if not one.agrees]
        worst = max(unlike, key=lambda band: compared[band][1])
        found[worst] = compared[worst][0]
        apart.append(worst)
    return [found.get(number, Agreement.unknown()) for number in range(n_bands)]


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
    planes = [
        plane
        for pol in (0, 1)
        if (plane := _plane(left[..., pol], fitted.known[:, pol], place_km, own.frequency_hz))
    ]
    if not planes:
        return Agreement.unknown(), fits
    slopes, variances = zip(*planes)
    offset = np.mean(slopes, axis=0) * ARCMIN
    error = np.sqrt(np.sum(variances, axis=0)) / len(planes) * ARCMIN
    hz = float(own.frequency_hz.mean())
    beam = SPEED_OF_LIGHT_M_S / hz / length_m * ARCMIN
    limit = max(beam, UNMODELLED_ARCMIN * (40e6 / hz) ** 2 if few else 0.0)
    distance = float(np.hypot(*offset))
    away = distance > limit and distance > LEAST_SIGMA * float(np.hypot(*error))
    return Agreement(offset, error, distance / beam, not away), fits


def _plane(
    left: np.ndarray, known: np.ndarray, place_km: np.ndarray, frequency_hz: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the slopes (2,) in radians and their variances; None if no plane fits.

    ``left`` (antenna, block) are phasors times weights. The plane of a swap turns by more than one
    turn over a sub-band at antennas far out: it is searched for in the middle of the sub-band, and
    then corrected with all of it.
    """
    middle = float(frequency_hz.mean())
    within = np.abs(frequency_hz - middle) <= max(NARROW_HZ, np.abs(frequency_hz - middle).min())
    metres = 1e3 * place_km
    slope = np.zeros(2)
    for some in (within, np.ones(len(frequency_hz), bool)):
        turns = np.multiply.outer(metres @ slope, frequency_hz[some] / SPEED_OF_LIGHT_M_S)
        ratio = (left[:, some] * np.exp(-2j * np.pi * turns)).sum(axis=1)
        used = known & (np.abs(ratio) > 0)
        if used.sum() < FEWEST_ANTENNAS:
            return None
        ratio = ratio[used] / np.abs(ratio[used])
        wave = 2 * np.pi * middle / SPEED_OF_LIGHT_M_S * metres[used]
        step = phase_plane(ratio, wave, middle)
        slope = slope + step
    straight = ratio * np.exp(-1j * wave @ step)
    if efficiency(straight) < ENOUGH:
        return None
    phase = np.angle(straight * np.conj(straight.sum()))
    design = wave - wave.mean(axis=0)
    noise = float((phase**2).sum()) / max(len(phase) - 3, 1)
    return slope, noise * np.diagonal(np.linalg.inv(design.T @ design))


def disagreeing(found: Sequence[Agreement]) -> list[int]:
    """Return the numbers of the sub-bands that do not agree."""
    return [number for number, one in enumerate(found) if one.agrees is False]
