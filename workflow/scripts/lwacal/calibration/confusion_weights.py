"""Lower weights of short baselines, where the model of the diffuse sky is not good enough.

A visibility differs from the model by thermal noise and by what the model lacks: maps of the
diffuse sky are good to some 15 %, and beyond the longest baseline of their model all of it is
missing. The noise averages out over integrations, the rest does not. The best weight is one over
the sum of both variances.
"""

from __future__ import annotations

import logging

import numpy as np

from lwacal.calibration import uv_range
from lwacal.calibration.sub_band import SubBand
from lwacal.sky import diffuse_power
from lwacal.sky.galaxy import DiffuseSky

logger = logging.getLogger(__name__)

ANTENNAS = 128  # are enough to tell the power on baselines by their length
MAP_ERROR = 0.15  # maps differ by 10 to 20 %: Dowell et al. 2017, MNRAS 469, 4537


def factors(lacking: np.ndarray, diffuse_factor: float = 1.0) -> np.ndarray:
    """Return factors of the weights that follow the noise, (baseline,).

    ``lacking`` is that of `lacking_over_noise`; ``diffuse_factor`` is that of the diffuse sky over
    its model.
    """
    return 1 / (1 + diffuse_factor**2 * lacking)


def lacking_over_noise(band: SubBand) -> np.ndarray:
    """Return the expected power of what the model lacks over that of the noise, (baseline,).

    Of the noise of one channel in all integrations together. Zero without a model of the diffuse
    sky.
    """
    _, _, length = uv_range.baselines_of_array(band.manifest, band.name)
    diffuse = band.sky().galaxy
    if not isinstance(diffuse, DiffuseSky):
        return np.zeros(len(length))
    some = diffuse.of_array(diffuse.positions_m[:: len(diffuse.positions_m) // ANTENNAS + 1])
    observation = band.manifest["observation"]
    mjd_s = observation["mid_mjd_s"]
    try:
        confusion = diffuse_power.confusion(some, mjd_s)
    except ValueError as problem:
        logger.info(f"{band.name}: {problem}; weights follow the noise alone")
        return np.zeros(len(length))
    power_jy = diffuse_power.antenna_jy(some, mjd_s)
    power_jy = power_jy + diffuse_power.receiver_jy(band.frequency_hz, band.model["beam"])
    noise = np.mean(power_jy) ** 2 / (band.channel_width_hz * observation["integration_s"])
    error = np.where(length <= diffuse.longest_lambda, MAP_ERROR, 1.0)
    return (error * confusion.at(length)) ** 2 * observation["n_integrations"] / noise
