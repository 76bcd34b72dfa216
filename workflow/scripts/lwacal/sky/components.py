"""What a component list says of a source: where its parts are and what they have of its flux.

Nothing here takes long to import: the configuration is checked with it.
"""

from __future__ import annotations

import numpy as np

from lwacal.sky.component_lists import ComponentListError, Components
from lwacal.sky.sources import Direction

FARTHEST_RAD = np.deg2rad(1.0)  # of a component: beyond, w (n - 1) counts


def offsets(components: Components, source: Direction) -> tuple[np.ndarray, np.ndarray]:
    """Return l (east) and m (north) of components about a direction, direction cosines."""
    turn = components.ra_rad - source.ra_rad
    sin, cos = np.sin(components.dec_rad), np.cos(components.dec_rad)
    behind = sin * np.sin(source.dec_rad) + cos * np.cos(source.dec_rad) * np.cos(turn) <= 0
    east = cos * np.sin(turn)
    north = sin * np.cos(source.dec_rad) - cos * np.sin(source.dec_rad) * np.cos(turn)
    return np.where(behind, 1, east), np.where(behind, 1, north)


def shares(
    components: Components, frequency_hz: np.ndarray, trusted_mhz: tuple[float, float]
) -> np.ndarray:
    """Return shares of the flux density, (component, channel), of sum one in each channel.

    Beyond the trusted frequencies they are those of the nearest end: polynomials diverge.
    """
    low, high = trusted_mhz
    spectra = components.spectra_jy(np.clip(frequency_hz, low * 1e6, high * 1e6))
    return spectra / spectra.sum(axis=0)


def check(components: Components, source: Direction, trusted_mhz: tuple[float, float]) -> None:
    """Raise ComponentListError if the components cannot be the shape of a source there."""
    distance = float(np.hypot(*offsets(components, source)).max())
    if distance > FARTHEST_RAD:
        raise ComponentListError(
            f"a component is {np.rad2deg(distance):.1f} deg from the source (at most"
            f" {np.rad2deg(FARTHEST_RAD):g}): is this the list of another source?"
        )
    frequency_hz = np.linspace(*trusted_mhz, 100) * 1e6
    total = components.spectra_jy(frequency_hz).sum(axis=0)
    if (total <= 0).any():
        raise ComponentListError(
            f"its components do not add up to a positive flux density at"
            f" {frequency_hz[np.argmin(total)] / 1e6:g} MHz"
        )
