"""An array layout with the statistics of the OVRO-LWA, drawn at random (not its real positions).

Statistics: about 69 % of the antennas in a core of 109 m radius with spacings of at least 5 m,
denser towards the middle; five at about 265 m; the rest (fibre) at 157 to 1587 m from the centre,
half of them within 707 m. Heights are spread by 0.3 m in the core and by 2.7 m outside. Names:
LWA-001 to 251 are the core, 252 to 256 the five, 257 and on the fibre ones. Antennas are numbered
in an order that mixes core and outriggers, as the correlator's is.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lwacal.io import ms_reader
from lwacal.io.ms_reader import Antennas
from lwacal.telescope import geometry

FULL_SIZE = 352
CORE, RING, FIBRE = 238, 5, 109
CORE_RADIUS_M, CORE_SPACING_M = 109.0, 5.0
CORE_POWER = 0.72  # radius against share of antennas; an even disc has 0.5
RING_RADIUS_M = 265.0
FIBRE_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # of the antennas with fibres
FIBRE_RADII_M = (157.0, 450.0, 707.0, 921.0, 1119.0, 1587.0)  # that are within
RING_NAMES = ("LWA253", "LWA252", "LWA254", "LWA255", "LWA256")
CORE_FIRST = ("LWA114", "LWA109")
LAYOUT_SEED = 20240524


@dataclass(frozen=True)
class Layout:
    """Antennas in correlator order, and which of them have a fibre (antenna,) bool."""

    antennas: Antennas
    fibre: np.ndarray


def built_in(n_antennas: int) -> Layout:
    """Return a layout of 5 to 352 antennas; the same number always gives the same layout.

    LWA253, the usual reference antenna, is always there, LWA114 and LWA109 from ten antennas on.
    """
    if not 5 <= n_antennas <= FULL_SIZE:
        raise ValueError(f"the built-in layout has 5 to {FULL_SIZE} antennas, not {n_antennas}")
    draw = np.random.default_rng(LAYOUT_SEED)
    n_ring = max(1, round(n_antennas * RING / FULL_SIZE))
    n_fibre = round(n_antennas * FIBRE / FULL_SIZE)
    n_core = n_antennas - n_ring - n_fibre
    enu = np.concatenate(
        [_core(draw)[:n_core], _ring(draw)[:n_ring], _fibre(draw)[_spread(n_fibre)]]
    )
    names = _core_names()[:n_core] + list(RING_NAMES[:n_ring])
    names += [f"LWA{257 + number}" for number in _spread(n_fibre)]
    fibre = np.arange(n_antennas) >= n_core + n_ring
    order = draw.permutation(n_antennas)
    antennas = Antennas([names[i] for i in order], geometry.enu_to_itrf_m(enu[order]))
    return Layout(antennas, fibre[order])


def _core_names() -> list[str]:
    others = [f"LWA{n:03d}" for n in range(1, 252) if f"LWA{n:03d}" not in CORE_FIRST]
    return [*CORE_FIRST, *others]


def _spread(number: int) -> np.ndarray:
    """Return which outriggers a smaller array keeps: evenly from the nearest to the farthest."""
    return np.unique(np.linspace(0, FIBRE - 1, number).round().astype(int))


def _core(draw: np.random.Generator) -> np.ndarray:
    """Return core positions, (antenna, 3), drawn one after another with a smallest spacing."""
    places = np.empty((0, 2))
    while len(places) < CORE:
        radius = CORE_RADIUS_M * draw.random() ** CORE_POWER
        angle = 2 * np.pi * draw.random()
        place = radius * np.array([np.cos(angle), np.sin(angle)])
        if len(places) == 0 or np.linalg.norm(places - place, axis=1).min() > CORE_SPACING_M:
            places = np.vstack([places, place])
    return np.column_stack([places, draw.normal(0, 0.3, CORE)])


def _ring(draw: np.random.Generator) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, RING, endpoint=False) + 0.3
    radius = RING_RADIUS_M + draw.uniform(-1, 1, RING)
    places = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([places, draw.normal(0, 1.0, RING)])


def _fibre(draw: np.random.Generator) -> np.ndarray:
    """Return outrigger positions by growing distance, in directions drawn at random."""
    radius = np.interp(np.linspace(0, 1, FIBRE), FIBRE_SHARES, FIBRE_RADII_M)
    angle = draw.uniform(0, 2 * np.pi, FIBRE)
    places = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([places, draw.normal(0, 2.7, FIBRE)])


def from_csv(path: Path) -> Layout:
    """Read a table of antennas in correlator order.

    Columns: ``name``; ``x_m``, ``y_m``, ``z_m`` (ITRF) or ``east_m``, ``north_m``, ``up_m`` (about
    the array's centre); optional ``signal_type`` ("Fiber" or "Coax").
    """
    with Path(path).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise ValueError(f"{path} has no antennas")
    columns = set(rows[0])
    itrf, local = ("x_m", "y_m", "z_m"), ("east_m", "north_m", "up_m")
    axes = next((axes for axes in (itrf, local) if {"name", *axes} <= columns), None)
    if axes is None:
        raise ValueError(
            f"{path} needs columns name and {', '.join(itrf)} or {', '.join(local)}; it has"
            f" {', '.join(sorted(columns))}"
        )
    places = np.array([[float(row[axis]) for axis in axes] for row in rows])
    positions = places if axes is itrf else geometry.enu_to_itrf_m(places)
    fibre = np.array([row.get("signal_type", "").lower().startswith("fib") for row in rows])
    names = [row["name"].replace("-", "") for row in rows]
    return Layout(Antennas(names, positions), fibre)


def from_ms(path: Path) -> Layout:
    """Take the antennas of a measurement set; those farther than 300 m are taken to have fibres."""
    antennas = ms_reader.read_antennas(path)
    middle = np.median(antennas.positions_m, axis=0)
    distance = np.linalg.norm(antennas.positions_m - middle, axis=1)
    return Layout(antennas, distance > 300.0)
