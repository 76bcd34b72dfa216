"""Measurements of a made-up observation."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.imaging import measure, refraction_fit
from lwacal.telescope import site
from made_up_plan import (
    ALTITUDE_DEG,
    Plan,
    expected_flux_jy,
)

UNMEASURED = dict.fromkeys(
    (
        "flux_jy",
        "flux_err_jy",
        "flux_apparent_jy",
        "flux_visibility_jy",
        "flux_visibility_err_jy",
        "flux_expected_err_jy",
        "ratio",
        "ratio_err",
        "ratio_model_err",
        "ra_offset_arcsec",
        "dec_offset_arcsec",
        "offset_err_arcsec",
        "beam_fwhm_arcsec",
        "rms_jy",
        "thermal_jy",
    )
)


def measurements_record(plan: Plan, mid: float, rng: np.random.Generator) -> dict[str, Any]:
    if not plan.images:
        return {
            "calibrators": [],
            "positions": [],
            "scintillation": [],
            "scintillation_indices": [],
            "allsky": [],
        }
    calibrators: list[Any] = []
    scintillation: list[Any] = []
    modelled = [name for name, altitude in ALTITUDE_DEG.items() if altitude > 20]
    for source in modelled:
        for band in plan.bands:
            mhz = float(site.band_frequencies_hz(band, plan.n_channels).mean() / 1e6)
            expected = float(expected_flux_jy(source, mhz))
            flux = expected * (1 + plan.flux_error + rng.normal(0, 0.02))
            common = {
                "source": source,
                "band": band,
                "freq_mhz": mhz,
                "flux_expected_jy": expected,
                "imaged": True,
            }
            if band in plan.unsolved:
                calibrators.append({**UNMEASURED, **common, "fit": "failed", "reason": "no image"})
                continue
            beam = 900 * 50 / mhz
            calibrators.append(
                {
                    **UNMEASURED,
                    **common,
                    "flux_jy": flux,
                    "flux_err_jy": 0.02 * flux,
                    "ratio": flux / expected,
                    "flux_apparent_jy": 0.8 * flux,
                    "rms_jy": 30.0,
                    "beam_fwhm_arcsec": beam,
                    "thermal_jy": 4.0,
                    "flux_visibility_jy": 1.01 * flux,
                    "flux_visibility_err_jy": 0.004 * flux,
                    "offset_err_arcsec": 6.0,
                    "ra_offset_arcsec": 40 * (50 / mhz) ** 2 + rng.normal(0, 6),
                    "dec_offset_arcsec": -25 * (50 / mhz) ** 2 + rng.normal(0, 6),
                    "fit": "ok",
                    "reason": "",
                }
            )
            if plan.n_integrations > 1:
                scintillation += [
                    {
                        "source": source,
                        "band": band,
                        "rms_jy": 0.01 * flux,
                        "flux_err_jy": 0.0125 * flux,
                        "flux_visibility_jy": None,
                        "flux_visibility_err_jy": None,
                        "flux_apparent_jy": 0.8 * flux,
                        "fit": "ok",
                        "reason": "",
                        "time_utc": site.iso(mid + 10 * (k + 0.5 - plan.n_integrations / 2)),
                        "flux_jy": flux * (1 + 0.15 * (50 / mhz) ** 1.5 * np.sin(k + mhz / 20)),
                    }
                    for k in range(plan.n_integrations)
                ]
    allsky = [
        {
            "name": name,
            "rms_jy": 2.0,
            "thermal_jy": 0.2,
            "peak_jy": 2000.0 * k,
            "dynamic_range": 1000.0 * k,
            "message": "",
        }
        for k, name in enumerate(("low", "mid", "high"), 1)
    ]
    return {
        "calibrators": calibrators,
        "scintillation": scintillation,
        "positions": refraction_fit.of_sources(calibrators),
        "scintillation_indices": measure.scintillation_indices(scintillation),
        "allsky": allsky,
    }
