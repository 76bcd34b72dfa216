"""What a made-up observation consists of: array, sub-bands, planted faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lwacal.telescope import site

FLUX_50MHZ_JY = {
    "CygA": (22000, -0.6),
    "CasA": (20500, -0.7),
    "TauA": (2380, -0.3),
    "VirA": (2635, -0.75),
}


ALTITUDE_DEG = {"CygA": 72.0, "CasA": 55.0, "TauA": 12.0, "VirA": -20.0}


@dataclass
class Plan:
    """What to fabricate; the defaults are a good night with a few bad antennas."""

    n_antennas: int = 352
    bands: tuple[str, ...] = site.BANDS
    n_channels: int = 192
    n_integrations: int = 6
    observation: str = "20240524_090003"
    bad: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # index: pols, status, why
    delay: bool = True
    delay_reference: bool = True
    images: bool = True
    flux_error: float = 0.05
    rfi: float = 0.05
    unsolved: tuple[str, ...] = ()


def usual_faults(n_antennas: int) -> dict[int, tuple[str, str, str]]:
    """Return some bad antennas of each kind, about a tenth of all."""
    kinds = [
        ("XY", "bad", "dead"),
        ("X", "bad", "weak_gain"),
        ("Y", "suspect", "noisy"),
        ("XY", "bad", "swapped_polarizations"),
        ("Y", "bad", "strong_gain"),
        ("XY", "bad", "health_list"),
        ("X", "bad", "solver_failed"),
    ]
    step = max(3, n_antennas // 35)
    return {index: kinds[k % len(kinds)] for k, index in enumerate(range(2, n_antennas, step))}


def make_antennas(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    n = plan.n_antennas
    core = n * 7 // 10
    radius_m = np.where(
        np.arange(n) < core, 100 * np.sqrt(rng.random(n)), 160 + 1400 * rng.random(n)
    )
    angle = rng.uniform(0, 2 * np.pi, n)
    east, north = radius_m * np.cos(angle), radius_m * np.sin(angle)
    latitude, longitude = np.radians([site.LATITUDE_DEG, site.LONGITUDE_DEG])
    east_axis = np.array([-np.sin(longitude), np.cos(longitude), 0])
    north_axis = np.array(
        [
            -np.sin(latitude) * np.cos(longitude),
            -np.sin(latitude) * np.sin(longitude),
            np.cos(latitude),
        ]
    )
    positions = site.itrf_centre_m() + east[:, None] * east_axis + north[:, None] * north_axis
    order = rng.permutation(n)
    return {
        "names": [f"LWA{k + 1:03d}" for k in order],
        "positions_m": positions[order],
        "radius_m": radius_m[order],
    }


def frequencies_hz(plan: Plan) -> np.ndarray:
    return np.concatenate([site.band_frequencies_hz(b, plan.n_channels) for b in plan.bands])


def planted_delays_ns(antennas: dict[str, Any]) -> np.ndarray:
    radius = np.asarray(antennas["radius_m"])
    rng = np.random.default_rng(7)
    fibre = radius > 150
    return np.where(fibre, -98 - 0.19 * radius, -1.3) + rng.normal(0, 3, len(radius))


def expected_flux_jy(source: str, mhz: np.ndarray | float) -> np.ndarray | float:
    flux, index = FLUX_50MHZ_JY[source]
    return flux * (np.asarray(mhz) / 50) ** index
