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

MAP_ERROR = 0.15  # maps differ by 10 to 20 %: Dowell et al. 2017, MNRAS 469, 4537


def factors(band: SubBand, diffuse_factor: float = 1.0) -> np.ndarray | None:
    """Return factors of the weights that follow the noise, (baseline,); None to change none.

    They are 1 / (1 + n r), with n integrations and r the expected power of what the model lacks
    over that of the noise in one integration and channel. ``diffuse_factor`` is that of the
    diffuse sky over its model.
    """
    diffuse = band.sky().galaxy
    if not isinstance(diffuse, DiffuseSky):
        return None
    observation = band.manifest["observation"]
    mjd_s = observation["mid_mjd_s"]
    try:
        confusion = diffuse_power.confusion(diffuse, mjd_s)
    except ValueError as problem:
        logger.info(f"{band.name}: {problem}; weights follow the noise alone")
        return None
    power_jy = diffuse_power.antenna_jy(diffuse, mjd_s)
    power_jy = power_jy + diffuse_power.receiver_jy(band.frequency_hz, band.model["beam"])
    noise = np.mean(power_jy) ** 2 / (band.channel_width_hz * observation["integration_s"])
    _, _, length = uv_range.baselines_of_array(band.manifest, band.name)
    error = np.where(length <= diffuse.longest_lambda, MAP_ERROR, 1.0)
    lacking = (error * diffuse_factor * confusion.at(length)) ** 2
    return 1 / (1 + observation["n_integrations"] * lacking / noise)
