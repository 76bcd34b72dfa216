"""Calibrated sets of one source as rule calibrate_split writes them: unequal sub-bands and gaps."""

from pathlib import Path

import numpy as np

import point_sources
from lwacal.imaging import split
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records import files
from lwacal.records.calibrated import CalibratedRecord
from lwacal.simulate import layout
from lwacal.sky import sources
from lwacal.telescope import geometry, site

# unequal widths, a sub-band missing between them (46MHz) and one at the end (82MHz)
CHANNELS = {"36MHz": 4, "41MHz": 12, "59MHz": 6, "73MHz": 12}
FLUX_JY = {"36MHz": 4000.0, "41MHz": 3000.0, "59MHz": 2000.0, "73MHz": 1000.0}
MISSING = ("46MHz", "82MHz")
VISIBLE = {"ratio": 0.8, "ratio_err": 0.01}  # of the second integration
MJD_S = (5223956400.0, 5223956410.0)
DIMMER = 0.8  # the source in the second integration
OFFSET_ARCSEC = (240.0, -180.0)  # of the source from its catalogue place, RA and Dec
NOISE_JY = 300.0  # of a visibility
SOURCE = sources.POSITIONS["CygA"]
ARRAY = layout.built_in(40).antennas


def frequencies(band):
    return site.band_frequencies_hz(band, 192)[: CHANNELS.get(band, 12)]


def manifest():
    bands = {
        band: {
            "frequency_hz": frequencies(band).tolist(),
            "channel_width_hz": site.CHANNEL_WIDTH_HZ,
        }
        for band in (*CHANNELS, *MISSING)
    }
    return {"bands": bands, "integrations": [{}, {}]}


def model():
    def record(band):
        ones = np.ones(len(frequencies(band)))
        flux_jy = 2 * FLUX_JY.get(band, 1.0) * ones  # through a beam of a half
        return {
            "flux_jy": flux_jy,
            "flux_uncertainty": 0.05,
            "beam_xx": 0.6 * ones,
            "beam_yy": 0.4 * ones,
        }

    def source(name, in_model, reason):
        return {
            "name": name,
            "ra_rad": SOURCE.ra_rad,
            "dec_rad": SOURCE.dec_rad,
            "in_model": in_model,
            "calibrator": in_model,
            "reason": reason,
            "shape": "point",
            "component_list": None,
        }

    return {
        "sources": [source("CygA", True, ""), source("VirA", False, "below the horizon")],
        "bands": {band: {"CygA": record(band)} for band in (*CHANNELS, *MISSING)},
    }


def write_split(folder: Path, band: str) -> Path:
    """Write the calibrated sets of a sub-band as rule calibrate_split does."""
    folder.mkdir(parents=True)
    record = {
        "band": band,
        "targets": [],
        "channel_average": {},
        "smearing": {},
        "scans": [],
        "times": [],
        "thermal_jy": 0.5,
        "flux_ratios": {},
        "flux_ratios_in_time": [{}, {"CygA": VISIBLE}],
        "message": f"{band}: there are no unflagged data",
    }
    if band in CHANNELS:
        record.update(targets=["CygA", split.ZENITH], scans=[1, 2], times=MJD_S, message="")
        for target in record["targets"]:
            write_set(folder / split.set_name(target, band), target, band)
    files.write(CalibratedRecord, folder / "split.json", record)
    return folder


def write_set(path: Path, target: str, band: str) -> None:
    antenna1, antenna2 = np.triu_indices(len(ARRAY.names), 1)
    nu = frequencies(band)
    draw = np.random.default_rng(len(band) + int(nu[0]))
    centre = (SOURCE.ra_rad, SOURCE.dec_rad)
    if target == split.ZENITH:
        centre = site.zenith(np.mean(MJD_S))
    east, north = np.deg2rad(np.array(OFFSET_ARCSEC) / 3600)
    place = [[SOURCE.ra_rad + east / np.cos(SOURCE.dec_rad), SOURCE.dec_rad + north]]
    with MeasurementSetWriter(
        path,
        ARRAY,
        nu,
        site.CHANNEL_WIDTH_HZ,
        [Field(target, *centre)],
        columns=("DATA", "WEIGHT_SPECTRUM"),
    ) as writer:
        for scan, (mjd_s, factor) in enumerate(zip(MJD_S, (1.0, DIMMER)), 1):
            bright = FLUX_JY[band] * factor * np.ones((1, len(nu)))
            sky = point_sources.model_visibilities(
                antenna1,
                antenna2,
                ARRAY.positions_m,
                nu,
                mjd_s,
                np.array(place),
                1.2 * bright,
                0.8 * bright,
                centre,
            )
            data = draw.normal(size=(*sky.shape[:2], 4, 2)) @ [1, 1j] * NOISE_JY / np.sqrt(2)
            data[..., [0, 3]] += sky
            uvw = geometry.antenna_uvw_m(ARRAY.positions_m, *centre, mjd_s)
            writer.append(
                mjd_s,
                10.0,
                antenna1,
                antenna2,
                uvw[antenna1] - uvw[antenna2],
                data.astype(np.complex64),
                scan=scan,
                weight=np.ones(data.shape, np.float32),
            )
