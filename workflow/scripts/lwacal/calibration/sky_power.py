"""The scale of fluxes by which the autocorrelations are the power of sky and receivers."""

from __future__ import annotations

import numpy as np

from lwacal.calibration import flux_anchor
from lwacal.calibration.flux_anchor import Scale
from lwacal.calibration.sky_fit import SkyFit
from lwacal.calibration.sky_sample import SkySample
from lwacal.calibration.sub_band import SubBand
from lwacal.ingest import autocorrelations
from lwacal.sky import diffuse_power, sky_model
from lwacal.sky.galaxy import DiffuseSky

LIKE_THE_MAP = (0.5, 2.0)  # the diffuse emission on this scale; beyond, the map is not of this sky


def scale(band: SubBand, sample: SkySample, fit: SkyFit) -> Scale | None:
    """Return the factor on the fluxes of a fit that autocorrelations ask for.

    None without a map of the diffuse sky, if the diffuse emission is not that of the map, or
    without autocorrelations.
    """
    sky = band.sky().galaxy
    if not isinstance(sky, DiffuseSky):
        return None
    record = autocorrelations.read(band.powers)
    used = np.isin(record["scan"], [one.scan for one in sample.integrations])
    power = record["power"][used][:, sample.antennas][:, :, sample.channels].astype(float)
    gain_power = np.abs(fit.gain.transpose(2, 1, 0)) ** 2
    power_jy = np.full(gain_power.shape, np.nan)
    there = (power > 0).all(axis=0) & (gain_power > 0)
    np.divide(np.median(power, axis=0), gain_power, out=power_jy, where=there)
    if not there.any():
        return None
    expected = expected_jy(band, sky)[sample.channels]
    offset = fit.state.offset(sample.frequency_hz)
    found = flux_anchor.of_powers(power_jy, expected, offset, fit.state.half)
    low, high = LIKE_THE_MAP
    return found if low < fit.state.diffuse * found.factor < high else None


def expected_jy(band: SubBand, sky: DiffuseSky) -> np.ndarray:
    """Return the power of diffuse sky, sources and receiver in a dipole, (channel, 2), in Jy."""
    mjd_s = band.manifest["observation"]["mid_mjd_s"]
    power = diffuse_power.antenna_jy(sky, mjd_s)
    power = power + diffuse_power.receiver_jy(band.frequency_hz, band.model["beam"])
    _, xx, yy = sky_model.model_fluxes(band.model, band.name)
    return (power + np.stack([xx.sum(axis=0), yy.sum(axis=0)])).T
