"""Subtracts the other sources from the data of a source before imaging.

If several sources are up, each is in the sidelobes of the others. CLEAN cannot remove these, as the
other sources are outside the image and smeared. Their models are therefore subtracted from the
calibrated data at full frequency resolution, before averaging. The models have the fluxes measured
from the visibilities of the same integration, so that neither scintillation nor errors of the beam
model leave residuals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lwacal.records.calibrated import FluxRatio
from lwacal.runtime.blocks import blocks_of
from lwacal.sky.band_model import BandModel
from lwacal.sky.predict import FactoredModel

ROWS_AT_ONCE = 512  # 2 MB of model visibilities at 192 channels
XX_YY = slice(None, None, 3)  # of XX, XY, YX, YY


def at_measured_fluxes(
    models: Mapping[str, BandModel], fluxes: Mapping[str, FluxRatio]
) -> dict[str, BandModel]:
    """Return each part of the model scaled by its ratio in ``fluxes`` (FluxFit.solve).

    ``models`` by name, as visibility_flux.separate gives them. A part without a measured flux keeps
    its expected flux.
    """
    return {
        name: model.scaled(fluxes[name]["ratio"]) if name in fluxes else model
        for name, model in models.items()
    }


def subtract(
    data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, models: Sequence[FactoredModel]
) -> None:
    """Subtract models from the data (row, channel, 4) of an integration in place, in row blocks."""
    for rows in blocks_of(len(data), ROWS_AT_ONCE):
        for model in models:
            data[rows, :, XX_YY] -= model.rows(antenna1[rows], antenna2[rows])


def add(data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, model: FactoredModel) -> None:
    """Add a model to the data (row, channel, 4) of an integration in place, in row blocks."""
    for rows in blocks_of(len(data), ROWS_AT_ONCE):
        data[rows, :, XX_YY] += model.rows(antenna1[rows], antenna2[rows])
