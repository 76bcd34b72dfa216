"""The Sun and Jupiter at their places."""

from __future__ import annotations

import numpy as np
from astropy.coordinates import GCRS, SkyCoord, get_body

from lwacal.simulate.body import Body
from lwacal.simulate.effects import Effect
from lwacal.simulate.options import Simulation
from lwacal.telescope import site

PIVOT_HZ = 50e6
# The quiet Sun: 2 kJy at 30 MHz and 15 kJy at 80 MHz (Erickson et al. 1977, Sol. Phys. 54, 57)
QUIET_JY, QUIET_INDEX = 5.7e3, 2.05
DIAMETER_DEG, DIAMETER_INDEX = 0.9, -0.4  # at 50 MHz; the corona is larger at low frequencies
ACTIVE_JY, ACTIVE_RANGE = 175e3, (0.57, 1.43)  # 100 to 250 kJy
ACTIVE_DIAMETER_DEG, ACTIVE_OFFSET_DEG = 0.15, 0.2
BURST_CUTOFF_HZ, BURST_EDGE_HZ = 38e6, 0.7e6  # no burst exceeds 39.5 MHz (Zarka et al. 2004)
BURST_CIRCULAR = 0.8
KJY = 1e3


def place(name: str, mjd_s: float) -> tuple[float, float]:
    """Return where a body of the solar system appears, as an ICRS direction in radians.

    A source at infinity in this direction is seen from the array where the body is: light time and
    parallax are included.
    """
    time = site.astropy_time(mjd_s)
    apparent = get_body(name, time, site.location())
    frame = GCRS(
        obstime=time, obsgeoloc=apparent.frame.obsgeoloc, obsgeovel=apparent.frame.obsgeovel
    )
    far = SkyCoord(apparent.ra, apparent.dec, frame=frame)
    direction = far.transform_to("icrs")
    return float(direction.ra.rad), float(direction.dec.rad)


def sun(options: Simulation, effect: Effect, mid_mjd_s: float) -> list[Body]:
    """Return the disk of the quiet Sun, and for an active one its compact source."""
    centre = place("sun", mid_mjd_s)
    active = effect.word(0) == "active"
    given_jy = effect.number(1) * KJY
    quiet_jy = QUIET_JY if active or not given_jy else given_jy

    def quiet(frequency_hz: np.ndarray, year: float) -> np.ndarray:
        return quiet_jy * (frequency_hz / PIVOT_HZ) ** QUIET_INDEX

    def diameter_rad(frequency_hz: np.ndarray) -> np.ndarray:
        return np.deg2rad(DIAMETER_DEG) * (frequency_hz / PIVOT_HZ) ** DIAMETER_INDEX

    bodies = [Body("Sun", centre, quiet, diameter_rad)]
    if active:
        bodies.append(_active_region(options, effect, centre, given_jy or ACTIVE_JY))
    return bodies


def _active_region(
    options: Simulation, effect: Effect, centre: tuple[float, float], flux_jy: float
) -> Body:
    draw = effect.generator(options.seed)
    angle = draw.uniform(0, 2 * np.pi)
    offset = np.deg2rad(ACTIVE_OFFSET_DEG)
    radec = (
        centre[0] + offset * float(np.cos(angle)) / float(np.cos(centre[1])),
        centre[1] + offset * float(np.sin(angle)),
    )
    return Body(
        "SunActive",
        radec,
        lambda frequency_hz, year: np.full(len(frequency_hz), flux_jy),
        lambda frequency_hz: np.full(len(frequency_hz), np.deg2rad(ACTIVE_DIAMETER_DEG)),
        variation=draw.uniform(*ACTIVE_RANGE, options.n_integrations),
    )


def jupiter(options: Simulation, effect: Effect, mid_mjd_s: float) -> list[Body]:
    """Return Jupiter during a burst, whose strength varies between integrations."""
    draw = effect.generator(options.seed)
    burst_jy = effect.number() * KJY

    def flux_jy(frequency_hz: np.ndarray, year: float) -> np.ndarray:
        edge = (frequency_hz - BURST_CUTOFF_HZ) / BURST_EDGE_HZ
        return burst_jy / (1 + np.exp(np.minimum(edge, 50)))

    return [
        Body(
            "Jupiter",
            place("jupiter", mid_mjd_s),
            flux_jy,
            circular=BURST_CIRCULAR,
            variation=draw.exponential(size=options.n_integrations),
        )
    ]
