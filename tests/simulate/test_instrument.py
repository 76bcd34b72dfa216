"""Echoes, filters, gain steps and saturation are in the gains of the data and of the truth."""

import numpy as np
import pytest

from lwacal.io import ms_reader
from lwacal.simulate import Simulation, instrument, simulate
from lwacal.telescope import site
from seen_sources import effects


def factor(*words, band="27MHz", number=40, channels=192):
    options = Simulation(bands=(band,), n_channels=channels, effects=effects(*words))
    return instrument.factors(options, number)[band]


def test_echoes_come_after_150_to_900_ns():
    """The transform of the gains over frequency shows one echo of each antpol."""
    gain = factor("echoes:0.05")
    hz = site.band_frequencies_hz("27MHz", 192)
    delays_s = np.arange(20e-9, 1500e-9, 5e-9)
    window = np.hanning(192)[:, None]
    kernel = window * np.exp(-2j * np.pi * np.outer(hz - hz[0], delays_s)) / window.sum()
    echo = np.abs(np.einsum("acp,cd->apd", gain - 1, kernel))
    assert echo.max(axis=-1) == pytest.approx(0.05, rel=0.02)
    found = delays_s[echo.argmax(axis=-1)]
    assert (found > 145e-9).all()
    assert (found < 905e-9).all()
    assert found.std() > 100e-9


def test_filters_are_steep_at_the_edges_and_flat_between():
    amplitude = np.abs(factor("filter_edges:8", band="18MHz"))
    hz = site.band_frequencies_hz("18MHz", 192)
    # the power is half at the edge, which differs by 2 %
    half = hz[np.abs(amplitude**2 - 0.5).argmin(axis=1)]
    assert half.mean() == pytest.approx(21e6, rel=0.02)
    assert half.std() > 1e5
    assert np.abs(factor("filter_edges:8", band="50MHz")) == pytest.approx(1, abs=0.01)
    assert np.abs(factor("filter_edges:8", band="82MHz")).min() < 0.8


def test_gain_steps_are_within_the_band_of_some_antpols():
    gain = factor("gain_steps:3").real
    stepped = (gain[:, -1] != gain[:, 0]).ravel()
    assert stepped.sum() == 3
    assert set(np.unique(gain)) == {1.0, 2.0}
    steps = (np.diff(gain, axis=1) != 0).sum(axis=1).ravel()
    assert steps[stepped].tolist() == [1, 1, 1]


def data_and_truth(folder, *words, **changes):
    options = Simulation(
        n_antennas=24,
        bands=("41MHz",),
        n_channels=4,
        n_integrations=1,
        noise_scale=0,
        effects=effects(*words),
        **changes,
    )
    place = simulate(options, folder / "raw")
    item = next(ms_reader.iterate_integrations(next((folder / "raw").iterdir())))
    with np.load(place / "truth.npz") as archive:
        return item, dict(archive)


def test_the_truth_has_the_gains_of_the_data(tmp_path):
    item, truth = data_and_truth(tmp_path / "a", "echoes", "gain_steps:5", "filter_edges")
    plain, before = data_and_truth(tmp_path / "b")
    first, second = item.antenna1, item.antenna2
    ratio = truth["gain_41MHz"] / before["gain_41MHz"]
    assert np.abs(ratio - 1).max() > 0.5
    expected = plain.columns["DATA"][..., 0] * (ratio[first] * ratio[second].conj())[..., 0]
    assert np.abs(item.columns["DATA"][..., 0] - expected).max() < 1e-4 * np.abs(expected).max()


def test_saturated_antennas_lose_gain_when_the_sun_is_bright(tmp_path):
    noon = "20240612_192500"
    sun = "sun:active:2000"
    item, truth = data_and_truth(tmp_path / "a", sun, "saturation:0.5", start=noon)
    plain, _ = data_and_truth(tmp_path / "b", sun, start=noon)
    quiet, calm = data_and_truth(tmp_path / "c", "saturation:0.5")
    loss = truth["saturation_41MHz_1"]
    assert set(np.round(loss, 6)) == {1.0, round(float(loss.min()), 6)}
    assert loss.min() < 0.9
    assert calm["saturation_41MHz_1"].min() > 0.97
    ratio = np.abs(item.columns["DATA"][..., 0] / plain.columns["DATA"][..., 0])[:, 0]
    assert ratio == pytest.approx(loss[item.antenna1] * loss[item.antenna2], rel=1e-4)
    assert np.isfinite(quiet.columns["DATA"]).all()
