"""Measures the fluxes of the model's sources from the calibrated visibilities, without imaging.

The calibrated XX and YY data are fitted with the sum over sources of a_s M_s, where M_s are the
model visibilities of source s and a_s is the ratio of its flux to the expected flux. All sources
are fitted together, so that their sidelobes do not bias each other. The many faint secondary
sources have one ratio. The thermal noise follows from
the autocorrelations (radiometer equation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lwacal.records.calibrated import FluxRatio
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime.blocks import blocks_of
from lwacal.sky import sky_model
from lwacal.sky.band_model import BandModel
from lwacal.telescope.correlations import PARALLEL_HANDS

SECONDARY = "secondary"  # the name of the secondary sources together
WORST_CONDITION = 1e12
ROWS_AT_ONCE = 512  # 2 MB per source at 192 channels


@dataclass
class FluxFit:
    """Normal equations of the flux fit, summed over integrations.

    ``names`` are the sources and ``models`` the model of each of them alone (`separate`).
    ``matrix`` is (source, source) and ``vector`` (source,); ``power`` is the weighted sum of
    |data|^2, and ``count`` the number of visibilities with a weight.
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

        ``data`` (row, channel, 4) are calibrated, in Jy. ``weight`` (row, channel, 4) is
        proportional to the inverse noise variance, and zero where flagged. ``mjd_s`` is the
        mid-time of the integration, and ``chosen`` (row,) bool the rows to use, None for all.
        """
        by_antenna = [model.factored(mjd_s) for model in self.models]
        all_rows = np.arange(len(antenna1)) if chosen is None else np.flatnonzero(chosen)
        for block in blocks_of(len(all_rows), ROWS_AT_ONCE):
            rows = all_rows[block]
            values = data[rows][..., PARALLEL_HANDS].ravel()
            weights = weight[rows][..., PARALLEL_HANDS].ravel().astype(np.float64)
            models = np.stack(
                [model.rows(antenna1[rows], antenna2[rows]).ravel() for model in by_antenna]
            )
            weighted = models.conj() * weights
            self.matrix += (weighted @ models.T).real
            self.vector += (weighted @ values).real
            self.power += float((weights * np.abs(values) ** 2).sum())
            self.count += int(np.count_nonzero(weights))

    def join(self, other: FluxFit) -> None:
        """Add the normal equations of another fit of the same sources."""
        self.matrix += other.matrix
        self.vector += other.vector
        self.power += other.power
        self.count += other.count

    def solve(self) -> dict[str, FluxRatio]:
        """Return each source's ratio of measured to expected flux, and its error.

        The error is the least-squares error with the noise variance of the residuals. Returns an
        empty dictionary if the data do not separate the sources.
        """
        n_sources = len(self.names)
        scale = np.sqrt(np.diag(self.matrix))
        if n_sources == 0 or self.count <= n_sources or not scale.all():
            return {}
        alike = self.matrix / np.outer(scale, scale)  # 1 if two models are proportional
        if np.linalg.cond(alike) > WORST_CONDITION:
            return {}
        ratio = np.linalg.solve(alike, self.vector / scale) / scale
        variance = max(self.power - ratio @ self.vector, 0.0) / self.count  # of complex noise
        error = np.sqrt(variance / 2 * np.diag(np.linalg.inv(alike))) / scale
        return {
            name: {"ratio": float(value), "ratio_err": float(value_error)}
            for name, value, value_error in zip(self.names, ratio, error)
        }


def thermal_jy(information: float) -> float | None:
    """Return the thermal noise of a naturally weighted Stokes I image, Jy; None if unknown.

    ``information`` is the sum over the XX and YY visibilities of 1 / (variance of the real part),
    in 1 / Jy^2.
    """
    return float(information**-0.5) if information > 0 else None


def separate(model: SkyModelRecord, band: str, sky: BandModel) -> dict[str, BandModel]:
    """Return the parts of the model of a sub-band whose fluxes are fitted, by name.

    Each calibrator, low source of the A-team, the Sun and Jupiter by itself, and the secondary
    sources together, which are too faint and too many to be fitted one by one. ``sky`` has the
    sources of ``model`` in this sub-band.
    """
    rows: dict[str, list[int]] = {}
    for number, source in enumerate(sky_model.model_sources(model, band)):
        name = SECONDARY if source["kind"] == "secondary" else source["name"]
        rows.setdefault(name, []).append(number)
    return {name: sky.only(numbers) for name, numbers in rows.items()}
