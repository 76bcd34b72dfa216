"""Images of a made-up observation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.telescope import site
from made_up_plan import ALTITUDE_DEG, Plan


def _blob(size: int, rng: np.random.Generator) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    width = size / 30
    return (1000 * np.exp(-(x**2 + y**2) / (2 * width**2)) + rng.normal(0, 8, (size, size))).astype(
        np.float32
    )


def write_fits(path: Path, data: np.ndarray, scale_deg: float, ra: float, dec: float) -> None:
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


def write_images(folder: Path, plan: Plan, rng: np.random.Generator) -> list[Path]:
    made = []
    for name, altitude in ALTITUDE_DEG.items():
        path = folder / "images" / name
        ok = altitude > 20 and plan.images
        if ok:
            write_fits(path / f"{name}-MFS-image.fits", _blob(256, rng), 0.02, 57.3, 34.4)
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


def write_allsky(folder: Path, plan: Plan, rng: np.random.Generator, mid: float) -> Path:
    path = folder / "images" / "allsky"
    bands = []
    ra, dec = np.degrees(site.zenith(mid))
    for name in ("low", "mid", "high", "full"):
        if plan.images:
            sky = 0.05 * _blob(512, rng)
            sky[300:304, 200:204] = 400
            write_fits(path / f"{name}-MFS-image.fits", sky, 0.25, ra, dec)
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
