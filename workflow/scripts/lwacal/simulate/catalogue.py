"""Secondary sources in the sky of a simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lwacal.simulate.body import Body
from lwacal.simulate.effects import Effect
from lwacal.simulate.options import Simulation
from lwacal.sky.flux_scales import Spectrum
from lwacal.sky.secondary import SOURCES
from lwacal.telescope import site


def secondary(options: Simulation, effect: Effect, mid_mjd_s: float) -> list[Body]:
    """Return the sources of `lwacal.sky.secondary` above the horizon.

    Their flux densities differ from the catalogue by random factors, the same at all frequencies.
    """
    draw = effect.generator(options.seed)
    factors = (1 + effect.number() * draw.normal(size=len(SOURCES))).clip(0)
    radec = np.array([[one.direction.ra_rad, one.direction.dec_rad] for one in SOURCES.values()])
    altitude_rad, _ = site.altitude_azimuth(radec[:, 0], radec[:, 1], mid_mjd_s)
    return [
        Body(name, (float(ra_rad), float(dec_rad)), _times(float(factor), one.spectrum))
        for (name, one), (ra_rad, dec_rad), factor, altitude in zip(
            SOURCES.items(), radec, factors, altitude_rad
        )
        if altitude > 0
    ]


def _times(factor: float, spectrum: Spectrum) -> Callable[[np.ndarray, float], np.ndarray]:
    return lambda frequency_hz, year: factor * spectrum.flux_jy(frequency_hz, year)
