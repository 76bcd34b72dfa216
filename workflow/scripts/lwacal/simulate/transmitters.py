"""Interference: television, FM, short waves, meteors, satellites, power lines, near sources.

Transmitters on the sky or the horizon send plane waves, near ones spherical waves. They are
polarized; flux densities are what a dipole receives, in Jy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lwacal.simulate.effects import Effect, find
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.simulate.truth import channel_width_hz
from lwacal.telescope import geometry, site
from lwacal.telescope.phasors import antenna_phasors

KJY = 1e3
FAR_M = 1e7
PILOTS_HZ = tuple(edge + 309.44e3 for edge in (54e6, 60e6, 66e6, 76e6, 82e6))
CHANNEL_3_HZ = (60e6, 66e6)
FM_EDGE_HZ, FM_FALL_HZ = 88e6, 0.5e6
# Radio Regulations: broadcast bands of 21, 19, 16, 15, 13 and 11 m
BROADCAST_HZ = (
    (13.57e6, 13.87e6),
    (15.1e6, 15.83e6),
    (17.48e6, 17.9e6),
    (18.9e6, 19.02e6),
    (21.45e6, 21.85e6),
    (25.67e6, 26.1e6),
)
BUSY = 1 / 3
STARLINK_HZ, ORBIT_RAD_S = (54e6, 66e6), np.deg2rad(0.5)
POWER_LINE_M, POWER_LINE_HZ, POWER_LINE_INDEX = 5e3, 50e6, -1.0


@dataclass(frozen=True)
class Wave:
    """A wave at the array: where it comes from, and the flux density (channel,) in Jy.

    ``distance_m`` is that of the transmitter; ``altitude_rad`` and ``azimuth_rad`` its direction.
    """

    flux_jy: np.ndarray
    azimuth_rad: float
    altitude_rad: float = 0.0
    distance_m: float = FAR_M


def waves(night: Observation, exposure: Exposure) -> list[Seen]:
    """Return the transmitters that are received in an exposure as the antennas see them."""
    found = []
    for name, make in MADE.items():
        effect = find(night.options.effects, name)
        if effect is None:
            continue
        # what belongs to a transmitter is the same in all exposures
        lasting = effect.generator(night.options.seed)
        wave = make(night, exposure, effect, lasting)
        if wave is not None and wave.flux_jy.any():
            found.append(_seen(night, exposure, wave, lasting.uniform(0, np.pi)))
    return found


def _seen(night: Observation, exposure: Exposure, wave: Wave, angle_rad: float) -> Seen:
    """Return a linearly polarized wave with its E vector at an angle between X and Y."""
    horizontal = np.cos(wave.altitude_rad)
    direction = np.array(
        [
            horizontal * np.sin(wave.azimuth_rad),
            horizontal * np.cos(wave.azimuth_rad),
            np.sin(wave.altitude_rad),
        ]
    )
    enu_m = night.enu_m
    if wave.distance_m == FAR_M:
        path_m, amplitude = enu_m @ direction, np.ones(len(enu_m))
    else:
        away_m = np.linalg.norm(wave.distance_m * direction - enu_m, axis=1)
        path_m, amplitude = wave.distance_m - away_m, wave.distance_m / away_m.clip(1)
    centre_m = geometry.path_m(night.positions_m, *exposure.field_radec, exposure.mid_mjd_s)
    phasors = amplitude[:, None] * antenna_phasors(path_m - centre_m, exposure.frequency_hz)
    x, y = np.cos(angle_rad), np.sin(angle_rad)
    return Seen(
        phasors.astype(np.complex64),
        np.stack([wave.flux_jy * x**2, wave.flux_jy * y**2], axis=-1).astype(np.float32),
        cross_jy=wave.flux_jy * x * y,
    )


def _share(night: Observation, hz: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Return the fraction of each channel that lies between two frequencies, (channel,)."""
    half = channel_width_hz(night.options) / 2
    overlap = np.minimum(hz + half, high_hz) - np.maximum(hz - half, low_hz)
    return np.asarray(overlap.clip(0) / (2 * half))


def _carriers(night: Observation, hz: np.ndarray, at_hz: np.ndarray) -> np.ndarray:
    """Return 24 kHz over the channel width for each carrier in a channel, (channel,)."""
    width_hz = channel_width_hz(night.options)
    inside = np.abs(hz[:, None] - at_hz) <= width_hz / 2
    return np.asarray(inside.sum(axis=1) * site.CHANNEL_WIDTH_HZ / width_hz)


def _tv(night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator) -> Wave:
    carriers = _carriers(night, exposure.frequency_hz, np.array(PILOTS_HZ))
    return Wave(effect.number() * KJY * carriers, draw.uniform(0, 2 * np.pi))


def _fm(night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator) -> Wave:
    below = (exposure.frequency_hz - FM_EDGE_HZ) / FM_FALL_HZ
    return Wave(effect.number() * KJY * np.exp(below.clip(-50, 0)), draw.uniform(0, 2 * np.pi))


def _hf(night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator) -> Wave:
    """Broadcasts by way of the ionosphere; which stations are on changes between integrations."""
    now = effect.generator(night.options.seed, exposure.integration)
    at_hz = np.concatenate(
        [
            low + (high - low) * now.random(max(1, int(BUSY * (high - low) / 10e3)))
            for low, high in BROADCAST_HZ
        ]
    )
    carriers = _carriers(night, exposure.frequency_hz, at_hz) * now.exponential()
    altitude_rad = np.deg2rad(draw.uniform(10, 40))
    return Wave(effect.number() * KJY * carriers, draw.uniform(0, 2 * np.pi), altitude_rad)


def _meteor(
    night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator
) -> Wave | None:
    """One integration has it."""
    when = draw.integers(1, night.options.n_integrations + 1)
    azimuth_rad, altitude_rad = draw.uniform(0, 2 * np.pi), np.deg2rad(draw.uniform(30, 70))
    if when != exposure.integration:
        return None
    inside = _share(night, exposure.frequency_hz, *CHANNEL_3_HZ)
    return Wave(effect.number() * KJY * inside, azimuth_rad, altitude_rad)


def _satellite(
    night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator
) -> Wave | None:
    """It rises in some direction, passes and sets, half a degree per second."""
    azimuth_rad, start_rad = draw.uniform(0, 2 * np.pi), np.deg2rad(draw.uniform(20, 90))
    along = start_rad + ORBIT_RAD_S * night.options.interval_s * (exposure.integration - 1)
    if along > np.pi:
        return None
    inside = _share(night, exposure.frequency_hz, *STARLINK_HZ)
    if along > np.pi / 2:
        azimuth_rad, along = azimuth_rad + np.pi, np.pi - along
    return Wave(effect.number() * KJY * inside, azimuth_rad, along)


def _power_line(
    night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator
) -> Wave:
    spectrum = (exposure.frequency_hz / POWER_LINE_HZ) ** POWER_LINE_INDEX
    azimuth_rad = np.deg2rad(effect.number(1))
    return Wave(effect.number() * KJY * spectrum, azimuth_rad, distance_m=POWER_LINE_M)


def _near_field(
    night: Observation, exposure: Exposure, effect: Effect, draw: np.random.Generator
) -> Wave:
    flux_jy = np.full(len(exposure.frequency_hz), effect.number() * KJY)
    return Wave(flux_jy, draw.uniform(0, 2 * np.pi), distance_m=effect.number(1))


Maker = Callable[[Observation, Exposure, Effect, np.random.Generator], Wave | None]
MADE: Mapping[str, Maker] = {
    "tv": _tv,
    "fm": _fm,
    "hf": _hf,
    "meteor": _meteor,
    "satellite": _satellite,
    "power_line": _power_line,
    "near_field": _near_field,
}
