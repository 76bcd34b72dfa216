"""A sub-band whose gains took one source for another is found."""

from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import band_agreement, tec_screen
from lwacal.calibration.antpol_columns import Phases

SWAP = (0.45, -0.35)  # direction cosines from Cyg A to Cas A: 35 degrees
UNKNOWN = band_agreement.Agreement.unknown()
MINUTE = np.deg2rad(1 / 60)
PLACES = [(3, 0), (3, 1), (3, 2), (5, 0), (5, 2), (5, 4)]


def compared(bandpass, last=None):
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    phases = Phases.average(bandpass, drawn_gains.errors(bandpass))
    return band_agreement.compare(phases, place_km, last or [UNKNOWN] * len(bandpass.band_names))


def bent(seed, bands):
    """Return gains of an ionosphere that moves sources by 10 arcmin at 40 MHz."""
    bandpass = drawn_gains.instrument(seed, bands)
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    column = tec_screen.column(place_km, np.array([0.009, 0.007, 0, 0, 0]))
    drawn_gains.add_column(bandpass, column)
    return bandpass


@pytest.mark.parametrize(("number", "place"), PLACES)
def test_a_swap_is_found_wherever_it_is(number, place):
    bands = drawn_gains.BANDS[:: 2 if number == 3 else 1]
    bandpass = bent(place, bands)
    drawn_gains.move(bandpass, bands[place], SWAP)
    found = compared(bandpass)
    assert band_agreement.disagreeing(found) == [place]
    offset = found[place].offset_arcmin * MINUTE
    assert offset == pytest.approx(SWAP, abs=0.02 if number > 3 else 0.06)
    assert found[place].beams > 50


def test_two_swaps_of_six_are_found():
    bands = (*drawn_gains.BANDS, "50MHz")
    bands = tuple(sorted(bands))
    bandpass = bent(7, bands)
    for band in ("27MHz", "55MHz"):
        drawn_gains.move(bandpass, band, SWAP)
    wrong = band_agreement.disagreeing(compared(bandpass))
    assert [bands[number] for number in wrong] == ["27MHz", "55MHz"]


@pytest.mark.parametrize("bands", [drawn_gains.BANDS, drawn_gains.BANDS[::2]], ids=len)
def test_sub_bands_agree_through_the_ionosphere(bands):
    for seed in range(5):
        found = compared(bent(seed, bands))
        assert [one.agrees for one in found] == [True] * len(bands)


def test_offsets_come_back_within_their_errors():
    shift = (12 * MINUTE, -9 * MINUTE)
    pulls = []
    for seed in range(8):
        bandpass = bent(seed, drawn_gains.BANDS)
        drawn_gains.move(bandpass, "55MHz", shift)
        one = compared(bandpass)[2]
        pulls.append((one.offset_arcmin - np.array(shift) / MINUTE) / one.error_arcmin)
    assert np.sqrt(np.mean(np.square(pulls))) < 2


def test_two_sub_bands_are_not_compared():
    found = compared(bent(1, drawn_gains.BANDS[:2]))
    assert [one.agrees for one in found] == [None, None]


def test_where_the_last_tables_say_something_they_decide():
    """The others are compared with those that agree with them: here with the minority."""
    bands = drawn_gains.BANDS
    bandpass = bent(2, bands)
    for number in (1, 3):
        drawn_gains.move(bandpass, bands[number], SWAP)
    agrees = [True, False, True, None, True]
    last = [replace(UNKNOWN, agrees=one) for one in agrees]
    found = compared(bandpass, last)
    assert [one.agrees for one in found] == [True, False, True, False, True]
    for number in (1, 3):
        assert found[number].offset_arcmin * MINUTE == pytest.approx(SWAP, abs=0.03)
    opposite = [replace(UNKNOWN, agrees=one) for one in (False, True, None, True, None)]
    assert [one.agrees for one in compared(bandpass, opposite)][:2] == [False, True]
