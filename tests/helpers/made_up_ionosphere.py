"""A made-up ionosphere.json, for reports and verdicts without a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.telescope import site
from made_up_plan import Plan

CURVATURE = [2e-4, -1e-4, 3e-4]  # TECU/km^2


def ionosphere_record(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
    """A quiet night: sources move by some arcminutes, and all sub-bands agree."""
    scans = np.arange(1, plan.n_integrations + 1)
    steps = rng.normal(0, 0.3, (3, 2, len(scans))).cumsum(axis=2) + rng.normal(0, 2, (3, 2, 1))

    def gradient(values: np.ndarray) -> dict[str, Any]:
        east, north = (values / 866).tolist()
        errors = {f"{word}_err_tecu_per_km": 1e-4 for word in ("east", "north")}
        return {"east_tecu_per_km": east, "north_tecu_per_km": north, **errors}

    def source(name: str, shift: np.ndarray) -> dict[str, Any]:
        small = [0.05] * len(scans)
        return {
            "source": name,
            "altitude_deg": 60.0,
            "azimuth_deg": 0.0,
            "shift_east_arcmin": shift[0].tolist(),
            "shift_north_arcmin": shift[1].tolist(),
            "shift_east_err_arcmin": small,
            "shift_north_err_arcmin": small,
            "altitude_offset_arcmin": (-shift[1] / np.sin(np.pi / 3)).tolist(),
            "azimuth_offset_arcmin": shift[0].tolist(),
            "chi2": 10.0,
            "freedom": 10,
            "scintillation_index": dict.fromkeys(plan.bands, 0.1),
        }

    mean = steps[0].mean(axis=1)
    return {
        "status": "separated",
        "message": "The ionosphere moved sources by up to 3.2 arcmin at 40 MHz; it is taken out of"
        " the tables.",
        "taken_out": True,
        "frequency_hz": 40e6,
        "gradient": gradient(mean),
        "shift_arcmin": float(np.hypot(*mean)),
        "shift_err_arcmin": 0.1,
        "largest_shift_arcmin": 3.2,
        "curvature_tecu_per_km2": CURVATURE,
        "curvature_err_tecu_per_km2": [1e-5, 1e-5, 1e-5],
        "scatter_tecu": 1e-4,
        "antpols": 2 * plan.n_antennas,
        "polarizations": {pol: gradient(mean) for pol in "XY"},
        "polarizations_sigma": 0.5,
        "last_tables": "",
        "bands": {
            band: {
                "frequency_hz": float(site.band_frequencies_hz(band, plan.n_channels).mean()),
                "east_tecu_per_km": float(mean[0] / 866),
                "north_tecu_per_km": float(mean[1] / 866),
                "curvature_tecu_per_km2": CURVATURE,
                "offset_east_arcmin": 0.05,
                "offset_north_arcmin": -0.02,
                "offset_east_err_arcmin": 0.05,
                "offset_north_err_arcmin": 0.05,
                "offset_beams": float(rng.uniform(0.001, 0.02)),
                "last_offset_east_arcmin": None,
                "last_offset_north_arcmin": None,
                "last_offset_beams": None,
                "agrees": True,
            }
            for band in plan.bands
        },
        "integration_gradients": [
            {"integration": int(scan), **gradient(steps[0, :, number])}
            for number, scan in enumerate(scans)
        ],
        "sources": [
            source(name, steps[0] + steps[number]) for number, name in ((1, "CygA"), (2, "CasA"))
        ],
        "excess_arcmin": [0.0, 0.0],
    }
