"""The width of an active region on the Sun, which no model knows.

Scattered in the corona, such a region is some arcminutes wide, and may be a hundred times as bright
as the calibrators: long baselines resolve it. Its width is that with which the sky fits best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from lwacal.calibration import sky_search
from lwacal.calibration.sky_sample import SampledIntegration, SkySample
from lwacal.calibration.sky_state import SkyState
from lwacal.records.sky_model import Source
from lwacal.sky.predict import FactoredModel
from lwacal.sky.widened_shape import WidenedShape
from lwacal.telescope import geometry

NAME = "SunActive"
WIDTHS_ARCMIN = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)  # FWHM
EXACT_ARCMIN = 0.1


@dataclass(frozen=True)
class ActiveRegion:
    """A source of the model by its number, where the model has it, and its FWHM in arcmin."""

    source: int
    radec: tuple[float, float]
    fwhm_arcmin: float

    def uv_m(self, positions_m: np.ndarray, mjd_s: float) -> np.ndarray:
        """Return u and v of antennas towards it, (antenna, 2)."""
        return geometry.antenna_uvw_m(positions_m, *self.radec, mjd_s)[:, :2]

    def widen(
        self,
        seen: FactoredModel,
        positions_m: np.ndarray,
        frequency_hz: np.ndarray,
        mjd_s: float,
    ) -> FactoredModel:
        """Return a model in which the source has this width."""
        shapes, uv_m = list(seen.shapes), list(seen.uv_m)
        shapes[self.source] = WidenedShape(self.fwhm_arcmin, frequency_hz)
        uv_m[self.source] = self.uv_m(positions_m, mjd_s)
        return replace(seen, shapes=shapes, uv_m=uv_m)

    def widened(self, sample: SkySample, positions_m: np.ndarray) -> SkySample:
        """Return a sample in which the source has this width; ``positions_m`` of its antennas."""
        place = sample.free.tolist().index(self.source)
        shape = WidenedShape(self.fwhm_arcmin, sample.frequency_hz)
        first, second = sample.baselines.antenna1, sample.baselines.antenna2

        def wider(one: SampledIntegration) -> SampledIntegration:
            uv_m = self.uv_m(positions_m, one.mjd_s)
            shapes = list(one.shapes)
            shapes[place] = shape.at(uv_m[first] - uv_m[second]).real.T
            return replace(one, shapes=shapes)

        return replace(
            sample,
            integrations=[wider(one) for one in sample.integrations],
            suspects=[wider(one) for one in sample.suspects],
        )


def find(
    sample: SkySample,
    source: Source,
    positions_m: np.ndarray,
    state: SkyState,
    flux_sigma: np.ndarray,
    shift_sigma: np.ndarray,
    names: list[str],
    threads: int = 1,
) -> ActiveRegion | None:
    """Return the active region if it outshines the calibrators, else None.

    ``source`` of the sky model is one of the free sources ``names``; ``positions_m`` of the
    antennas of the sample; ``state`` the best start of sky_search.search; ``flux_sigma`` and
    ``shift_sigma`` as in sky_search.best_fit.
    """
    if not sky_search.outshone(sample, state):
        return None
    usual = flux_sigma, shift_sigma, threads
    *short_m, longest_m = sky_search.lengths_m(sample, state)
    for length_m in short_m:
        state = sky_search.within(sample, length_m, state, *usual).state
    number = int(sample.free[names.index(source["name"])])
    radec = source["ra_rad"], source["dec_rad"]

    def cost(fwhm_arcmin: float) -> float:
        one = ActiveRegion(number, radec, fwhm_arcmin).widened(sample, positions_m)
        return sky_search.within(one, longest_m, state, *usual).cost

    return ActiveRegion(number, radec, best_width(cost))


def best_width(cost: Callable[[float], float]) -> float:
    """Return the FWHM in arcmin with the least cost, which is a function of it."""
    costs = [cost(width) for width in WIDTHS_ARCMIN]
    best = int(np.argmin(costs))
    low, high = max(best - 1, 0), min(best + 1, len(costs) - 1)
    bounds = WIDTHS_ARCMIN[low], WIDTHS_ARCMIN[high]
    found = minimize_scalar(
        cost, bounds=bounds, method="bounded", options={"xatol": EXACT_ARCMIN, "maxiter": 8}
    )
    return float(found.x) if found.fun < costs[best] else WIDTHS_ARCMIN[best]
