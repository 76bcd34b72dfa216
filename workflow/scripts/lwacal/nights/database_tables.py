"""The tables of trends.sqlite, and functions to read them.

Comments in the schema describe the columns and are kept in the database
(``sqlite3 trends.sqlite .schema``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE observations (  -- one row per qa.json
    id TEXT PRIMARY KEY, folder TEXT,  -- folder below that of all results
    start_utc TEXT, mid_utc TEXT, mid_mjd REAL,  -- days, UTC
    night INTEGER,  -- of mid_mjd, from local noon to noon: days (MJD)
    lst_hours REAL,  -- local sidereal time at mid-time
    integrations INTEGER, n_antennas INTEGER, reference_antenna TEXT,
    phase_freq_mhz REAL,  -- of antennas.phase_deg
    verdict TEXT, reasons TEXT);  -- pass, warn or fail; why, a JSON list
CREATE TABLE metrics (  -- the basis of the verdict
    observation TEXT, stage TEXT, name TEXT, band TEXT, source TEXT, antenna TEXT, pol TEXT,
    value REAL, unit TEXT, score REAL,  -- score: 1 is best, 0 worst
    status TEXT, decides INTEGER, message TEXT);
CREATE TABLE antennas (  -- one row per antpol (antenna and polarization) and observation
    observation TEXT, number INTEGER,  -- number: correlator number
    antenna TEXT, pol TEXT, status TEXT,  -- good, suspect or bad
    reasons TEXT, evidence TEXT,  -- separated by spaces; separated by semicolons
    gain_db REAL,  -- relative to the typical antenna
    delay_ns REAL,  -- relative to the reference antenna
    delay_difference_ns REAL,  -- relative to the reference table
    phase_deg REAL,  -- at observations.phase_freq_mhz, relative to the reference antenna
    flagged_fraction REAL);
CREATE TABLE bands (  -- one row per sub-band and observation
    observation TEXT, band TEXT, freq_mhz REAL, flagged_fraction_data REAL,
    flagged_fraction_healthy REAL,  -- of the data of healthy antennas
    flagged_fraction_solutions REAL, rfi_channels INTEGER,  -- number of channels
    solved INTEGER);
CREATE TABLE calibrators (  -- one row per source, sub-band and observation
    observation TEXT, source TEXT, band TEXT, freq_mhz REAL, flux_jy REAL, flux_err_jy REAL,
    flux_expected_jy REAL, ratio REAL,  -- ratio: measured over expected
    ra_offset_arcsec REAL, dec_offset_arcsec REAL,  -- measured minus catalogue, RA times cos(dec)
    fit TEXT);
CREATE TABLE changes (  -- changes of antennas, boards and the array, newest first
    kind TEXT,  -- jump, drift, swap, bad or recovered
    place TEXT,  -- an antenna, a SNAP2 or ARX board, or the array
    observation TEXT, until TEXT,  -- first after the change; last of a drift, else the newest
    nights INTEGER,  -- how many nights it has lasted
    quantity TEXT, size REAL, rate REAL,  -- of the first quantity, in its unit; rate per day
    significance REAL,  -- in standard deviations of the noise
    antennas TEXT,  -- separated by spaces
    lasts INTEGER,  -- 0: only the newest observation shows it
    message TEXT);
CREATE TABLE validity (  -- difference of gains between observations, by the time between them
    sky TEXT,  -- same: similar sidereal times; other
    from_days REAL, to_days REAL, median_days REAL, pairs INTEGER,  -- pairs of observations
    quantity TEXT,  -- phase_rms_deg, gain_rms_db: over antennas; coherence_loss: fraction of power
    p10 REAL, p50 REAL, p90 REAL);  -- percentiles over the pairs
CREATE TABLE noise (  -- what noise alone would cause
    name TEXT PRIMARY KEY, value REAL);
CREATE INDEX metrics_of ON metrics (name, observation);
CREATE INDEX antennas_of ON antennas (antenna, pol);
"""
OF_OBSERVATIONS = ("observations", "metrics", "antennas", "bands", "calibrators")
FOUND = ("changes", "validity", "noise")


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading; columns are accessible by name."""
    address = f"{database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def found(database: Path, table: str) -> list[sqlite3.Row]:
    """Return the rows of the table changes, validity or noise, in order."""
    if table not in FOUND:
        raise ValueError(f"trends.sqlite has no derived table {table}")
    with opened(database) as connection:
        return list(connection.execute(f"SELECT * FROM {table} ORDER BY rowid"))
