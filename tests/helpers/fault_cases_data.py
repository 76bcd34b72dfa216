"""Faults of raw data, of products and of the sky.

See tests/helpers/fault_cases.py.
"""

from __future__ import annotations

import shutil

import numpy as np

import fault_plants as plants
from fault_plants import RAW, STAMP, column, half, half_of, product, raw, record, without
from fault_row import RERUN, error, fallback
from lwacal.runtime import atomic

LEFT_OUT = "The set is excluded and listed in manifest.json; all others are used."
HEAD = "inventory"
DATA = "concat 59MHz"


def other_antennas(names: list[str]) -> list[str]:
    """Return other names."""
    return [*names[:-1], "LWA999"]


def of_another_set(path) -> None:
    """Give a set the data of another integration, and keep its name."""
    atomic.remove(path)
    shutil.copytree(path.parent / "20240601_110010_59MHz.ms", path)


RAW_DATA = [
    fallback(
        "the main table of a raw set is truncated",
        HEAD,
        raw(half_of("table.dat")),
        ("unreadable", RAW, "incorrect number of bytes", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "the main table of a raw set is missing",
        HEAD,
        raw(without("table.dat")),
        ("unreadable", RAW, "does not exist", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a sub-table of a raw set is missing",
        HEAD,
        raw(without("ANTENNA")),
        ("unreadable", f"{RAW}/ANTENNA", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "the frequencies of a raw set are missing",
        HEAD,
        raw(without("SPECTRAL_WINDOW")),
        ("unreadable", f"{RAW}/SPECTRAL_WINDOW", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "the data of a raw set are truncated",
        DATA,
        raw(half_of("table.f1_TSM0")),
        ("unreadable", RAW, "the data cannot be read", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "the data of a raw set are missing",
        DATA,
        raw(without("table.f1_TSM0")),
        ("unreadable", RAW, "the data cannot be read", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set is an empty file",
        HEAD,
        raw(plants.replaced_by("")),
        ("unreadable", RAW, "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set is a folder without a table",
        HEAD,
        raw(plants.emptied),
        ("unreadable", RAW, "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set is a broken link",
        HEAD,
        raw(plants.broken_link),
        ("unreadable", RAW, "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set has no rows",
        HEAD,
        raw(plants.without_rows),
        ("unreadable", RAW, "0 in 0 spectral windows", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set is not readable",
        HEAD,
        plants.unreadable_set(RAW),
        ("unreadable", RAW, "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a folder below the input is not readable",
        HEAD,
        plants.closed_folder("locked"),
        ("unreadable", "no permission to read the folder", "locked; its content"),
        "The folder is listed in manifest.json; all other data are used.",
    ),
    fallback(
        "a raw set has a different channel grid",
        HEAD,
        raw(column("CHAN_FREQ", lambda values: values + 5e4, "SPECTRAL_WINDOW")),
        ("channel_grid", RAW),
        LEFT_OUT,
    ),
    fallback(
        "a raw set has different antennas",
        HEAD,
        raw(column("NAME", other_antennas, "ANTENNA")),
        ("antennas", RAW, "names or positions differ", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "a raw set has its correlations in a different order",
        HEAD,
        raw(column("CORR_TYPE", lambda kinds: kinds[:, [0, 2, 1, 3]], "POLARIZATION")),
        ("correlations", RAW, "XX,YX,XY,YY", "reordered to"),
        "The order is recorded in manifest.json and corrected in the concatenated data.",
    ),
    fallback(
        "a raw set has circular polarizations",
        HEAD,
        raw(column("CORR_TYPE", lambda kinds: kinds - 4, "POLARIZATION")),
        ("correlations", RAW, "RR,RL,LR,LL", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "the time of a raw set contradicts its name",
        HEAD,
        raw(of_another_set),
        ("wrong_stamp", RAW, "left out"),
        LEFT_OUT,
    ),
    fallback(
        "two sets of the same integration",
        DATA,
        plants.doubled(RAW),
        ("duplicate", "second set", "left out"),
        "The first is used, the second is listed in manifest.json.",
    ),
    fallback(
        "the data of a raw set are not finite",
        DATA,
        raw(column("DATA", lambda data: data * np.nan)),
        ("non_finite", RAW, "100% of the data are not finite", "left out"),
        LEFT_OUT,
    ),
    fallback(
        "some data of a raw set are not finite",
        DATA,
        raw(column("DATA", plants.some_not_finite)),
        ("non_finite", RAW, "not finite; these are flagged"),
        "They are flagged, and the set is listed in manifest.json.",
    ),
    fallback(
        "the data of a raw set are zero",
        DATA,
        raw(column("DATA", np.zeros_like)),
        ("zero_filled", RAW, "100% of the data are zero", "left out"),
        LEFT_OUT,
    ),
    error(
        "no raw set can be read",
        HEAD,
        plants.all_raw(without("table.dat")),
        ("no measurement set can be read", RAW),
    ),
    error(
        "the input folder is empty",
        HEAD,
        plants.empty_input,
        ("no measurement set called YYYYMMDD_HHMMSS_NNMHz.ms", "input_ms=FILE"),
    ),
    error(
        "raw data disappear during the run",
        "concat 59MHz",
        raw(atomic.remove),
        (
            RAW,
            "could be read when the inventory was made",
            "Is the disk mounted?",
            "snakemake -R inventory",
        ),
        "A set that disappears after the inventory is an error, not a fault of the night. " + RERUN,
    ),
]

REMAKE = "Remove it and run again to remake it"
DAMAGED = "The damaged file is named. Remove it and run `snakemake` again to remake it."
PRODUCTS = [
    error(
        "a record is incomplete",
        "antenna_health",
        product("manifest.json", half),
        ("manifest.json is not valid JSON", REMAKE),
        DAMAGED,
    ),
    error(
        "a record is empty",
        "delay_table",
        product("delay/delay.json", plants.replaced_by("")),
        ("delay.json is not valid JSON", REMAKE),
        DAMAGED,
    ),
    error(
        "the sky model is incomplete",
        "bandpass 59MHz",
        product("sky_model.json", half),
        ("sky_model.json is not valid JSON", REMAKE),
        DAMAGED,
    ),
    error(
        "a file of flags is truncated",
        "bandpass 59MHz",
        product("flags/59MHz.npz", half),
        ("flags/59MHz.npz is not a valid .npz file", REMAKE),
        DAMAGED,
    ),
    error(
        "a file of autocorrelation powers is invalid",
        "antenna_health",
        product("concat/59MHz.npz", plants.replaced_by("powers")),
        ("concat/59MHz.npz is not a valid .npz file", REMAKE),
        DAMAGED,
    ),
    error(
        "flags belong to other data",
        "bandpass 59MHz",
        product("flags/59MHz.npz", plants.fewer_flags),
        ("flags of 100 rows", "59MHz.ms has", REMAKE),
        DAMAGED,
    ),
    error(
        "a table belongs to another observation",
        "calibrate_split 59MHz",
        product(f"tables/{STAMP}_59MHz.bcal", column("TIME", lambda times: times + 86400)),
        ("is of 2024-06-02", "the observation of 2024-06-01", REMAKE),
        DAMAGED,
    ),
    error(
        "a table belongs to another array",
        "calibrate_split 59MHz",
        product(f"tables/{STAMP}_59MHz.bcal", column("NAME", other_antennas, "ANTENNA")),
        ("which are not the 16 antennas", REMAKE),
        DAMAGED,
    ),
    error(
        "the data of a sub-band are truncated",
        "flag 59MHz",
        product("concat/59MHz.ms", half_of("table.f1_TSM0")),
        ("59MHz.ms cannot be read as a casacore table", "to remake it"),
        DAMAGED,
    ),
    error(
        "a sub-table of a sub-band is missing",
        "flag 59MHz",
        product("concat/59MHz.ms", without("ANTENNA")),
        ("59MHz.ms/ANTENNA cannot be read", "to remake it"),
        DAMAGED,
    ),
    error(
        "the frequencies of a solution table are missing",
        "flag_solutions",
        product("tables/raw/73MHz.bcal", without("SPECTRAL_WINDOW")),
        ("73MHz.bcal/SPECTRAL_WINDOW cannot be read", "to remake it"),
        DAMAGED,
    ),
    error(
        "an image is truncated",
        "measure",
        product("images/CygA", half_of("spectrum-0000-image.fits")),
        ("spectrum-0000-image.fits", "to remake it"),
        DAMAGED,
    ),
    fallback(
        "the run times of a killed job are incomplete",
        "run_record",
        plants.half_benchmark,
        ("cannot be read and are left out",),
        "run.json omits them.",
    ),
]

NO_GAINS = "All solutions are flagged, with the reason; the run completes with the verdict fail."
SKY = [
    fallback(
        "no source is up",
        "sky_model",
        plants.settings(sky_model__min_elevation_deg=89, sky_model__model_min_elevation_deg=89),
        ("no calibrator",),
        NO_GAINS,
    ),
    fallback(
        "the sky model has no sources",
        "bandpass 59MHz",
        product("sky_model.json", record(lambda found: found.update(message="no source is up"))),
        ("no_model", "no source is up"),
        NO_GAINS,
    ),
    fallback(
        "all data are flagged",
        "bandpass 59MHz",
        product("flags/59MHz.npz", plants.all_flagged),
        ("no_data", "59MHz"),
        NO_GAINS,
    ),
    fallback(
        "all data are flagged: calibrated sets",
        "calibrate_split 59MHz",
        product("flags/59MHz.npz", plants.all_flagged),
        ("no unflagged data",),
        "No sets and images of this sub-band are made; the reason is recorded.",
    ),
    error(
        "the beam file is missing",
        "sky_model",
        plants.settings(beam__model="h5", beam__file="/nowhere/beams.h5"),
        ("beam.file", "/nowhere/beams.h5"),
        "The configuration key is named. " + RERUN,
        again=False,
    ),
    error(
        "the beam file is invalid",
        "sky_model",
        plants.beam_file("no beams"),
        ("beam.file", "is not a valid beam file"),
        "The configuration key is named. " + RERUN,
        again=False,
    ),
    error(
        "a component list is missing",
        "sky_model",
        plants.settings(sky_model__component_lists__CygA="/nowhere/CygA.txt"),
        ("sky_model.component_lists.CygA", "/nowhere/CygA.txt"),
        "The configuration key is named. " + RERUN,
        again=False,
    ),
    fallback(
        "the first reference antenna is dead",
        "reference_antenna",
        plants.dead_reference(1),
        ("earlier ones in bandpass.reference_antennas",),
        "The next one of the list is used.",
    ),
    fallback(
        "all configured reference antennas are dead",
        "reference_antenna",
        plants.dead_reference(2),
        ("none of bandpass.reference_antennas",),
        "A healthy antenna in the middle of the array is used.",
    ),
    fallback(
        "all antennas are dead",
        "reference_antenna",
        plants.unhealthy(),
        ("no antenna is healthy",),
        "The central one is used; all solutions are flagged and the verdict is fail.",
    ),
]
