"""What a source looks like: the Gaussians it consists of, for fits to images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.records.sky_model import Source
from lwacal.sky import a_team_shapes, analytic_shape, component_lists
from lwacal.sky.component_lists import ARCSEC_RAD
from lwacal.sky.sources import Direction


@dataclass(frozen=True)
class Appearance:
    """The parts of a source at one frequency.

    ``share`` (part,) of the flux density; ``offset_rad`` (part, 2) east and north of the position
    of the source; ``moments`` (part, 3) second moments of Gaussians, in radians squared: east east,
    north north, east north; zero for points.
    """

    share: np.ndarray
    offset_rad: np.ndarray
    moments: np.ndarray


POINT = Appearance(np.ones(1), np.zeros((1, 2)), np.zeros((1, 3)))


def of_source(source: Source, frequency_hz: float) -> Appearance:
    """Return what a source of the A-team looks like; reads its component list, if it has one.

    Raises ComponentListError.
    """
    if source["shape"] == "gaussians":
        parts = a_team_shapes.GAUSSIANS[source["name"]]
        offsets = [[part.east_arcsec, part.north_arcsec] for part in parts]
        return Appearance(
            analytic_shape.shares(parts, frequency_hz),
            np.array(offsets) * ARCSEC_RAD,
            np.array([part.second_moments() for part in parts]),
        )
    if source["component_list"] is None:
        return POINT
    record = source["component_list"]
    components = component_lists.read(record["path"])
    low, high = record["trusted_mhz"]
    position = Direction(source["ra_rad"], source["dec_rad"])
    return Appearance(
        component_lists.shares(components, np.array([frequency_hz]), (low, high))[:, 0],
        np.column_stack(component_lists.offsets(components, position)),
        np.column_stack(components.second_moments()),
    )
