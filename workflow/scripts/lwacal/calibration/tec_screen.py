"""Clock-TEC separation: the dispersive phase plane in the gains, and the instrument.

The phase of an antpol is phi_0 + 2 pi nu tau of the instrument and, of the ionosphere, 8.45e9 rad T
/ nu with the electron column T in TECU (van Weeren et al. 2016, ApJS 223, 2; de Gasperin et al.
2019, A&A 622, A5). All three are fitted to each antpol. Its instrument is not exactly a straight
line, so that a single T means little; but over the array the ionosphere is a plane of T, with some
curvature, and the instrument is not. T also follows the delay of a cable, because a cable disperses
in proportion to its length (skin effect), and differs between kinds of cables: both are fitted with
the plane. Errors follow from the scatter of the antennas about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lwacal.calibration import antpol_columns
from lwacal.calibration.antpol_columns import Columns, Phases
from lwacal.calibration.path_forms import N_FORMS, forms
from lwacal.runtime.robust import MAD_SIGMA
from lwacal.telescope.antennas import on_fibre
from lwacal.telescope.constants import TECU_M_HZ2, TECU_RAD_HZ

REFERENCE_HZ = 40e6
ARCMIN = np.rad2deg(1) * 60
SHIFT_ARCMIN = 1e-3 * TECU_M_HZ2 / REFERENCE_HZ**2 * ARCMIN  # at 40 MHz, per TECU/km: 866
RADII_KM = (0.12, 0.4, 0.8, np.inf)  # first, antennas whose lines the ionosphere hardly bends
FEWEST_NEAR = 12
ROUNDS = 10
CLIP_SIGMA = 4.0
FEWEST_OF_A_KIND = 6  # antpols with the same cable, for an offset and a slope of their own
FEWEST_ANTENNAS = 8


@dataclass(frozen=True)
class Screen:
    """A plane of electron column over the array, and its curvature.

    ``value`` (5,) are the gradient to the east and to the north in TECU/km, and the curvature,
    factors of e^2, e n and n^2 in TECU/km^2; ``covariance`` (5, 5); ``scatter_tecu`` that of
    antpols about it; ``n_antpols`` used.
    """

    value: np.ndarray
    covariance: np.ndarray
    scatter_tecu: float
    n_antpols: int

    @property
    def gradient(self) -> np.ndarray:
        """The gradient, (2,)."""
        return self.value[:2]

    @property
    def error(self) -> np.ndarray:
        """The standard errors, (5,)."""
        return np.sqrt(np.diagonal(self.covariance))

    def with_covariance(self, more: np.ndarray) -> Screen:
        """Return the screen with one more cause of errors, (5, 5)."""
        return replace(self, covariance=self.covariance + more)

    def expected(self, usual: np.ndarray) -> Screen:
        """Return the screen to be expected, where the values usually have the rms ``usual`` (5,).

        Between nothing and what was measured: the mean of the posterior distribution, which is
        closer to the truth on average than either (Gelman et al. 2013, Bayesian Data Analysis,
        chapter 2).
        """
        prior = np.diag(usual**2)
        share = prior @ np.linalg.inv(self.covariance + prior)
        return replace(self, value=share @ self.value, covariance=share @ self.covariance)

    def tecu(self, place_km: np.ndarray) -> np.ndarray:
        """Return the column at places (antenna, 2) east and north, relative to the centre."""
        return column(place_km, self.value)


def column(place_km: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the column in TECU, (antenna,), of a plane with curvature; see `Screen`."""
    return np.asarray(forms(place_km) @ value)


def phase(tecu: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return the advance of phase, (antenna, channel) rad, of columns (antenna,)."""
    return np.asarray(np.multiply.outer(tecu, TECU_RAD_HZ / frequency_hz))


def separate(phases: Phases, place_km: np.ndarray, names: Sequence[str]) -> list[Screen | None]:
    """Return the screens from all antpols, from X and from Y; None where antennas are too few.

    ``phases`` of antpols; ``place_km`` (antenna, 2) east and north; ``names`` of the antennas.
    """
    distance = np.linalg.norm(place_km, axis=1)
    order = np.sort(distance)
    fibre = np.array([on_fibre(name) for name in names])
    expected = np.zeros(len(names))
    for radius in RADII_KM:
        some = distance <= max(radius, order[min(FEWEST_NEAR, len(order)) - 1])
        columns = antpol_columns.fit(phases.of(some), expected[some])
        if some.all():
            break
        plane = fit(columns, place_km[some], fibre[some], curved=False)
        expected = expected if plane is None else plane.tecu(place_km)
    return [fit(columns, place_km, fibre, pols) for pols in ((0, 1), (0,), (1,))]


def fit(
    columns: Columns,
    place_km: np.ndarray,
    fibre: np.ndarray,
    polarizations: Sequence[int] = (0, 1),
    curved: bool = True,
) -> Screen | None:
    """Fit a plane and, if ``curved``, a curvature to the columns of antpols."""
    used = columns.known.copy()
    used[:, [pol for pol in (0, 1) if pol not in polarizations]] = False
    antenna, pol = np.nonzero(used)
    if len(set(antenna.tolist())) < FEWEST_ANTENNAS:
        return None
    nuisance = _nuisance(columns.delay_ns[antenna, pol], fibre[antenna], pol)
    number = N_FORMS if curved else 2
    design = np.hstack([forms(place_km[antenna])[:, :number], nuisance])
    kind = fibre[antenna].astype(int)
    found = _regress(design, columns.tecu[antenna, pol], antenna, kind)
    value, covariance = np.zeros(N_FORMS), np.zeros((N_FORMS, N_FORMS))
    value[:number] = found.value[:number]
    covariance[:number, :number] = found.covariance[:number, :number]
    return Screen(value, covariance, found.scatter, int(found.kept.sum()))


def _nuisance(delay_ns: np.ndarray, fibre: np.ndarray, pol: np.ndarray) -> np.ndarray:
    """Return a constant and the delay in microseconds, of each polarization and kind of cable."""
    made = []
    kinds = [fibre, ~fibre] if min(fibre.sum(), (~fibre).sum()) >= FEWEST_OF_A_KIND else [fibre | 1]
    for kind in kinds:
        here = kind.astype(bool)
        made += [(here & (pol == number)).astype(float) for number in np.unique(pol[here])]
        delay = np.where(here, delay_ns - np.median(delay_ns[here]), 0) / 1e3
        if here.sum() >= FEWEST_OF_A_KIND:
            made.append(delay)
    return np.column_stack(made)


@dataclass(frozen=True)
class _Regression:
    value: np.ndarray
    covariance: np.ndarray
    kept: np.ndarray
    scatter: float


def _regress(
    design: np.ndarray, value: np.ndarray, antenna: np.ndarray, kind: np.ndarray
) -> _Regression:
    """Fit by least squares without outliers; the kinds of antennas have scatters of their own.

    The covariance is that of the jackknife, leaving out X and Y of one antenna at a time (Efron
    1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 3): some outriggers
    decide much of a gradient.
    """
    kept = np.ones(len(value), bool)
    sigma = np.ones(len(value))
    for _ in range(ROUNDS):
        weight = np.where(kept, 1 / sigma, 0)
        found = np.linalg.lstsq(design * weight[:, None], value * weight, rcond=None)[0]
        left = value - design @ found
        sigma = _scatter_by_kind(left, kept, kind)
        again = np.abs(left) < CLIP_SIGMA * sigma
        if (again == kept).all():
            break
        kept = again
    weight = np.where(kept, 1 / sigma, 0)
    covariance = _jackknife(design * weight[:, None], value * weight, antenna)
    return _Regression(found, covariance, kept, float(np.median(sigma)))


def _jackknife(design: np.ndarray, value: np.ndarray, antenna: np.ndarray) -> np.ndarray:
    """Return the covariance of a fit from those without one antenna."""
    size = np.sqrt((design**2).sum(axis=0))
    unit = design / np.where(size > 0, size, 1)
    shape = (antenna.max() + 1, unit.shape[1])
    own, pull = np.zeros((*shape, shape[1])), np.zeros(shape)
    np.add.at(own, antenna, unit[:, :, None] * unit[:, None, :])
    np.add.at(pull, antenna, unit * value[:, None])
    there = own.any(axis=(1, 2))
    matrix = own.sum(axis=0) - own[there] + 1e-9 * np.eye(shape[1])
    fits = np.linalg.solve(matrix, (pull.sum(axis=0) - pull[there])[..., None])[..., 0]
    away = (fits - fits.mean(axis=0)) / np.where(size > 0, size, np.inf)
    number = len(fits)
    return np.asarray(away.T @ away * (number - 1) / number)


def _scatter_by_kind(left: np.ndarray, kept: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Return the robust scatter of each value's kind, (value,)."""
    sigma = np.zeros(len(left))
    for number in np.unique(kind):
        mine = kind == number
        spread = MAD_SIGMA * np.median(np.abs(left[mine & kept] if (mine & kept).any() else left))
        sigma[mine] = spread
    return np.maximum(sigma, 1e-12 + 1e-6 * np.abs(left).max())
