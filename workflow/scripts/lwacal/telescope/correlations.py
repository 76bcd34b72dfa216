"""The polarizations of an antenna and the order of the four correlations of a baseline.

Visibilities are (..., 4) in the order XX, XY, YX, YY: the first letter is the polarization of
antenna 1, the second that of antenna 2. Gains are (antenna, ..., 2) in the order X, Y.
"""

from __future__ import annotations

import numpy as np

from lwacal.records.antpol import Polarization

POLARIZATIONS: tuple[Polarization, Polarization] = ("X", "Y")
CORRELATIONS = ("XX", "XY", "YX", "YY")
N_CORRELATIONS = len(CORRELATIONS)
PARALLEL_HANDS = [0, 3]  # XX and YY
FIRST_POLARIZATION = np.array([0, 0, 1, 1])  # of antenna 1, for each correlation
SECOND_POLARIZATION = np.array([0, 1, 0, 1])  # of antenna 2
