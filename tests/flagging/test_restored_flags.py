"""In restored integrations bursts are no cause of flags; every other cause stays."""

import numpy as np

from lwacal.flagging import burst_records, flag_data
from lwacal.io import flag_file, flags_summary
from lwacal.io.flag_file import BURST, CAUSES, FlagFile

N_ANTENNAS, N_CHANNELS = 4, 5
LINE = np.uint8(CAUSES["aoflagger"])


def masks():
    """Return three integrations; the second and third are bursts, with other flags below."""
    rows = N_ANTENNAS * (N_ANTENNAS + 1) // 2
    causes = [np.zeros((rows, N_CHANNELS, 4), np.uint8) for _ in range(3)]
    causes[0][3, 1] = LINE
    causes[1][5, 2] = LINE
    causes[1] |= BURST
    causes[2][:, 1:] |= BURST
    causes[2][1, 0, 2] = CAUSES["zero"]
    return causes


def summary_of(causes):
    first, second = np.triu_indices(N_ANTENNAS)
    antenna1, antenna2 = np.tile(first, 3), np.tile(second, 3)
    ratios = np.array([1.0, 3.0, 2.0])
    found = burst_records.of_flags(causes, [7, 8, 9], ratios, antenna1, antenna2, N_ANTENNAS)
    return {
        "band": "27MHz",
        "causes": CAUSES,
        "message": "",
        "bursts": found,
        "lines": [],
        **flag_data.summarize(causes, antenna1, antenna2, N_ANTENNAS),
    }


def test_only_the_burst_is_taken_away_and_only_there(tmp_path):
    path, causes = tmp_path / "flags.npz", masks()
    flag_file.write(path, causes)
    with FlagFile(path, restored=[1]) as file:
        found = file.causes()
        some = file.flags(slice(12, 18))
    rows = len(causes[0])
    assert np.array_equal(found[:rows], causes[0])
    assert np.array_equal(found[rows : 2 * rows], np.where(causes[1] & LINE, LINE, 0))
    assert np.array_equal(found[2 * rows :], causes[2])
    assert np.array_equal(some, found[12:18] > 0)


def test_fractions_without_restored_integrations_are_those_of_the_flags_without_them():
    causes = masks()
    before = summary_of(causes)
    assert [burst["integration"] for burst in before["bursts"]] == [8, 9]
    assert [burst["channel_fraction"] for burst in before["bursts"]] == [1, 0.8]
    after = flags_summary.without(before, [8])
    causes[1] &= ~BURST
    expected = summary_of(causes)
    assert after["bursts"] == expected["bursts"]
    for name in ("burst", "total", "aoflagger"):
        assert np.isclose(after["fractions"][name], expected["fractions"][name])
    for name in ("antenna_fraction", "channel_fraction"):
        assert np.allclose(after[name], expected[name])
    assert "8 (3.0 times), 9 (2.0 times)" in flags_summary.words(before)
    assert "integration 9 (2.0 times)" in flags_summary.words(after)
    assert flags_summary.words(flags_summary.without(before, [8, 9])) == ""
