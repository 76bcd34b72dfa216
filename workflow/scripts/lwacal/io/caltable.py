"""CASA calibration tables (contract C2): one sub-band, one row an antenna in correlator order.

Gains are G in V_observed(i, j) = G_i conj(G_j) V_model(i, j). A B Jones table has a complex gain a
channel and polarization; a K Jones table has a delay in ns a polarization, for which
G = exp(+2 pi i (nu - nu_0) tau), nu_0 being the frequency of its one channel. (A K table of more
than one channel makes CASA's applycal abort. Tables of CASA before 5.3, and those that do not say
which version they follow, are applied with the spectral window's REF_FREQUENCY as nu_0; here both
are the same.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from casacore import tables

from lwacal.io.ms_reader import Antennas, open_table
from lwacal.runtime import atomic, disk_space, open_tables
from lwacal.telescope import site

NO_ANTENNA = -1
SUBTABLES = ("OBSERVATION", "ANTENNA", "FIELD", "SPECTRAL_WINDOW", "HISTORY")
TOPOCENTRIC = 5
FOLLOWED_VERSION = "6.5.1-23"  # of CASA, whose tables these are like; applycal asks


@dataclass(frozen=True)
class Solutions:
    """Solutions of one sub-band.

    ``values`` (antenna, channel, 2): complex gains, or delays in ns of one channel; ``flag``,
    ``error`` and ``snr`` likewise. ``frequency_hz`` (channel,). ``reference`` is the index of the
    reference antenna, -1 if there is none.
    """

    values: np.ndarray
    flag: np.ndarray
    error: np.ndarray
    snr: np.ndarray
    frequency_hz: np.ndarray
    channel_width_hz: float
    mjd_s: float
    reference: int = NO_ANTENNA

    @staticmethod
    def all_flagged(
        n_antennas: int, frequency_hz: np.ndarray, channel_width_hz: float, mjd_s: float
    ) -> Solutions:
        """Return unit gains that are all flagged."""
        shape = (n_antennas, len(frequency_hz), 2)
        zeros = np.zeros(shape, np.float32)
        return Solutions(
            np.ones(shape, np.complex64),
            np.ones(shape, bool),
            zeros,
            zeros,
            np.asarray(frequency_hz),
            channel_width_hz,
            mjd_s,
        )


def write_bandpass(
    path: str | Path, solutions: Solutions, antennas: Antennas, centre: tuple[float, float]
) -> None:
    """Write a B Jones table; ``centre`` is the phase centre of the data, ICRS radians."""
    _write(Path(path), solutions, antennas, centre, "B Jones", "CPARAM", "Complex", np.complex64)


def write_delays(
    path: str | Path, solutions: Solutions, antennas: Antennas, centre: tuple[float, float]
) -> None:
    """Write a K Jones table: ``solutions.values`` (antenna, 1, 2) in ns."""
    if solutions.values.shape[1] != 1:
        raise ValueError("a delay table has one channel (CASA's applycal aborts on others)")
    _write(Path(path), solutions, antennas, centre, "K Jones", "FPARAM", "Float", np.float32)


def read(path: str | Path, spectral_window: int = 0) -> Solutions:
    """Read a table of either kind, of CASA's making or ours.

    Rows are put in the order of antennas; an antenna without a row is flagged. Of several
    solutions in time the first is taken.
    """
    n_antennas = len(read_antennas(path).names)
    with open_table(path, "SPECTRAL_WINDOW") as table:
        frequency_hz = table.getcell("CHAN_FREQ", spectral_window)
        width_hz = float(np.abs(table.getcell("CHAN_WIDTH", spectral_window)[0]))
    with open_table(path) as table:
        name = "CPARAM" if "CPARAM" in table.colnames() else "FPARAM"
        rows = np.flatnonzero(table.getcol("SPECTRAL_WINDOW_ID") == spectral_window)
        antenna = table.getcol("ANTENNA1")[rows]
        rows = rows[np.sort(np.unique(antenna, return_index=True)[1])]
        antenna = table.getcol("ANTENNA1")[rows]
        with table.selectrows(rows) as chosen:
            columns = {key: chosen.getcol(key) for key in (name, "FLAG", "PARAMERR", "SNR")}
            mjd_s = float(chosen.getcell("TIME", 0))
            reference = int(chosen.getcell("ANTENNA2", 0))
    shape = (n_antennas, *columns[name].shape[1:])
    full = {key: np.zeros(shape, values.dtype) for key, values in columns.items()}
    full["FLAG"][:] = True
    for key, values in columns.items():
        full[key][antenna] = values
    return Solutions(
        full[name],
        full["FLAG"],
        full["PARAMERR"],
        full["SNR"],
        np.asarray(frequency_hz),
        width_hz,
        mjd_s,
        reference,
    )


def spectral_windows(path: str | Path) -> list[int]:
    """Return the spectral windows that a table has solutions for."""
    with open_table(path) as table:
        return sorted(int(number) for number in set(table.getcol("SPECTRAL_WINDOW_ID")))


def read_antennas(path: str | Path) -> Antennas:
    """Return the antennas of a table."""
    with open_table(path, "ANTENNA") as table:
        return Antennas([str(name) for name in table.getcol("NAME")], table.getcol("POSITION"))


def _write(
    path: Path,
    solutions: Solutions,
    antennas: Antennas,
    centre: tuple[float, float],
    kind: str,
    parameter: str,
    parameter_type: str,
    dtype: type,
) -> None:
    disk_space.require(path, disk_space.table_bytes(solutions.values.size))
    with atomic.whole(path) as part:
        table = _create(part, parameter, "complex" if dtype is np.complex64 else "float")
        try:
            _fill(table, part, solutions, antennas, centre, kind, parameter, parameter_type, dtype)
        except BaseException as error:
            open_tables.give_up(table, table.close, error)
            raise
        table.close()


def _fill(
    table: tables.table,
    part: Path,
    solutions: Solutions,
    antennas: Antennas,
    centre: tuple[float, float],
    kind: str,
    parameter: str,
    parameter_type: str,
    dtype: type,
) -> None:
    keywords = {
        "ParType": parameter_type,
        "MSName": "unknown",
        "VisCal": kind,
        "PolBasis": "unknown",
        "CASA_Version": FOLLOWED_VERSION,
    }
    table.putkeywords(keywords)
    table.putinfo({"type": "Calibration", "subType": kind, "readme": ""})
    number = len(antennas.names)
    table.addrows(number)
    table.putcol("TIME", np.full(number, solutions.mjd_s))
    table.putcol("ANTENNA1", np.arange(number, dtype=np.int32))
    table.putcol("ANTENNA2", np.full(number, solutions.reference, np.int32))
    for column in ("FIELD_ID", "SPECTRAL_WINDOW_ID", "OBSERVATION_ID"):
        table.putcol(column, np.zeros(number, np.int32))
    table.putcol("SCAN_NUMBER", np.ones(number, np.int32))
    table.putcol("INTERVAL", np.zeros(number))
    table.putcol(parameter, np.asarray(solutions.values, dtype))
    table.putcol("PARAMERR", np.asarray(solutions.error, np.float32))
    table.putcol("FLAG", np.asarray(solutions.flag, bool))
    table.putcol("SNR", np.asarray(solutions.snr, np.float32))
    _fill_subtables(table, part, solutions, antennas, centre)
    table.flush(recursive=True)


def _create(path: Path, parameter: str, kind: str) -> tables.table:
    zero = 0j if kind == "complex" else 0.0
    seconds = {"QuantumUnits": ["s"]}
    epoch = {**seconds, "MEASINFO": {"type": "epoch", "Ref": "UTC"}}
    columns = [
        tables.makescacoldesc("TIME", 0.0, keywords=epoch),
        *(
            tables.makescacoldesc(name, 0)
            for name in ("FIELD_ID", "SPECTRAL_WINDOW_ID", "ANTENNA1", "ANTENNA2")
        ),
        tables.makescacoldesc("INTERVAL", 0.0, keywords=seconds),
        tables.makescacoldesc("SCAN_NUMBER", 0),
        tables.makescacoldesc("OBSERVATION_ID", 0),
        tables.makearrcoldesc(parameter, zero, ndim=-1, valuetype=kind),
        tables.makearrcoldesc("PARAMERR", 0.0, ndim=-1, valuetype="float"),
        tables.makearrcoldesc("FLAG", False, ndim=-1),
        tables.makearrcoldesc("SNR", 0.0, ndim=-1, valuetype="float"),
        tables.makearrcoldesc("WEIGHT", 0.0, ndim=-1, valuetype="float"),
    ]
    return tables.table(str(path), tables.maketabdesc(columns), ack=False)


def _fill_subtables(
    table: tables.table,
    part: Path,
    solutions: Solutions,
    antennas: Antennas,
    centre: tuple[float, float],
) -> None:
    sub = {name: tables.default_ms_subtable(name, str(part / name)) for name in SUBTABLES}
    number = len(antennas.names)
    sub["ANTENNA"].addrows(number)
    sub["ANTENNA"].putcol("NAME", list(antennas.names))
    sub["ANTENNA"].putcol("STATION", [site.TELESCOPE] * number)
    sub["ANTENNA"].putcol("MOUNT", ["ALT-AZ"] * number)
    sub["ANTENNA"].putcol("TYPE", ["GROUND-BASED"] * number)
    sub["ANTENNA"].putcol("POSITION", np.asarray(antennas.positions_m, float))
    sub["ANTENNA"].putcol("OFFSET", np.zeros((number, 3)))
    sub["OBSERVATION"].addrows(1)
    sub["OBSERVATION"].putcell("TELESCOPE_NAME", 0, site.TELESCOPE)
    sub["OBSERVATION"].putcell("TIME_RANGE", 0, np.array([solutions.mjd_s] * 2))
    sub["FIELD"].addrows(1)
    sub["FIELD"].putcell("NAME", 0, "zenith")
    sub["FIELD"].putcell("TIME", 0, solutions.mjd_s)
    for column in ("PHASE_DIR", "DELAY_DIR", "REFERENCE_DIR"):
        sub["FIELD"].putcell(column, 0, np.array([centre]))
    _fill_spectral_window(sub["SPECTRAL_WINDOW"], solutions)
    for name, place in sub.items():
        table.putkeyword(name, place)
        place.close()


def _fill_spectral_window(table: tables.table, solutions: Solutions) -> None:
    frequency_hz = np.asarray(solutions.frequency_hz, float)
    widths = np.full(len(frequency_hz), float(solutions.channel_width_hz))
    table.addrows(1)
    table.putcell("NUM_CHAN", 0, len(frequency_hz))
    table.putcell("CHAN_FREQ", 0, frequency_hz)
    for column in ("CHAN_WIDTH", "EFFECTIVE_BW", "RESOLUTION"):
        table.putcell(column, 0, widths)
    table.putcell("REF_FREQUENCY", 0, float(frequency_hz[0]))
    table.putcell("TOTAL_BANDWIDTH", 0, float(widths.sum()))
    table.putcell("MEAS_FREQ_REF", 0, TOPOCENTRIC)
    table.putcell("NET_SIDEBAND", 0, 1)
    table.putcell("NAME", 0, f"IF 1, {len(frequency_hz)} channels")
