"""Labels beside the points of a figure, where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from lwacal.report.plots import style

# offset in points, and alignment of the text
PLACES: dict[tuple[int, int], dict[str, Any]] = {
    (4, 0): {"ha": "left", "va": "center"},
    (-4, 0): {"ha": "right", "va": "center"},
    (0, 4): {"ha": "center", "va": "bottom"},
    (0, -4): {"ha": "center", "va": "top"},
}


def name_points(
    axes: Axes, points: np.ndarray, names: Sequence[str], others: np.ndarray, limit: int
) -> None:
    """Label points in this order where the label overlaps no other label and no point.

    ``points`` (name, 2) and ``others`` (point, 2) in data units; at most ``limit`` are labelled.
    The layout of the figure must be final: call draw_without_rendering before.
    """
    occupied_px = axes.transData.transform(np.vstack([points, others]))
    frame = axes.get_window_extent()
    taken: list[Bbox] = []
    for point, name in zip(points, names):
        for place, sides in PLACES.items():
            label = axes.annotate(
                name,
                point,
                place,
                color="#222222",
                fontsize=style.SMALLEST_PT,
                textcoords="offset points",
                **sides,
            )
            box = label.get_window_extent()
            if (
                box.count_contains(occupied_px) == 0
                and box.count_overlaps(taken) == 0
                and frame.contains(*box.min)
                and frame.contains(*box.max)
            ):
                taken.append(box)
                break
            label.remove()
        if len(taken) == limit:
            return
