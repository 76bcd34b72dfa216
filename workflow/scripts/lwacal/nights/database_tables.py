"""The tables of trends.sqlite, and how they are read.

Comments in the schema say what columns mean; the database carries them
(``sqlite3 trends.sqlite .schema``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE observations (  -- a row a qa.json
    id TEXT PRIMARY KEY, folder TEXT,  -- folder below that of all results
    start_utc TEXT, mid_utc TEXT, mid_mjd REAL,  -- days, UTC
    night INTEGER,  -- of the middle, from local noon to noon: days (MJD)
    lst_hours REAL,  -- sidereal time of the middle
    integrations INTEGER, n_antennas INTEGER, reference_antenna TEXT,
    phase_freq_mhz REAL,  -- of antennas.phase_deg
    verdict TEXT, reasons TEXT);  -- pass, warn or fail; why, a JSON list
CREATE TABLE metrics (  -- what the verdict rests on
    observation TEXT, stage TEXT, name TEXT, band TEXT, source TEXT, antenna TEXT, pol TEXT,
    value REAL, unit TEXT, score REAL,  -- score: 1 is best, 0 worst
    status TEXT, decides INTEGER, message TEXT);
CREATE TABLE antennas (  -- a row a signal (antenna and polarization) and observation
    observation TEXT, number INTEGER,  -- number: of the correlator
    antenna TEXT, pol TEXT, status TEXT,  -- good, suspect or bad
    reasons TEXT, evidence TEXT,  -- words with spaces between; findings with semicolons between
    gain_db REAL,  -- relative to the typical antenna
    delay_ns REAL, delay_difference_ns REAL,  -- relative to an antenna; and to a reference table
    phase_deg REAL,  -- at observations.phase_freq_mhz, relative to the same antenna
    flagged_fraction REAL);
CREATE TABLE bands (  -- a row a sub-band and observation
    observation TEXT, band TEXT, freq_mhz REAL, flagged_fraction_data REAL,
    flagged_fraction_healthy REAL,  -- of the data of healthy antennas
    flagged_fraction_solutions REAL, rfi_channels INTEGER,  -- number of channels
    solved INTEGER);
CREATE TABLE calibrators (  -- a row a source, sub-band and observation
    observation TEXT, source TEXT, band TEXT, freq_mhz REAL, flux_jy REAL, flux_err_jy REAL,
    flux_expected_jy REAL, ratio REAL,  -- ratio: measured over expected
    ra_offset_arcsec REAL, dec_offset_arcsec REAL,  -- measured minus catalogue, RA times cos(dec)
    fit TEXT);
CREATE TABLE changes (  -- what happened to antennas, boards and the array, the newest first
    kind TEXT,  -- jump, drift, swap, bad or recovered
    place TEXT,  -- an antenna, a SNAP2 or ARX board, or the array
    observation TEXT, until TEXT,  -- the first after it; the last of a drift, else the newest
    nights INTEGER,  -- that it has lasted
    quantity TEXT, size REAL, rate REAL,  -- of the first quantity: its unit; that a day
    significance REAL,  -- in standard deviations of the noise
    antennas TEXT,  -- with spaces between
    lasts INTEGER,  -- 0: only the newest observation shows it
    message TEXT);
CREATE TABLE validity (  -- how much gains differ between observations, by the time between
    sky TEXT,  -- same: of like sidereal time; other
    from_days REAL, to_days REAL, median_days REAL, pairs INTEGER,  -- pairs of observations
    quantity TEXT,  -- phase_rms_deg, gain_rms_db: over antennas; coherence_loss: fraction of power
    p10 REAL, p50 REAL, p90 REAL);  -- percentiles over the pairs
CREATE TABLE noise (  -- what was expected of noise alone
    name TEXT PRIMARY KEY, value REAL);
CREATE INDEX metrics_of ON metrics (name, observation);
CREATE INDEX antennas_of ON antennas (antenna, pol);
"""
OF_OBSERVATIONS = ("observations", "metrics", "antennas", "bands", "calibrators")
FOUND = ("changes", "validity", "noise")


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading; rows are found by the names of their columns."""
    address = f"{database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def found(database: Path, table: str) -> list[sqlite3.Row]:
    """Return the rows of one of the tables changes, validity and noise, in their order."""
    if table not in FOUND:
        raise ValueError(f"trends.sqlite has no table {table} of what was found")
    with opened(database) as connection:
        return list(connection.execute(f"SELECT * FROM {table} ORDER BY rowid"))
