"""Solutions of the whole band: the file explains itself, and says what the object says."""

import numpy as np

from lwacal.io import solutions
from lwacal.io.solutions import CAUSES, Bandpass


def bandpass() -> Bandpass:
    draw = np.random.default_rng(4)
    shape = (3, 5, 2)
    cause = np.zeros(shape, np.uint16)
    cause[1] = CAUSES["health"] | CAUSES["solver"]
    cause[2, 3, 0] = CAUSES["clip"]
    interpolated = cause == CAUSES["clip"]
    cause[0, 0] = CAUSES["quorum"]
    return Bandpass(
        antenna_names=["LWA001", "LWA266", "LWA007"],
        band_names=["41MHz", "78MHz"],
        gain=draw.normal(size=(*shape, 2)) @ [1, 1j],
        cause=cause,
        interpolated=interpolated,
        frequency_hz=np.array([41.1e6, 41.2e6, 78.1e6, 78.2e6, 78.3e6]),
        band_index=np.array([0, 0, 1, 1, 1]),
        reference=np.array([0, 2]),
    )


def test_what_is_written_is_read(tmp_path):
    written = bandpass()
    written.write(tmp_path / "flags.npz")
    found = Bandpass.read(tmp_path / "flags.npz")
    assert vars(found).keys() == vars(written).keys()
    for name, value in vars(written).items():
        expected = value.astype(np.complex64) if name == "gain" else value
        assert np.array_equal(getattr(found, name), expected), name


def test_the_file_names_its_antennas_and_the_bits_of_its_causes(tmp_path):
    bandpass().write(tmp_path / "flags.npz")
    with np.load(tmp_path / "flags.npz", allow_pickle=False) as archive:
        assert archive["antenna_names"].tolist() == ["LWA001", "LWA266", "LWA007"]
        legend = dict(zip(archive["cause_names"].tolist(), archive["cause_bits"].tolist()))
        assert legend == CAUSES
        assert len(set(archive["cause_meanings"].tolist())) == len(CAUSES)
        flagged = (archive["cause"] & legend["health"] > 0).all(axis=(1, 2))
        assert archive["antenna_names"][flagged].tolist() == ["LWA266"]
        expected = (archive["cause"] > 0) & ~archive["interpolated"]
        assert np.array_equal(archive["flag"], expected)


def test_every_cause_has_a_bit_of_its_own_and_a_meaning():
    bits = list(CAUSES.values())
    assert sum(bits) == np.bitwise_or.reduce(bits)
    assert all(bit.bit_count() == 1 for bit in bits)
    assert list(solutions.MEANINGS) == list(CAUSES)


def test_an_interpolated_solution_is_not_flagged_and_an_unsolved_one_is_not_good():
    band = bandpass()
    assert not band.flag[2, 3, 0]
    assert band.flag[0, 0].all()
    assert band.solved()[0, 0].all()
    assert not band.good()[0, 0].any()
    assert not band.solved()[1].any()
    assert band.channels() == [slice(0, 2), slice(2, 5)]
    assert band.in_bands(["78MHz"]).tolist() == [False, False, True, True, True]
