"""Beams of the dipoles from an HDF5 file of simulated electric fields, as the observatory uses.

Datasets: ``freq_Hz`` (frequency,); zenith angle ``theta_pts`` (theta,) and azimuth ``phi_pts``
(phi,), from north through east, both in radians or both in degrees; in the groups ``X_pol_Efields``
and ``Y_pol_Efields`` the complex fields ``etheta`` and ``ephi``, (frequency, theta, phi).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import numpy as np
from scipy.interpolate import RegularGridInterpolator

LARGEST_RADIAN = 10.0  # larger coordinates are in degrees
ZENITH_RAD = np.deg2rad(1.0)  # the grid must begin closer to the zenith than this
GROUPS = ("X_pol_Efields", "Y_pol_Efields")


class BeamFileError(ValueError):
    """A beam file is invalid, or does not cover the requested directions or frequencies."""


@dataclass(frozen=True)
class BeamGrid:
    """Power beams of X and Y on a grid, each (frequency, theta, phi), 1 at the zenith.

    ``frequency_hz``, ``theta_rad`` and ``phi_rad`` increase; ``phi_rad`` covers a full circle, its
    last value being the first plus 2 pi.
    """

    path: Path
    frequency_hz: np.ndarray
    theta_rad: np.ndarray
    phi_rad: np.ndarray
    power: tuple[np.ndarray, np.ndarray]

    def power_at(
        self, frequency_hz: np.ndarray, zenith_rad: np.ndarray, azimuth_rad: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the beams of X and Y, each (source, channel), by linear interpolation.

        ``frequency_hz`` (channel,); ``zenith_rad`` and ``azimuth_rad`` (source,). Raises
        BeamFileError outside the grid of frequencies or zenith angles.
        """
        self._check("frequencies", np.asarray(frequency_hz) / 1e6, self.frequency_hz / 1e6, "MHz")
        self._check("zenith angles", np.rad2deg(zenith_rad), np.rad2deg(self.theta_rad), "deg")
        azimuth_rad = np.mod(azimuth_rad - self.phi_rad[0], 2 * np.pi) + self.phi_rad[0]
        shape = (len(zenith_rad), len(frequency_hz))
        points = np.stack(
            [
                np.broadcast_to(frequency_hz, shape),
                np.broadcast_to(np.asarray(zenith_rad)[:, None], shape),
                np.broadcast_to(np.asarray(azimuth_rad)[:, None], shape),
            ],
            axis=-1,
        )
        axes = (self.frequency_hz, self.theta_rad, self.phi_rad)
        xx, yy = (RegularGridInterpolator(axes, power)(points) for power in self.power)
        return xx, yy

    def _check(self, what: str, needed: np.ndarray, grid: np.ndarray, unit: str) -> None:
        if needed.size and (needed.min() < grid[0] - 1e-9 or needed.max() > grid[-1] + 1e-9):
            raise BeamFileError(
                f"{self.path} has {what} from {grid[0]:g} to {grid[-1]:g} {unit}, but"
                f" {needed.min():g} to {needed.max():g} {unit} are needed. Choose another"
                " beam.file or beam.model"
            )


@cache
def read(path: str) -> BeamGrid:
    """Read a beam file. Raises BeamFileError, which names the file and its fault."""
    try:
        with h5py.File(path, "r") as file:
            frequency_hz, theta, phi = (
                np.asarray(file[name], float) for name in ("freq_Hz", "theta_pts", "phi_pts")
            )
            fields = [
                (np.asarray(file[group]["etheta"]), np.asarray(file[group]["ephi"]))
                for group in GROUPS
            ]
    except (OSError, KeyError) as error:
        raise BeamFileError(f"beam.file: {path} is not a valid beam file: {error}") from error
    if max(theta.max(), phi.max()) > LARGEST_RADIAN:
        theta, phi = np.deg2rad(theta), np.deg2rad(phi)
    shape = (len(frequency_hz), len(theta), len(phi))
    for field in (part for pair in fields for part in pair):
        if field.shape != shape:
            raise BeamFileError(
                f"beam.file: {path} has fields of shape {field.shape}; expected {shape}, the number"
                " of frequencies, theta and phi"
            )
    if any(np.any(np.diff(axis) <= 0) for axis in (frequency_hz, theta, phi)):
        raise BeamFileError(f"beam.file: {path} has coordinates that do not increase")
    if theta[0] > ZENITH_RAD:
        raise BeamFileError(f"beam.file: {path} does not reach the zenith")
    return _grid(Path(path), frequency_hz, theta, phi, fields)


def _grid(
    path: Path,
    frequency_hz: np.ndarray,
    theta: np.ndarray,
    phi: np.ndarray,
    fields: list[tuple[np.ndarray, np.ndarray]],
) -> BeamGrid:
    """Return power from fields, normalized to 1 at the zenith, with phi extended to a circle."""
    powers = []
    for e_theta, e_phi in fields:
        power = np.abs(e_theta) ** 2 + np.abs(e_phi) ** 2
        zenith = power[:, 0, :].mean(axis=1)
        if (zenith <= 0).any():
            raise BeamFileError(f"beam.file: {path} has no field at the zenith")
        powers.append(power / zenith[:, None, None])
    circle = 2 * np.pi
    step = float(np.diff(phi).max())
    if phi[-1] - phi[0] > circle + 1e-6 or circle - (phi[-1] - phi[0]) > 1.5 * step:
        raise BeamFileError(f"beam.file: the azimuths of {path} do not cover a full circle")
    if phi[-1] - phi[0] < circle - 1e-6:
        phi = np.append(phi, phi[0] + circle)
        powers = [np.concatenate([power, power[:, :, :1]], axis=2) for power in powers]
    else:
        phi[-1] = phi[0] + circle
    return BeamGrid(path, frequency_hz, theta, phi, (powers[0], powers[1]))
