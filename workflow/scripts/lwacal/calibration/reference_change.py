"""Changes the reference antenna if the solutions show that it is bad.

Only the solutions show that X and Y of an antenna are swapped, or that it is weak or strong. By
then its phases, which may be noise or not those of its dipole, are in every solution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lwacal.calibration import reference_phase
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.io.solutions import CAUSES, NO_ANTENNA, OF_ANTPOL, Bandpass
from lwacal.records.reference import ReferenceRecord


class Settled(NamedTuple):
    """The reference antenna of an observation, and why it was chosen."""

    antenna: str
    why: str


def settle(bandpass: Bandpass, reference: ReferenceRecord) -> Settled:
    """Return the reference antenna of the observation; change it, in place, if it is bad.

    ``reference`` is reference.json. The first of its order that is not bad takes over in all
    sub-bands: gains are referred to it, and those for which that cannot be done are flagged.
    """
    order, names = ReferenceOrder.of(reference), bandpass.antenna_names
    lost = np.any(np.all(bandpass.cause & OF_ANTPOL > 0, axis=1), axis=1)
    good = order.without(lost)
    bad = [number for number in dict.fromkeys([order.first, *bandpass.reference]) if lost[number]]
    if not bad or not good.antennas:
        return Settled(reference["antenna"], reference["why"])
    for number, channels in enumerate(bandpass.channels()):
        refer_sub_band(bandpass, number, channels, good)
    words = " and ".join(names[number] for number in bad)
    return Settled(names[good.first], f"{words}, preferred to it, turned out to be bad")


def refer_sub_band(bandpass: Bandpass, number: int, channels: slice, order: ReferenceOrder) -> None:
    """Refer the gains of a sub-band to the first antenna of an order that has solutions there."""
    flag = bandpass.cause[:, channels] > 0
    index, bandpass.gain[:, channels], referred = reference_phase.refer(
        bandpass.gain[:, channels], flag, order
    )
    bandpass.cause[:, channels][referred & ~flag] |= np.uint16(CAUSES["solver"])
    if index != NO_ANTENNA:
        bandpass.reference[number] = index
