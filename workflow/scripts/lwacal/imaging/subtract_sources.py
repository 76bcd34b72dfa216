"""Takes the other sources out of the data that one source is imaged from.

With several sources up, each lies in the sidelobes of the others. These are smeared by bandwidth
and off the image, and so beyond what CLEAN can take away. Their model, at the flux that the
visibilities of the same integration give them (so that neither scintillation nor the beam's error
is left), is subtracted from the calibrated data at full resolution, before these are averaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lwacal.runtime.blocks import blocks_of
from lwacal.sky.band_model import BandModel
from lwacal.sky.predict import SeenByAntennas

ROWS_AT_ONCE = 512  # 2 MB of a model at 192 channels
XX_YY = slice(None, None, 3)  # of XX, XY, YX, YY


def at_measured_fluxes(
    names: Sequence[str], model: BandModel, fluxes: Mapping[str, Mapping[str, float]]
) -> BandModel:
    """Return the model with each source as bright as in ``fluxes`` (visibility_fluxes).

    A source whose flux is not known there stays as bright as expected.
    """
    ratios = [fluxes[name]["ratio"] if name in fluxes else 1.0 for name in names]
    return model.scaled(ratios)


def subtract(
    data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, seen: Sequence[SeenByAntennas]
) -> None:
    """Subtract models of an integration from its data (row, channel, 4) in place, rows by rows."""
    for rows in blocks_of(len(data), ROWS_AT_ONCE):
        for model in seen:
            data[rows, :, XX_YY] -= model.rows(antenna1[rows], antenna2[rows])


def add(data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, seen: SeenByAntennas) -> None:
    """Add a model of an integration to its data (row, channel, 4) in place, rows by rows."""
    for rows in blocks_of(len(data), ROWS_AT_ONCE):
        data[rows, :, XX_YY] += seen.rows(antenna1[rows], antenna2[rows])
