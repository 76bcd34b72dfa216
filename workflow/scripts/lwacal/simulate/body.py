"""A source that an effect adds to the sky."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """A source: its ICRS direction in radians and its spectrum.

    ``flux_jy`` takes frequencies (channel,) and a decimal year and returns Jy, (channel,);
    ``diameter_rad`` takes frequencies and returns the diameter of a uniform disk, None for a point;
    ``circular`` is the circularly polarized fraction; ``variation`` (integration,) multiplies the
    flux density, None if it is steady.
    """

    name: str
    radec: tuple[float, float]
    flux_jy: Callable[[np.ndarray, float], np.ndarray]
    diameter_rad: Callable[[np.ndarray], np.ndarray] | None = None
    circular: float = 0.0
    variation: np.ndarray | None = None
