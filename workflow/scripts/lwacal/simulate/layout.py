"""Random array layouts with the statistics of the OVRO-LWA (not its real positions).

About 69 % of the antennas are in a core of 109 m radius, denser towards its centre, with spacings
of at least 5 m. Five are at about 265 m. The outriggers, connected by fibre, are 157 to 1587 m from
the centre, half of them within 707 m. The rms of heights is 0.3 m in the core and 2.7 m for
outriggers. LWA-001 to 251 are in the core, 252 to 256 are the five, 257 and up are outriggers. The
numbering mixes core and outriggers, as in the correlator.
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
CORE_POWER = 0.72  # radius as a power of the fraction of antennas; 0.5 is a uniform disc
RING_RADIUS_M = 265.0
FIBRE_FRACTIONS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)  # of the outriggers
FIBRE_RADII_M = (157.0, 450.0, 707.0, 921.0, 1119.0, 1587.0)  # within these distances
RING_NAMES = ("LWA253", "LWA252", "LWA254", "LWA255", "LWA256")
CORE_FIRST = ("LWA114", "LWA109")
LAYOUT_SEED = 20240524


@dataclass(frozen=True)
class Layout:
    """Antennas in correlator order; ``fibre`` (antenna,) bool: those connected by fibre."""

    antennas: Antennas
    fibre: np.ndarray


def built_in(n_antennas: int) -> Layout:
    """Return a layout of 5 to 352 antennas; the same number always gives the same layout.

    It always contains LWA253, the usual reference antenna, and with ten or more antennas LWA114 and
    LWA109. Raises ValueError for other numbers of antennas.
    """
    if not 5 <= n_antennas <= FULL_SIZE:
        raise ValueError(f"the built-in layout has 5 to {FULL_SIZE} antennas, not {n_antennas}")
    draw = np.random.default_rng(LAYOUT_SEED)
    n_ring = max(1, round(n_antennas * RING / FULL_SIZE))
    n_fibre = round(n_antennas * FIBRE / FULL_SIZE)
    n_core = n_antennas - n_ring - n_fibre
    enu = np.concatenate(
        [_core(draw)[:n_core], _ring(draw)[:n_ring], _fibre(draw)[_outriggers(n_fibre)]]
    )
    names = _core_names()[:n_core] + list(RING_NAMES[:n_ring])
    names += [f"LWA{257 + number}" for number in _outriggers(n_fibre)]
    fibre = np.arange(n_antennas) >= n_core + n_ring
    order = draw.permutation(n_antennas)
    antennas = Antennas([names[i] for i in order], geometry.enu_to_itrf_m(enu[order]))
    return Layout(antennas, fibre[order])


def _core_names() -> list[str]:
    others = [f"LWA{n:03d}" for n in range(1, 252) if f"LWA{n:03d}" not in CORE_FIRST]
    return [*CORE_FIRST, *others]


def _outriggers(number: int) -> np.ndarray:
    """Return the outriggers of a smaller array, evenly from the nearest to the farthest."""
    return np.unique(np.linspace(0, FIBRE - 1, number).round().astype(int))


def _core(draw: np.random.Generator) -> np.ndarray:
    """Return random core positions, (antenna, 3), with a minimum spacing."""
    positions = np.empty((0, 2))
    while len(positions) < CORE:
        radius = CORE_RADIUS_M * draw.random() ** CORE_POWER
        angle = 2 * np.pi * draw.random()
        position = radius * np.array([np.cos(angle), np.sin(angle)])
        distance = np.linalg.norm(positions - position, axis=1)
        if distance.min(initial=np.inf) > CORE_SPACING_M:
            positions = np.vstack([positions, position])
    return np.column_stack([positions, draw.normal(0, 0.3, CORE)])


def _ring(draw: np.random.Generator) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, RING, endpoint=False) + 0.3
    radius = RING_RADIUS_M + draw.uniform(-1, 1, RING)
    positions = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([positions, draw.normal(0, 1.0, RING)])


def _fibre(draw: np.random.Generator) -> np.ndarray:
    """Return outrigger positions, (antenna, 3), at increasing distance in random directions."""
    radius = np.interp(np.linspace(0, 1, FIBRE), FIBRE_FRACTIONS, FIBRE_RADII_M)
    angle = draw.uniform(0, 2 * np.pi, FIBRE)
    positions = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([positions, draw.normal(0, 2.7, FIBRE)])


def from_csv(path: Path) -> Layout:
    """Read a table of antennas in correlator order.

    Columns: ``name``; ``x_m``, ``y_m``, ``z_m`` (ITRF) or ``east_m``, ``north_m``, ``up_m`` (from
    the array's centre); optional ``signal_type`` ("Fiber" or "Coax"). Raises ValueError if columns
    or antennas are missing.
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
    values = np.array([[float(row[axis]) for axis in axes] for row in rows])
    positions = values if axes is itrf else geometry.enu_to_itrf_m(values)
    fibre = np.array([row.get("signal_type", "").lower().startswith("fib") for row in rows])
    names = [row["name"].replace("-", "") for row in rows]
    return Layout(Antennas(names, positions), fibre)


def from_ms(path: Path) -> Layout:
    """Return the antennas of a measurement set; beyond 300 m they are assumed to have fibres."""
    antennas = ms_reader.read_antennas(path)
    middle = np.median(antennas.positions_m, axis=0)
    distance = np.linalg.norm(antennas.positions_m - middle, axis=1)
    return Layout(antennas, distance > 300.0)
