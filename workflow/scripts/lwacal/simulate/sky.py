"""The sources of a simulated observation: A-team, random faint ones, and those of effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lwacal.simulate import catalogue, solar_system
from lwacal.simulate.body import Body
from lwacal.simulate.effects import Effect, find
from lwacal.simulate.options import Simulation
from lwacal.sky import beam, sources
from lwacal.telescope import site

FAINTEST_JY, BRIGHTEST_JY = 3.0, 50.0  # of faint sources, at 50 MHz
SPECTRAL_INDEX = -0.75


@dataclass(frozen=True)
class Sky:
    """Sources: names, ICRS directions (source, 2) in radians, faint sources' flux at 50 MHz.

    ``bodies`` are the sources that effects have added, by name.
    """

    names: list[str]
    radec: np.ndarray
    faint_jy: np.ndarray  # (source,), NaN for others
    bodies: Mapping[str, Body] = field(default_factory=dict)


ADDED: Mapping[str, Callable[[Simulation, Effect, float], list[Body]]] = {
    "3c": catalogue.secondary,
    "sun": solar_system.sun,
    "jupiter": solar_system.jupiter,
}


def draw_sky(options: Simulation, mid_mjd_s: float) -> Sky:
    """Return the sources of options and effects, and random faint ones above 20 degrees."""
    draw = np.random.default_rng([options.seed, 2])
    positions = [sources.POSITIONS[name] for name in options.sources]
    radec = [[position.ra_rad, position.dec_rad] for position in positions]
    names = list(options.sources)
    faint = [np.nan] * len(names)
    zenith_ra, _ = site.zenith(mid_mjd_s)
    while len(names) < len(options.sources) + options.n_faint:
        ra = (zenith_ra + draw.uniform(-np.pi, np.pi)) % (2 * np.pi)
        dec = np.arcsin(draw.uniform(-1, 1))
        altitude, _ = site.altitude_azimuth(ra, dec, mid_mjd_s)
        if altitude > np.deg2rad(20):
            names.append(f"faint{len(names) - len(options.sources) + 1:03d}")
            radec.append([ra, dec])
            # the source counts of a Euclidean universe, N(>S) proportional to S^-1.5
            ratio = (BRIGHTEST_JY / FAINTEST_JY) ** -1.5
            faint.append(FAINTEST_JY * (1 - draw.random() * (1 - ratio)) ** (-1 / 1.5))
    bodies = {
        body.name: body
        for name, add in ADDED.items()
        if (effect := find(options.effects, name)) is not None
        for body in add(options, effect, mid_mjd_s)
    }
    names += bodies
    radec += [list(body.radec) for body in bodies.values()]
    faint += [np.nan] * len(bodies)
    return Sky(names, np.array(radec).reshape(-1, 2), np.array(faint), bodies)


def intrinsic_jy(
    sky: Sky, options: Simulation, frequency_hz: np.ndarray, mjd_s: float
) -> np.ndarray:
    """Return intrinsic flux densities (source, channel) in Jy."""
    year = float(site.astropy_time(mjd_s).decimalyear)
    rows = []
    for name, faint_jy in zip(sky.names, sky.faint_jy):
        if name in sky.bodies:
            rows.append(sky.bodies[name].flux_jy(frequency_hz, year))
        elif np.isnan(faint_jy):
            rows.append(sources.flux_jy(options.flux_scale, name, frequency_hz, year))
        else:
            rows.append(faint_jy * (frequency_hz / 50e6) ** SPECTRAL_INDEX)
    return np.array(rows).reshape(len(sky.names), len(frequency_hz))


def beams(
    sky: Sky, options: Simulation, frequency_hz: np.ndarray, mjd_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the power beams of X and Y towards the sources, each (source, channel)."""
    if not sky.names:
        return np.zeros((0, len(frequency_hz))), np.zeros((0, len(frequency_hz)))
    altitude, azimuth = site.altitude_azimuth(sky.radec[:, 0], sky.radec[:, 1], mjd_s)
    return beam.power(options.beam, frequency_hz, altitude, azimuth, options.x_azimuth_deg)
