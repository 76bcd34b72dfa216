"""What the noise alone does to gains, by the design of the observation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import flag_masks
import point_sources
from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import ms_reader
from lwacal.sky import sky_model
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S


class FinishedRun(Protocol):
    """A finished run of a simulated observation."""

    @property
    def truth(self) -> Mapping[str, Any]:
        """The truth beside the raw data."""

    def path(self, product: str) -> Path:
        """Return a product of the observation."""

    def record(self, product: str) -> Any:
        """Return a JSON product."""


def relative_gain_error(night: FinishedRun, band: str) -> np.ndarray:
    """Return the expected rms |dG/G| of each solution, (antenna, channel, 2).

    With all other gains known, least squares gives antenna i a relative error of
    sigma / sqrt(sum over j and integrations of |M_ij|^2), sigma being the rms |n| of a calibrated
    visibility: the Cramer-Rao limit (van der Tol et al. 2007) up to terms of one in the number of
    antennas. Flagged visibilities and baselines outside the uv range are not counted.
    """
    manifest = night.record("manifest.json")
    model = night.record("sky_model.json")
    low, high = night.record(f"tables/raw/{band}.json")["uv_range_lambda"]
    antennas, centre = manifest_antennas(manifest), manifest_centre(manifest)
    frequency_hz = np.array(manifest["bands"][band]["frequency_hz"])
    radec, flux_xx, flux_yy = sky_model.model_fluxes(model, band)
    flags = flag_masks.load_flags(night.path(f"flags/{band}.npz"))
    information = np.zeros((len(antennas.names), len(frequency_hz), 2))
    for item in ms_reader.iterate_integrations(night.path(f"concat/{band}.ms"), ()):
        first, second = item.antenna1, item.antenna2
        uvw = geometry.antenna_uvw_m(antennas.positions_m, *centre, item.mjd_s)
        length = np.linalg.norm((uvw[first] - uvw[second])[:, :2], axis=1)
        length *= frequency_hz.mean() / SPEED_OF_LIGHT_M_S
        used = (first != second) & (length >= low) & (length <= high)
        predicted = point_sources.model_visibilities(
            first,
            second,
            antennas.positions_m,
            frequency_hz,
            item.mjd_s,
            radec,
            flux_xx,
            flux_yy,
            centre,
        )
        power = np.abs(predicted) ** 2 * used[:, None, None]
        power = power * ~flags[item.rows][..., [0, 3]]
        np.add.at(information, first, power)
        np.add.at(information, second, power)
    noise = np.array(night.truth["bands"][band]["noise_jy"])[None, :, None]
    with np.errstate(divide="ignore"):
        return noise / np.sqrt(information)
