"""Smearing against averages of visibilities over instants and fine channels."""

import numpy as np

from lwacal.telescope import geometry, site
from seen_sources import effects, exposure, observation, seen


def rows(source, first, second):
    data = np.zeros((len(first), source.phasors.shape[1], 4), np.complex64)
    source.add(data, first, second)
    return data[..., 0] / source.flux_jy[:, 0]


def test_smearing_is_the_average_over_time_and_channel():
    night = observation(n_antennas=32, effects=effects("smearing"), sources=("CygA",))
    first, second = np.triu_indices(32, 1)
    shot = exposure(night, "78MHz")
    found = rows(seen(night, "78MHz")["CygA"], first, second)
    still = rows(
        seen(observation(n_antennas=32, sources=("CygA",)), "78MHz")["CygA"], first, second
    )
    total, count = 0, 0
    centre_m = geometry.path_m(night.positions_m, *shot.field_radec, shot.mid_mjd_s)
    for second_s in (np.arange(20) + 0.5) / 20 * night.options.interval_s:
        mjd_s = shot.mid_mjd_s - night.options.interval_s / 2 + second_s
        path_m = geometry.path_m(night.positions_m, *night.sky.radec[0], mjd_s) - centre_m
        for offset_hz in ((np.arange(8) + 0.5) / 8 - 0.5) * site.CHANNEL_WIDTH_HZ:
            turns = np.outer(path_m, (shot.frequency_hz + offset_hz) / 2.99792458e8)
            phasors = np.exp(2j * np.pi * turns)
            total = total + phasors[first] * phasors[second].conj()
            count += 1
    assert np.abs(found - total / count).max() < 5e-3
    assert np.abs(found).min() < 0.9  # the longest baselines lose
    assert np.abs(np.abs(still) - 1).max() < 1e-4


def test_the_loss_grows_with_the_baseline():
    night = observation(n_antennas=64, effects=effects("smearing"), sources=("CygA",))
    first, second = np.triu_indices(64, 1)
    left = np.abs(rows(seen(night, "78MHz")["CygA"], first, second))[:, 0]
    metres = np.linalg.norm(night.enu_m[first] - night.enu_m[second], axis=1)
    assert left[metres < 200].min() > 0.995
    assert left[metres > 1500].mean() < 0.95
