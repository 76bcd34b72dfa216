"""Fabricates every record that the verdict and the report are made from, for any array and band.

The numbers are drawn to look like the real array: core and outriggers, cable delays, bandpass
shape, bad antennas, interference. Nothing here is calibrated; it only has the right form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.imaging import measure, refraction_fit
from lwacal.io.flag_file import CAUSES as FLAG_CAUSES
from lwacal.io.solutions import CAUSES, Bandpass
from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.telescope import naming, site

FLUX_50MHZ_JY = {
    "CygA": (22000, -0.6),
    "CasA": (20500, -0.7),
    "TauA": (2380, -0.3),
    "VirA": (2635, -0.75),
}
ALTITUDE_DEG = {"CygA": 72.0, "CasA": 55.0, "TauA": 12.0, "VirA": -20.0}


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


def write(folder: Path, plan: Plan) -> dict[str, Any]:
    """Write all records below a folder; return their paths by the argument of the scripts."""
    rng = np.random.default_rng(20240524)
    antennas = _antennas(plan, rng)
    paths: dict[str, Any] = {}
    mid = naming.stamp_time(plan.observation[:15]) + 5 * plan.n_integrations

    def put(argument: str, name: str, record: dict[str, Any]) -> None:
        files.write(RECORDS[Path(name).stem], folder / name, record)
        paths[argument] = folder / name

    put("manifest", "manifest.json", _manifest(plan, antennas, mid))
    put("health", "health.json", _health(plan, antennas))
    put("sky_model", "sky_model.json", _sky_model(plan, mid))
    put("solutions", "tables/bandpass_flags.json", _solutions(folder, plan, antennas, rng))
    put("delay", "delay/delay.json", _delay(plan, antennas, rng))
    put("measurements", "qa/measurements.json", _measurements(plan, mid, rng))
    put("run", "run.json", _run())
    paths["solutions_npz"] = folder / "tables/bandpass_flags.npz"
    paths["flags"], paths["bandpass"] = [], []
    for band in plan.bands:
        _flags(folder, plan, band, rng)
        paths["flags"].append(folder / f"flags/{band}.json")
        solved = band not in plan.unsolved
        files.write(
            RECORDS["bandpass"],
            folder / f"tables/raw/{band}.json",
            {
                "band": band,
                "engine": "stefcal",
                "sources": ["CygA", "CasA"],
                "min_snr": 3.0,
                "min_baselines_per_antenna": 4,
                "median_snr": {pol: [20.0] * plan.n_channels for pol in "XY"},
                "reference_antenna": antennas["names"][0],
                "n_solutions": 1,
                "flagged_fraction": 0.1,
                "uv_range_lambda": [5.0, 350.0],
                "status": "ok" if solved else "no_data",
                "residual_over_thermal": 1.1 if solved else None,
                "message": "" if solved else "all visibilities of the sub-band are flagged",
            },
        )
        paths["bandpass"].append(folder / f"tables/raw/{band}.json")
    paths["images"] = _images(folder, plan, rng)
    paths["allsky"] = _allsky(folder, plan, rng, mid)
    return paths


def manifest(plan: Plan) -> dict[str, Any]:
    """Return manifest.json of a plan."""
    rng = np.random.default_rng(20240524)
    return _manifest(plan, _antennas(plan, rng), naming.stamp_time(plan.observation[:15]))


def _antennas(plan: Plan, rng: np.random.Generator) -> dict[str, Any]:
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


def _manifest(plan: Plan, antennas: dict[str, Any], mid: float) -> dict[str, Any]:
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


def _health(plan: Plan, antennas: dict[str, Any]) -> dict[str, Any]:
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


def _frequencies(plan: Plan) -> np.ndarray:
    return np.concatenate([site.band_frequencies_hz(b, plan.n_channels) for b in plan.bands])


def _delays_ns(antennas: dict[str, Any]) -> np.ndarray:
    radius = np.asarray(antennas["radius_m"])
    rng = np.random.default_rng(7)
    fibre = radius > 150
    return np.where(fibre, -98 - 0.19 * radius, -1.3) + rng.normal(0, 3, len(radius))


def _solutions(
    folder: Path, plan: Plan, antennas: dict[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    frequency_hz, n = _frequencies(plan), plan.n_antennas
    x = (frequency_hz / 1e6 - 50) / 37
    shape = 4e-3 * np.exp(-1.2 * x**2) * (1 + 0.1 * np.sin(9 * x))
    scale = rng.lognormal(0, 0.15, (n, 1, 2))
    gain = shape[None, :, None] * scale * (1 + 0.02 * rng.normal(size=(n, len(x), 2)))
    phase = 2 * np.pi * frequency_hz * 1e-9 * _delays_ns(antennas)[:, None]
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
        signal["flagged_fraction"] = float(flag[place].mean())
    bands = {
        band: {
            "flagged_fraction": float(flag[:, band_index == k].mean()),
            "interpolated_fraction": float(interpolated[:, band_index == k].mean()),
            "rfi_channels": sorted(frequency_hz[rfi][band_index[rfi] == k]),
            "solved": band not in plan.unsolved,
            "reference_antenna": antennas["names"][0],
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


def _delay(plan: Plan, antennas: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
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
    reference = _delays_ns(antennas)
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


def _flux_jy(source: str, mhz: np.ndarray | float) -> np.ndarray | float:
    flux, index = FLUX_50MHZ_JY[source]
    return flux * (np.asarray(mhz) / 50) ** index


def _sky_model(plan: Plan, mid: float) -> dict[str, Any]:
    sources: list[dict[str, Any]] = [
        {
            "name": name,
            "ra_rad": 1.0,
            "dec_rad": 0.6,
            "altitude_deg": altitude,
            "azimuth_deg": 120.0 + 40 * k,
            "brightest_apparent_jy": FLUX_50MHZ_JY[name][0],
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
                "flux_jy": _flux_jy(name, site.band_frequencies_hz(band, plan.n_channels) / 1e6),
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
        "unmodelled": {band: {"apparent_jy": {}, "fraction": 0.0} for band in plan.bands},
    }


def _measurements(plan: Plan, mid: float, rng: np.random.Generator) -> dict[str, Any]:
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
            expected = float(_flux_jy(source, mhz))
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


def _flags(folder: Path, plan: Plan, band: str, rng: np.random.Generator) -> None:
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


def _blob(size: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    width = size / 30
    return (1000 * np.exp(-(x**2 + y**2) / (2 * width**2)) + rng.normal(0, 8, (size, size))).astype(
        np.float32
    )


def _write_fits(path: Path, data: np.ndarray, scale_deg: float, ra: float, dec: float) -> None:
    from astropy.io import fits

    header = fits.Header()
    half = data.shape[-1] / 2 + 1
    for axis, (kind, value, step) in enumerate(
        [("RA---SIN", ra, -scale_deg), ("DEC--SIN", dec, scale_deg)], 1
    ):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"] = kind, value
        header[f"CDELT{axis}"], header[f"CRPIX{axis}"] = step, half
        header[f"CUNIT{axis}"] = "deg"
    header["BUNIT"] = "JY/BEAM"
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.writeto(path, data[None, None], header, overwrite=True)


def _images(folder: Path, plan: Plan, rng: np.random.Generator) -> list[Path]:
    made = []
    for name, altitude in ALTITUDE_DEG.items():
        path = folder / "images" / name
        ok = altitude > 20 and plan.images
        if ok:
            _write_fits(path / f"{name}-MFS-image.fits", _blob(256, rng), 0.02, 57.3, 34.4)
        files.write(
            RECORDS["images"],
            path / "images.json",
            {
                "source": name,
                "spectrum": [],
                "intervals": [],
                "commands": [],
                "status": "ok" if ok else "no_calibrator",
                "message": "" if ok else "the source is too low",
                "mfs": f"{name}-MFS-image.fits",
            },
        )
        made.append(path)
    return made


def _allsky(folder: Path, plan: Plan, rng: np.random.Generator, mid: float) -> Path:
    path = folder / "images" / "allsky"
    bands = []
    ra, dec = np.degrees(site.zenith(mid))
    for name in ("low", "mid", "high", "full"):
        if plan.images:
            sky = 0.05 * _blob(512, rng)
            sky[300:304, 200:204] = 400
            _write_fits(path / f"{name}-MFS-image.fits", sky, 0.25, ra, dec)
        bands.append(
            {
                "name": name,
                "mhz": [18.0, 83.0],
                "sub_bands": ["27MHz"],
                "file": f"{name}-MFS-image.fits",
                "status": "ok" if plan.images else "no_data",
                "message": "",
            }
        )
    files.write(
        RECORDS["allsky"],
        path / "images.json",
        {
            "status": "ok" if plan.images else "no_data",
            "bands": bands,
            "commands": [],
            "horizon_mask_deg": 10.0,
            "message": "" if plan.images else "imaging is switched off (imaging.enabled)",
        },
    )
    return path


def _run() -> dict[str, Any]:
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
