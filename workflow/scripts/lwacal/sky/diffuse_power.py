"""The power of the diffuse sky: in a dipole, and on baselines by their length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwacal.sky import beam, healpix
from lwacal.sky.diffuse_baselines import polynomials
from lwacal.sky.galaxy import BOLTZMANN_JY_M2_K, DiffuseSky
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

RECEIVER_K = 250.0  # of the front end of an LWA dipole: Hicks et al. 2012, PASP 124, 1090
N_DIRECTIONS = 12 * 64**2  # equal solid angles over the sphere, for the integral of a beam
N_NODES = 3  # frequencies of a sub-band at which beams are integrated
N_LENGTHS = 16
SHORTEST_LAMBDA = 1.0
FEWEST_PAIRS = 10


def antenna_jy(sky: DiffuseSky, mjd_s: float) -> np.ndarray:
    """Return the power of the sky in X and Y dipoles, (2, channel), in Jy.

    This is the autocorrelation of a dipole of unit gain without sources and receiver, the integral
    of 2 k T B / lambda^2 over the sky.
    """
    few_hz = sky.baselines.sky_hz
    power = sky.seen(mjd_s).flux_jy(few_hz).sum(axis=0)
    return (polynomials(few_hz, sky.frequency_hz) @ power).T


def receiver_jy(frequency_hz: np.ndarray, dipole: Mapping[str, Any]) -> np.ndarray:
    """Return the power of the receiver's noise in X and Y dipoles, (2, channel), in Jy.

    It is 2 k 250 K / A, where the effective area A at the zenith is lambda^2 over the solid angle
    of the beam. ``dipole`` is section beam of the configuration as JSON.
    """
    kelvin_per_jy = beam_sr(frequency_hz, dipole) * (frequency_hz / SPEED_OF_LIGHT_M_S) ** 2
    return 2 * BOLTZMANN_JY_M2_K * RECEIVER_K * kelvin_per_jy


def beam_sr(frequency_hz: np.ndarray, dipole: Mapping[str, Any]) -> np.ndarray:
    """Return the solid angles of the power beams of X and Y, (2, channel).

    They are integrated at a few frequencies, between which they are polynomials.
    """
    few_hz = np.linspace(frequency_hz.min(), frequency_hz.max(), min(len(frequency_hz), N_NODES))
    azimuth, altitude = healpix.ring_centres(N_DIRECTIONS)
    up = altitude > 0
    powers = beam.power(
        dipole["model"],
        few_hz,
        altitude[up],
        azimuth[up],
        dipole["x_azimuth_deg"],
        dipole["file"],
    )
    solid_angles = np.stack(powers).sum(axis=1) * (4 * np.pi / N_DIRECTIONS)
    return solid_angles @ polynomials(few_hz, frequency_hz).T


@dataclass(frozen=True)
class Confusion:
    """Rms of the visibilities of the diffuse sky: ``rms_jy`` (length,) at ``length_lambda``."""

    length_lambda: np.ndarray
    rms_jy: np.ndarray

    def at(self, length_lambda: np.ndarray) -> np.ndarray:
        """Return the rms of XX or YY at lengths in wavelengths, of any shape, in Jy.

        Between the known lengths, and beyond the longest, it is a power law; below the shortest it
        is constant.
        """
        x, y = np.log(self.length_lambda), np.log(self.rms_jy)
        wanted = np.log(np.maximum(length_lambda, self.length_lambda[0]))
        octave = y[-1] - np.interp(x[-1] - np.log(2), x, y)
        return np.exp(np.interp(wanted, x, y) + octave / np.log(2) * np.maximum(wanted - x[-1], 0))


def confusion(sky: DiffuseSky, mjd_s: float) -> Confusion:
    """Return the rms of the visibilities of the diffuse sky by length of baseline.

    Raises ValueError for an array without enough baselines below the limit of the sky.
    """
    model = sky.at(mjd_s, (0.0, 0.0))
    length = np.outer(sky.baselines.node_hz, sky.baselines.length_m) / SPEED_OF_LIGHT_M_S
    power = (np.abs(model.nodes_jy) ** 2).mean(axis=0)
    edges = np.geomspace(SHORTEST_LAMBDA, length.max(initial=2 * SHORTEST_LAMBDA), N_LENGTHS + 1)
    number = np.searchsorted(edges, length)
    found = [
        (np.exp(np.log(length[mine]).mean()), np.sqrt(power[mine].mean()))
        for mine in (number == one for one in range(1, N_LENGTHS + 1))
        if mine.sum() >= FEWEST_PAIRS * len(length)
    ]
    if len(found) < 2:
        raise ValueError("too few short baselines to tell the power of the diffuse sky on them")
    return Confusion(*np.array(found).T)
