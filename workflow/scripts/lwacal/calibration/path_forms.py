"""How paths through the ionosphere differ over the array: a plane and a curvature.

The same five forms describe the electron column that gains hold and the places of sources.
"""

from __future__ import annotations

import numpy as np

N_FORMS = 5
PLANE, BEND = slice(0, 2), slice(2, 5)


def forms(place_km: np.ndarray) -> np.ndarray:
    """Return e, n, e^2, e n and n^2 of places (antenna, 2) to the east and north, (antenna, 5)."""
    east, north = place_km[:, 0], place_km[:, 1]
    return np.column_stack([east, north, east**2, east * north, north**2])
