"""Records of a made-up observation, as the rules before the report write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lwacal.io.flag_file import CAUSES as FLAG_CAUSES
from lwacal.io.solutions import CAUSES, Bandpass
from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.telescope import naming, site
from made_up_plan import (
    ALTITUDE_DEG,
    FLUX_50MHZ_JY,
    Plan,
    expected_flux_jy,
    frequencies_hz,
    planted_delays_ns,
)


def manifest_record(plan: Plan, antennas: dict[str, Any], mid: float) -> dict[str, Any]:
    integrations = [
        {
            "stamp": naming.format_stamp(mid + 10 * (k - plan.n_integrations / 2)),
            "mid_mjd_s": mid + 10 * (k + 0.5 - plan.n_integrations / 2),
            "interval_s": 10.0,
        }
        for k in range(plan.n_integrations)
    ]
    return {
        "observation": {
            "id": plan.observation,
            "input": "/data/night",
            "kind": "raw",
            "stamp": plan.observation[:15],
            "start_utc": site.iso(mid - 5 * plan.n_integrations),
            "mid_utc": site.iso(mid),
            "end_utc": site.iso(mid + 5 * plan.n_integrations),
            "mid_mjd_s": mid,
            "lst_hours": site.lst_hours(mid),
            "integration_s": 10.0,
            "n_integrations": plan.n_integrations,
            "telescope": "OVRO-LWA",
            "time_column": "start",
        },
        "antennas": {"names": antennas["names"], "positions_m": antennas["positions_m"]},
        "phase_centre": {"ra_rad": 0.0, "dec_rad": 0.65},
        "integrations": integrations,
        "bands": {
            band: {
                "frequency_hz": site.band_frequencies_hz(band, plan.n_channels),
                "channel_width_hz": site.CHANNEL_WIDTH_HZ * 192 / plan.n_channels,
                "correlations": ["XX", "XY", "YX", "YY"],
                "usable": True,
                "message": "",
                "entries": [_entry(band, scan, item) for scan, item in enumerate(integrations, 1)],
            }
            for band in plan.bands
        },
        "faults": [],
        "ignored": [],
        "size_bytes": 0,
    }


def _entry(band: str, scan: int, integration: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": f"/data/night/{naming.raw_name(integration['stamp'], band)}",
        "stamp": integration["stamp"],
        "data_desc_id": 0,
        "time_mjd_s": integration["mid_mjd_s"] - 5,
        "mid_mjd_s": integration["mid_mjd_s"],
        "interval_s": integration["interval_s"],
        "n_rows": 62128,
        "field_ra_rad": 0.0,
        "field_dec_rad": 0.65,
        "correlations": ["XX", "XY", "YX", "YY"],
        "conjugate": False,
        "scan": scan,
        "usable": True,
    }


def _signals(plan: Plan, antennas: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for index, name in enumerate(antennas["names"]):
        pols, status, reason = plan.bad.get(index, ("", "good", ""))
        for pol in "XY":
            hit = pol in pols
            found.append(
                {
                    "index": index,
                    "antenna": name,
                    "pol": pol,
                    "status": status if hit else "good",
                    "reasons": [reason] if hit else [],
                }
            )
    return found


def health_record(plan: Plan, antennas: dict[str, Any]) -> dict[str, Any]:
    words = {"dead": "autocorr:dead", "health_list": "mnc:selfcorr", "noisy": "autocorr:noisy"}
    found = [
        {**s, "reasons": [words[r] for r in s["reasons"]]}
        if s["reasons"] and s["reasons"][0] in words
        else {**s, "status": "good", "reasons": []}
        for s in _signals(plan, antennas)
    ]
    return {
        "requested_mjd": 60454.4,
        "antennas": found,
        "sources": [
            {"name": "mnc", "age_days": 1.2, "used": True, "message": "12 bad"},
            {"name": "autocorr", "age_days": None, "used": True, "message": "ok"},
        ],
    }


def write_solutions(
    folder: Path, plan: Plan, antennas: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    frequency_hz, n = frequencies_hz(plan), plan.n_antennas
    x = (frequency_hz / 1e6 - 50) / 37
    shape = 4e-3 * np.exp(-1.2 * x**2) * (1 + 0.1 * np.sin(9 * x))
    scale = rng.lognormal(0, 0.15, (n, 1, 2))
    gain = shape[None, :, None] * scale * (1 + 0.02 * rng.normal(size=(n, len(x), 2)))
    phase = 2 * np.pi * frequency_hz * 1e-9 * planted_delays_ns(antennas)[:, None]
    gain = gain * np.exp(1j * (phase[:, :, None] + 0.05 * rng.normal(size=gain.shape)))
    cause = np.zeros(gain.shape, np.uint16)
    rfi = rng.choice(len(x), max(1, len(x) // 60), replace=False)
    cause[:, rfi] |= CAUSES["scatter"]
    cause[rng.random(cause.shape) < 0.004] |= CAUSES["clip"]
    if len(plan.bands) > 1:
        low = frequency_hz < 20e6
        cause[:, low] |= (rng.random(cause[:, low].shape) < 0.3) * np.uint16(CAUSES["clip"])
    band_index = np.repeat(np.arange(len(plan.bands)), plan.n_channels)
    for k, band in enumerate(plan.bands):
        if band in plan.unsolved:
            cause[:, band_index == k] = CAUSES["solver"]
    signals = _signals(plan, antennas)
    causes = {"weak_gain": "weak", "strong_gain": "strong", "solver_failed": "solver"}
    factors = {"weak_gain": 0.03, "strong_gain": 8.0, "dead": 0.001}
    for signal in signals:
        place = (signal["index"], slice(None), "XY".index(signal["pol"]))
        gain[place] *= factors.get((signal["reasons"] or [""])[0], 1)
        if signal["status"] == "bad":
            word = signal["reasons"][0]
            cause[place] |= CAUSES[causes.get(word, "health")]
    interpolated = (cause == CAUSES["scatter"]) & (np.arange(len(x))[:, None] % 3 == 0)
    flag = (cause > 0) & ~interpolated
    gain[flag & (cause == CAUSES["solver"])] = 1
    Bandpass(
        antenna_names=antennas["names"],
        band_names=list(plan.bands),
        cause=cause,
        interpolated=interpolated,
        frequency_hz=frequency_hz,
        band_index=band_index,
        gain=gain,
        reference=np.zeros(len(plan.bands), int),
    ).write(folder / "tables/bandpass_flags.npz")
    typical = np.median(np.abs(gain))
    for signal in signals:
        place = (signal["index"], slice(None), "XY".index(signal["pol"]))
        signal["gain_db"] = float(20 * np.log10(np.median(np.abs(gain[place])) / typical))
        signal["noise_ratio"] = None if signal["status"] == "bad" else 1.0
        signal["power_follows_gain"] = False
        signal["flagged_fraction"] = float(flag[place].mean())
    bands = {
        band: {
            "flagged_fraction": float(flag[:, band_index == k].mean()),
            "interpolated_fraction": float(interpolated[:, band_index == k].mean()),
            "rfi_channels": sorted(frequency_hz[rfi][band_index[rfi] == k]),
            "restored_integrations": [],
            "solved": band not in plan.unsolved,
            "reference_antenna": antennas["names"][0],
            "message": "",
        }
        for k, band in enumerate(plan.bands)
    }
    return {
        "bands": bands,
        "antennas": signals,
        "causes": CAUSES,
        "interpolated_fraction": float(interpolated.mean()),
        "reference_antenna": antennas["names"][0],
        "reference_why": "the first healthy antenna of bandpass.reference_antennas",
        "message": "",
    }


def delay_record(plan: Plan, antennas: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    used = [band for band in plan.bands if naming.band_mhz(band) >= 41]
    if not plan.delay or not used:
        return {
            **_delay_head(antennas, plan),
            "status": "no_band",
            "antennas": [],
            "bands": [],
            "first_integration_bands": [],
            "message": "no sub-band at or above 41 MHz (delay.min_freq_mhz)",
            "reference_table": "",
        }
    reference = planted_delays_ns(antennas)
    found = []
    for signal in _signals(plan, antennas):
        index, flagged = signal["index"], signal["status"] == "bad"
        offset = 180.0 if index % 71 == 9 else 0.0
        value = reference[index] + rng.normal(0, 0.8) + offset
        known = plan.delay_reference and not flagged
        found.append(
            {
                "index": index,
                "antenna": signal["antenna"],
                "pol": signal["pol"],
                "flagged": flagged,
                "delay_ns": None if flagged else value,
                "delay_err_ns": None if flagged else 0.8,
                "phase_deg": None if flagged else float((value * 23.04 + 180) % 360 - 180),
                "phase_err_deg": None if flagged else 2.0,
                "coherence": None if flagged else 0.99,
                "ambiguous": False,
                "first_integration_ns": None if flagged else value,
                "first_integration_err_ns": None if flagged else 1.0,
                "first_integration_bands": 0 if flagged else len(used),
                "reference_ns": reference[index] if plan.delay_reference else None,
                "difference_ns": value - reference[index] if known else None,
            }
        )
    return {
        **_delay_head(antennas, plan),
        "status": "ok",
        "message": "",
        "bands": used,
        "first_integration_bands": used,
        "antennas": found,
        "reference_table": "20h/20250202_190116.K" if plan.delay_reference else "",
    }


def _delay_head(antennas: dict[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        "engine": "stefcal",
        "reference_antenna": antennas["names"][0],
        "reference_index": 0,
        "phase_freq_mhz": 64.0,
        "reference_message": "" if plan.delay_reference else "no reference table within 8 h of LST",
        "groups": {},
        "boards": [],
    }


def sky_model_record(plan: Plan, mid: float) -> dict[str, Any]:
    sources: list[dict[str, Any]] = [
        {
            "name": name,
            "kind": "a_team",
            "flux_sigma": 0.1,
            "ra_rad": 1.0,
            "dec_rad": 0.6,
            "altitude_deg": altitude,
            "azimuth_deg": 120.0 + 40 * k,
            "brightest_apparent_jy": FLUX_50MHZ_JY[name][0],
            "shape": "point",
            "component_list": None,
            "in_model": altitude > 0,
            "calibrator": altitude > 20,
            "warnings": [],
            "reason": "" if altitude > 20 else "lower than sky_model.min_elevation_deg = 20",
        }
        for k, (name, altitude) in enumerate(ALTITUDE_DEG.items())
    ]
    bands: dict[str, Any] = {
        band: {
            name: {
                "flux_jy": expected_flux_jy(
                    name, site.band_frequencies_hz(band, plan.n_channels) / 1e6
                ),
                "beam_xx": [],
                "beam_yy": [],
                "flux_uncertainty": 0.03,
            }
            for name, altitude in ALTITUDE_DEG.items()
            if altitude > 0
        }
        for band in plan.bands
    }
    return {
        "mid_utc": site.iso(mid),
        "flux_scale": "ovro2023",
        "min_elevation_deg": 20.0,
        "beam": {},
        "sources": sources,
        "bands": bands,
        "message": "",
        "galaxy_max_lambda": None,
        "unmodelled": {band: {"apparent_jy": {}, "fraction": 0.0} for band in plan.bands},
    }


def write_flags(folder: Path, plan: Plan, band: str, rng: np.random.Generator) -> None:
    antenna = sum(len(pols) for pols, status, _ in plan.bad.values() if status == "bad")
    share = 1 - (1 - antenna / (2 * plan.n_antennas)) ** 2
    noise = rng.normal(0, 0.01, plan.n_antennas)
    low = 3.0 if naming.band_mhz(band) < 30 else 1.0
    rfi = plan.rfi * low
    channel = np.clip(share + rfi + 0.02 * rng.random(plan.n_channels), 0, 1)
    channel[rng.random(plan.n_channels) < rfi / 2] = 1
    files.write(
        RECORDS["flags"],
        folder / f"flags/{band}.json",
        {
            "band": band,
            "message": "",
            "causes": FLAG_CAUSES,
            "fractions": {
                "total": share + rfi * (1 - share),
                "original": 0.0,
                "antenna": share,
                "aoflagger": rfi * (1 - share),
                "zero": 0.0,
                "non_finite": 0.0,
                "burst": 0.0,
            },
            "bursts": [],
            "lines": [],
            "baseline_fraction": np.full(plan.n_antennas * (plan.n_antennas - 1) // 2, share),
            "antenna_fraction": np.clip(share + rfi + noise, 0, 1),
            "channel_fraction": channel,
        },
    )


def run_record() -> dict[str, Any]:
    return {
        "observation": "20240524_090003",
        "versions": {
            "casatools": "6.7.0.31",
            "wsclean": "3.1",
            "aoflagger": "3.1.0",
            "python": "3.11.2",
            "numpy": "2.4.0",
            "snakemake": "9.27.1",
        },
        "version": "0.1.0",
        "git": {"commit": "0123456789abcdef0123456789abcdef01234567", "dirty": False},
        "configuration": {"input": "/data/night"},
        "differences": [
            {"key": "input", "value": "/data/night", "default": ""},
            {"key": "imaging.source.niter", "value": 500, "default": 100},
        ],
        "command": "snakemake --cores 2 --config input=/data/night",
        "host": "calim01",
        "written_utc": "2024-05-24T14:31:05",
        "total_s": 127.6,
        "rules": [
            {"rule": "concat", "job": "73MHz", "wall_s": 22.5, "max_rss_mb": 812},
            {"rule": "bandpass", "job": "73MHz", "wall_s": 101.0, "max_rss_mb": 2210},
            {"rule": "flag_solutions", "job": "", "wall_s": 4.1, "max_rss_mb": 400},
        ],
    }
