"""Fluxes of the model's sources from the calibrated visibilities themselves, without images.

The calibrated data of XX and YY are fitted by the sum over sources of a_s M_s, M_s being what the
model says of a source: a_s is the ratio of its flux to the expected. All sources are fitted
together, so that none is seen through another's sidelobes. What the noise should be follows from
the autocorrelations (radiometer equation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime.blocks import blocks_of
from lwacal.sky.band_model import BandModel
from lwacal.telescope.correlations import PARALLEL_HANDS

ROWS_AT_ONCE = 512  # 2 MB a source at 192 channels


@dataclass
class FluxFit:
    """Normal equations of the fit over any number of integrations.

    ``names`` of the sources, and the ``models`` of each alone.
    """

    names: Sequence[str]
    models: Sequence[BandModel]
    matrix: np.ndarray = field(init=False)
    vector: np.ndarray = field(init=False)
    power: float = field(init=False, default=0.0)
    count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.matrix = np.zeros((len(self.names), len(self.names)))
        self.vector = np.zeros(len(self.names))

    def add(
        self,
        antenna1: np.ndarray,
        antenna2: np.ndarray,
        data: np.ndarray,
        weight: np.ndarray,
        mjd_s: float,
        chosen: np.ndarray | None = None,
    ) -> None:
        """Add an integration.

        ``data`` (row, channel, 4), calibrated, Jy; ``weight`` likewise, proportional to one over
        the noise variance and zero where flagged; ``mjd_s`` the middle of the integration;
        ``chosen`` (row,) bool, the rows to be used, None for all.
        """
        seen = [model.seen(mjd_s) for model in self.models]
        all_rows = np.arange(len(antenna1)) if chosen is None else np.flatnonzero(chosen)
        for block in blocks_of(len(all_rows), ROWS_AT_ONCE):
            rows = all_rows[block]
            values = data[rows][..., PARALLEL_HANDS].ravel()
            weights = weight[rows][..., PARALLEL_HANDS].ravel().astype(np.float64)
            models = np.stack(
                [model.rows(antenna1[rows], antenna2[rows]).ravel() for model in seen]
            )
            weighted = models.conj() * weights
            self.matrix += (weighted @ models.T).real
            self.vector += (weighted @ values).real
            self.power += float((weights * np.abs(values) ** 2).sum())
            self.count += int(np.count_nonzero(weights))

    def join(self, other: FluxFit) -> None:
        """Add the integrations of another fit of the same sources."""
        self.matrix += other.matrix
        self.vector += other.vector
        self.power += other.power
        self.count += other.count

    def solve(self) -> dict[str, dict[str, float]]:
        """Return ratio and its error by source; nothing if the data cannot tell them apart.

        The error is that of least squares with the noise of the residuals.
        """
        number = len(self.names)
        if number == 0 or self.count <= number or np.linalg.cond(self.matrix) > 1e12:
            return {}
        ratio = np.linalg.solve(self.matrix, self.vector)
        variance = max(self.power - ratio @ self.vector, 0.0) / self.count  # of complex noise
        error = np.sqrt(variance / 2 * np.diag(np.linalg.inv(self.matrix)))
        return {
            name: {"ratio": float(value), "ratio_err": float(doubt)}
            for name, value, doubt in zip(self.names, ratio, error)
        }


def thermal_jy(information: float) -> float | None:
    """Return the noise of an image of Stokes I with natural weights, Jy; None if it is not known.

    ``information`` is the sum over visibilities of XX and YY of 1 / (variance of the real part).
    """
    return float(information**-0.5) if information > 0 else None


def sources_of(model: SkyModelRecord) -> list[str]:
    """Return the names of the sources in the model, in the order of sky_model.model_fluxes."""
    return [source["name"] for source in model["sources"] if source["in_model"]]
