"""Gains of real visibilities at 27 to 30 MHz, with and without the Galaxy in the model."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from lwacal.calibration import stefcal
from lwacal.io import ms_reader
from lwacal.sky import beam, predict, sources
from lwacal.sky.galaxy import DiffuseSky
from lwacal.sky.galaxy_map import GalaxyMap
from lwacal.telescope import site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

TWENTY = "20180326_185404_27MHz_20ant_casa.ms.tar.gz"
MEMO178 = {"model": "memo178", "x_azimuth_deg": 0.0, "file": ""}
CHANNELS = slice(4, None, 8)


@dataclass
class Real:
    """Visibilities (2, channel, row) of 20 antennas, their lengths, and models without Galaxy."""

    data: np.ndarray
    antenna1: np.ndarray
    antenna2: np.ndarray
    length_lambda: np.ndarray
    a_team: predict.FactoredModel
    galaxy: predict.Diffuse

    def residual(self, model, shortest_lambda):
        """Data and what a model leaves of them, both over the gains: (2, channel, row)."""
        number = max(self.antenna2) + 1
        visibilities = model.visibilities(self.antenna1, self.antenna2).astype(complex)
        used = self.length_lambda >= shortest_lambda
        left, gained = np.zeros((2, *self.data.shape), complex)
        for pol in (0, 1):
            a, b = np.zeros((2, self.data.shape[1], number, number), complex)
            a[:, self.antenna1, self.antenna2] = self.data[pol] * visibilities[pol].conj() * used
            b[:, self.antenna1, self.antenna2] = np.abs(visibilities[pol]) ** 2 * used
            a, b = a + a.conj().swapaxes(1, 2), (b + b.swapaxes(1, 2)).real
            gain = stefcal.solve(a, b).gain
            product = gain[:, self.antenna1] * gain[:, self.antenna2].conj()
            left[pol] = self.data[pol] - product * visibilities[pol]
            gained[pol] = product
        return self.data / np.abs(gained), left / np.abs(gained)


@pytest.fixture(scope="module")
def real(unpack_real):
    path = unpack_real(TWENTY)
    (item,) = ms_reader.iterate_integrations(path, ("DATA",))
    cross = item.antenna1 != item.antenna2
    numbers, rows = np.unique([item.antenna1[cross], item.antenna2[cross]], return_inverse=True)
    first, second = rows.reshape(2, -1)
    frequency_hz = ms_reader.read_channels(path)[0][CHANNELS]
    positions_m = ms_reader.read_antennas(path).positions_m[numbers]
    centre = ms_reader.read_field(path)
    data = item.columns["DATA"][cross][:, CHANNELS, ::3].transpose(2, 1, 0)
    length_m = np.linalg.norm(positions_m[first] - positions_m[second], axis=1)
    year = float(site.astropy_time(item.mjd_s).decimalyear)
    radec = np.array([[place.ra_rad, place.dec_rad] for place in sources.POSITIONS.values()])
    flux_jy = np.array(
        [
            sources.expected("ovro2023", name, frequency_hz, year).flux_jy
            for name in sources.POSITIONS
        ]
    )
    where = site.altitude_azimuth(radec[:, 0], radec[:, 1], item.mjd_s)
    x_beam, y_beam = beam.power("memo178", frequency_hz, *where)
    a_team = predict.factor_by_antenna(
        positions_m,
        frequency_hz,
        item.mjd_s,
        radec,
        flux_jy * x_beam,
        flux_jy * y_beam,
        [None] * len(radec),
        centre,
    )
    sky = DiffuseSky(GalaxyMap.read(), positions_m, frequency_hz, MEMO178, 30.0)
    return Real(
        data.astype(complex),
        first,
        second,
        length_m * frequency_hz.mean() / SPEED_OF_LIGHT_M_S,
        a_team,
        sky.at(item.mjd_s, centre),
    )


def share(residual, data, rows):
    return (np.abs(residual[..., rows]) ** 2).sum() / (np.abs(data[..., rows]) ** 2).sum()


def test_galaxy_explains_most_of_what_the_a_team_leaves(real):
    """All baselines are below 10 wavelengths, where the Galaxy is as bright as the A-team."""
    both = replace(real.a_team, diffuse=real.galaxy)
    everything = np.full(len(real.length_lambda), True)
    shares = {}
    for name, model in (("A-team", real.a_team), ("both", both)):
        data, left = real.residual(model, 0.0)
        size = np.abs(real.data) / np.abs(data)  # as measured, before the gains are divided out
        shares[name] = share(left * size, real.data, everything)
    assert 0.5 < shares["A-team"] < 0.65
    assert 0.1 < shares["both"] < 0.25


@pytest.mark.parametrize(("low", "high", "most"), [(2, 3, 0.3), (3, 5, 0.7), (5, 10, 0.7)])
def test_galaxy_lowers_the_residual_at_each_length(real, low, high, most):
    """Gains from baselines of 2 wavelengths and more; shorter ones couple their antennas."""
    here = (real.length_lambda >= low) & (real.length_lambda < high)
    assert here.sum() > 30
    without, with_galaxy = (
        share(*real.residual(model, 2.0)[::-1], here)
        for model in (real.a_team, replace(real.a_team, diffuse=real.galaxy))
    )
    assert with_galaxy < most * without


@pytest.mark.parametrize("factor", [0.5, 1.6])
def test_brightness_of_the_map_is_right(real, factor):
    """With the A-team at its expected flux density, the map fits best as it is."""
    here = (real.length_lambda >= 2) & (real.length_lambda < 5)
    scaled = replace(real.a_team, diffuse=real.galaxy, diffuse_factor=factor)
    as_it_is = replace(scaled, diffuse_factor=1.0)
    other, mine = (share(*real.residual(model, 2.0)[::-1], here) for model in (scaled, as_it_is))
    assert mine < other
