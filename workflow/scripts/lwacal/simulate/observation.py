"""Writes a simulated observation: raw measurement sets like the telescope's, and the truth."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.io.ms_reader import Antennas
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime import products
from lwacal.simulate import drawn, instrument, layout, truth, visibilities
from lwacal.simulate import sky as skies
from lwacal.simulate.layout import Layout
from lwacal.simulate.options import Simulation
from lwacal.simulate.seen import Exposure, Observation
from lwacal.telescope import geometry, naming, site

logger = logging.getLogger(__name__)

GEOCENTRIC_OFFSET_DEG = 0.186  # of the geocentric zenith, to the south of the geodetic one
STAMP_FRACTION_S = 0.25  # times in real headers have fractions of a second, names have not
WRONG_STAMP_S = 60.0
NAN_STEP = 50


def simulate(options: Simulation, folder: Path) -> Path:
    """Write the observation to a folder and its truth to ``<folder>.truth``; return the latter.

    Sets are written one after another in blocks of rows, so that the memory does not grow with the
    observation. Raises FileExistsError if the folder is not empty.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; choose an empty or a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    array = _layout(options)
    antpols = truth.draw_antpols(options, array)
    for band, factor in instrument.factors(options, len(array.antennas.names)).items():
        antpols.gain[band] = antpols.gain[band] * factor
    starts = [
        naming.stamp_time(options.start) + STAMP_FRACTION_S + number * options.interval_s
        for number in range(options.n_integrations)
    ]
    middle = (starts[0] + starts[-1] + options.interval_s) / 2
    sky = skies.draw_sky(options, middle)
    antennas = array.antennas
    mid_mjd_s = np.array(starts) + options.interval_s / 2
    night = Observation(options, antennas.names, antennas.positions_m, sky, mid_mjd_s)
    effects = drawn.draw(night)
    for number, start in enumerate(starts, 1):
        for band_number, band in enumerate(options.bands):
            _write_set(effects, folder, antennas, antpols, band_number, band, number, start)
    return _write_truth(effects, folder, array, antpols, starts, middle)


def _layout(options: Simulation) -> Layout:
    if options.layout is None:
        return layout.built_in(options.n_antennas)
    path = Path(options.layout)
    array = layout.from_ms(path) if path.is_dir() else layout.from_csv(path)
    antennas = array.antennas
    number = min(options.n_antennas, len(antennas.names))
    first = replace(
        antennas, names=antennas.names[:number], positions_m=antennas.positions_m[:number]
    )
    return Layout(first, array.fibre[:number])


def _has(options: Simulation, kind: str, band: str, number: int) -> bool:
    return any(
        fault.kind == kind and fault.band == band and fault.number == number
        for fault in options.faults
    )


def _write_set(
    effects: drawn.Drawn,
    folder: Path,
    antennas: Antennas,
    antpols: truth.Antpols,
    band_number: int,
    band: str,
    number: int,
    start: float,
) -> None:
    options, positions_m = effects.night.options, effects.night.positions_m
    stamp = naming.format_stamp(np.floor(start))
    name = naming.raw_name(stamp, band)
    if _has(options, "missing", band, number):
        return
    logger.info(f"simulating {name}")
    if _has(options, "wrong_stamp", band, number):
        start += WRONG_STAMP_S
    frequency_hz = site.band_frequencies_hz(band, options.n_channels)
    middle = start + options.interval_s / 2
    centre = zenith_of_header(middle) if options.real_headers else site.zenith(middle)
    exposure = Exposure(band, band_number, number, frequency_hz, middle, centre)
    uvw = (
        geometry.local_enu_m(positions_m)
        if options.real_headers
        else geometry.antenna_uvw_m(positions_m, *centre, middle)
    )
    with MeasurementSetWriter(
        folder / name,
        antennas,
        frequency_hz,
        truth.channel_width_hz(options),
        [Field("zenith", *centre)],
        observer="lwacal.simulate",
    ) as writer:
        for first, second, data in visibilities.blocks(exposure, antpols, effects):
            _spoil(options, data, band, number)
            writer.append(
                start,
                options.interval_s,
                first,
                second,
                uvw[first] - uvw[second],
                data,
                time_centroid_mjd_s=middle,
            )


def _spoil(options: Simulation, data: np.ndarray, band: str, number: int) -> None:
    """Apply the faults of files to a block of data, in place."""
    if _has(options, "zero_filled", band, number):
        data[:] = 0
    if _has(options, "nan", band, number):
        data.reshape(-1)[::NAN_STEP] = np.nan


def zenith_of_header(mjd_s: float) -> tuple[float, float]:
    """Return the zenith of real headers, which is the geocentric vertical, in ICRS radians."""
    up, north = geometry.enu_axes()[2], geometry.enu_axes()[1]
    tilt = np.deg2rad(GEOCENTRIC_OFFSET_DEG)
    vertical = np.cos(tilt) * up - np.sin(tilt) * north
    ra_rad, dec_rad = site.zenith(mjd_s)
    axes = geometry.uvw_axes(ra_rad, dec_rad, mjd_s)
    east, northward, _ = axes @ vertical
    return ra_rad + float(east / np.cos(dec_rad)), dec_rad + float(northward)


def _write_truth(
    effects: drawn.Drawn,
    folder: Path,
    array: Layout,
    antpols: truth.Antpols,
    starts: list[float],
    middle: float,
) -> Path:
    options, sky = effects.night.options, effects.night.sky
    output = folder.with_name(folder.name + ".truth")
    width_hz = truth.channel_width_hz(options)
    arrays: dict[str, np.ndarray] = {
        "positions_m": array.antennas.positions_m,
        "delays_ns": antpols.delays_ns,
        **effects.truth(),
    }
    arrays |= {
        f"variation_{name}": body.variation
        for name, body in sky.bodies.items()
        if body.variation is not None
    }
    bands: dict[str, Any] = {}
    for band_number, band in enumerate(options.bands):
        frequency_hz = site.band_frequencies_hz(band, options.n_channels)
        noise = options.noise_scale * truth.noise_jy(frequency_hz, width_hz, options.interval_s)
        if effects.noise is not None:
            exposure = Exposure(band, band_number, 1, frequency_hz, middle, site.zenith(middle))
            seen = visibilities.sources(effects.night, exposure)
            power = arrays[f"power_{band}"] = effects.noise.power_jy(exposure, seen)
            noise *= power.mean(axis=(0, 2)) / truth.sefd_jy(frequency_hz)
        bands[band] = {"frequency_hz": frequency_hz, "noise_jy": noise}
        arrays[f"gain_{band}"] = antpols.gain[band]
        arrays[f"flux_{band}"] = skies.intrinsic_jy(sky, options, frequency_hz, middle)
        xx, yy = skies.beams(sky, options, frequency_hz, middle)
        arrays[f"beam_xx_{band}"], arrays[f"beam_yy_{band}"] = xx, yy
    products.write_npz(output / "truth.npz", **arrays)
    products.write_json(
        output / "truth.json",
        {
            "options": asdict(options),
            "antennas": array.antennas.names,
            "fibre": array.fibre,
            "faults": [asdict(fault) for fault in options.faults],
            "sources": [
                {"name": name, "ra_rad": radec[0], "dec_rad": radec[1]}
                for name, radec in zip(sky.names, sky.radec)
            ],
            "integrations": [
                {
                    "stamp": naming.format_stamp(np.floor(start)),
                    "start_mjd_s": start,
                    "mid_mjd_s": start + options.interval_s / 2,
                }
                for start in starts
            ],
            "bands": bands,
        },
    )
    return output
