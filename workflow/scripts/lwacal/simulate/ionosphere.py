"""Refraction, and a screen with a travelling disturbance and turbulence.

The phase velocity in a plasma exceeds that of light. An electron column of T (per m^2) therefore
advances the phase by 2 pi 40.31 T / (c nu) radians (Thompson, Moran & Swenson 2017, section 14.1),
which is 8.45e9 / (nu/Hz) radians per TECU. As phasors are exp(+2 pi i nu/c x.s), an advance is
positive: an antenna under more electrons seems to be nearer to the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen, correlated
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S, TECU_RAD_HZ

REFRACTION_HZ = 40e6
DRIFT_S = 600.0
SCREEN_M, EARTH_M = 300e3, 6371e3
WAVE_M_S, WIND_M_S = 200.0, 100.0  # Hernandez-Pajares et al. 2006: waves of 100 to 400 m/s
DIFFRACTIVE_HZ = 150e6
LARGEST_M, SMALLEST_M, MODES = 10000e3, 300.0, 1200
# of the integral of (1 - J0(x)) x^(-8/3), between a structure function and its spectrum
KOLMOGOROV = 1.118


class Refraction:
    """Shifts of sources, east and north in arcmin at 40 MHz, (integration, source, 2)."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        shape = (len(night.mid_mjd_s), len(night.sky.names), 2)
        draw = effect.generator(night.options.seed)
        drift = correlated(draw, shape, night.options.interval_s, DRIFT_S)
        self.shift_arcmin = effect.number() / np.sqrt(2) * drift
        self._night = night

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Multiply by exp(2 pi i nu/c x.ds), with ds ~ nu^-2."""
        if seen.source < 0:
            return
        uv_m = self._night.uvw_m(seen.source, exposure.mid_mjd_s)[:, :2]
        shift_rad = np.deg2rad(self.shift_arcmin[exposure.integration - 1, seen.source] / 60)
        turns = np.outer(
            uv_m @ shift_rad, REFRACTION_HZ**2 / exposure.frequency_hz / SPEED_OF_LIGHT_M_S
        )
        seen.multiply(np.exp(2j * np.pi * turns))

    def truth(self) -> dict[str, np.ndarray]:
        """Return the shifts."""
        return {"refraction_arcmin": self.shift_arcmin}


@dataclass(frozen=True)
class Screen:
    """Waves of electron column (TECU) that travel over the array.

    ``wave_rad_m`` (wave, 2) east and north, ``amplitude_tecu``, ``phase_rad`` and ``rad_s``
    (wave,).
    """

    wave_rad_m: np.ndarray
    amplitude_tecu: np.ndarray
    phase_rad: np.ndarray
    rad_s: np.ndarray

    def tecu(self, place_m: np.ndarray, time_s: float) -> np.ndarray:
        """Return the vertical electron column at places (place, 2) on the screen."""
        angle = place_m @ self.wave_rad_m.T + self.phase_rad - self.rad_s * time_s
        return np.cos(angle) @ self.amplitude_tecu


def turbulence(draw: np.random.Generator, diffractive_scale_m: float) -> Screen:
    """Draw a screen with the structure function of Kolmogorov turbulence.

    The mean square of the phase difference at 150 MHz is 1 rad^2 at the diffractive scale and grows
    as distance^(5/3), between 0.3 and some 1000 km.
    """
    radian_tecu = TECU_RAD_HZ / DIFFRACTIVE_HZ
    strength = (diffractive_scale_m ** (-5 / 6) / radian_tecu) ** 2  # TECU^2 per m^(5/3)
    edges = np.geomspace(2 * np.pi / LARGEST_M, 2 * np.pi / SMALLEST_M, MODES + 1)
    wave = np.sqrt(edges[1:] * edges[:-1])
    # structure function 4 pi integral of (1 - J0(k r)) F(k) k dk, F = B k^(-11/3)
    spectrum = strength / (4 * np.pi * KOLMOGOROV) * wave ** (-11 / 3)
    variance = 2 * np.pi * wave * np.diff(edges) * spectrum
    angle = draw.uniform(0, 2 * np.pi, MODES)
    vectors = wave[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    wind = draw.uniform(0, 2 * np.pi)
    rad_s = WIND_M_S * vectors @ np.array([np.cos(wind), np.sin(wind)])
    return Screen(vectors, np.sqrt(2 * variance), draw.uniform(0, 2 * np.pi, MODES), rad_s)


def pierce_m(enu_m: np.ndarray, direction_enu: np.ndarray) -> tuple[np.ndarray, float]:
    """Return where lines of sight of antennas (antenna, 3) pierce the screen, and their slant.

    The places (antenna, 2) are east and north along the ground, in metres; the slant column is the
    vertical one times the slant, 1 / cos of the zenith angle at the screen.
    """
    sine = np.hypot(direction_enu[0], direction_enu[1])
    at_screen = np.arcsin(sine * EARTH_M / (EARTH_M + SCREEN_M))
    distance = EARTH_M * (np.arcsin(sine) - at_screen)
    towards = direction_enu[:2] / sine if sine > 0 else np.zeros(2)
    return enu_m[:, :2] + distance * towards, float(1 / np.cos(at_screen))


class Disturbance:
    """A travelling disturbance with turbulence; the slant columns that antennas see, in TECU."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        amplitude, wavelength_km, scale_km = (effect.number(index) for index in range(3))
        draw = effect.generator(night.options.seed)
        towards = draw.uniform(0, 2 * np.pi)
        wave = 2 * np.pi / (wavelength_km * 1e3)
        vector = wave * np.array([[np.cos(towards), np.sin(towards)]])
        screens = [
            Screen(
                vector,
                np.array([amplitude]),
                draw.uniform(0, 2 * np.pi, 1),
                np.array([wave * WAVE_M_S]),
            ),
            turbulence(draw, scale_km * 1e3),
        ]
        times = night.mid_mjd_s - night.mid_mjd_s[0]
        enu_m = night.enu_m
        columns = np.zeros((len(times), len(night.sky.names), len(enu_m)))
        for integration, time_s in enumerate(times):
            for source in range(len(night.sky.names)):
                direction = night.direction_enu(source, night.mid_mjd_s[integration])
                if direction[2] > 0:
                    place, slant = pierce_m(enu_m, direction)
                    columns[integration, source] = slant * sum(
                        screen.tecu(place, time_s) for screen in screens
                    )
        self.tec_tecu = columns

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Advance the phase by 8.45e9 rad TEC / nu."""
        if seen.source < 0:
            return
        column = self.tec_tecu[exposure.integration - 1, seen.source]
        seen.multiply(np.exp(1j * np.outer(column, TECU_RAD_HZ / exposure.frequency_hz)))

    def truth(self) -> dict[str, np.ndarray]:
        """Return the columns, (integration, source, antenna)."""
        return {"tec_tecu": self.tec_tecu}
