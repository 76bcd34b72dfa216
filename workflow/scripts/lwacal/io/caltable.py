"""CASA calibration tables: one row per antenna in correlator order.

A B Jones table has the gains of one sub-band (lwacal.io.solutions). A K Jones table has one delay
per antpol, for which G = exp(+2 pi i (nu - nu_0) tau), nu_0 being the frequency of its one channel.
(CASA's applycal aborts on a K table with more channels. It applies tables of CASA before 5.3, and
tables without a version, with the REF_FREQUENCY of the spectral window as nu_0; in our tables both
are the same.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from casacore import tables

from lwacal.io.ms_reader import Antennas, UnreadableError, open_table
from lwacal.io.solutions import NO_ANTENNA, SubBandSolutions
from lwacal.runtime import atomic, disk_space, failed_tables
from lwacal.telescope import site

SUBTABLES = ("OBSERVATION", "ANTENNA", "FIELD", "SPECTRAL_WINDOW", "HISTORY")
TOPOCENTRIC = 5
CASA_VERSION = "6.5.1-23"  # whose table format we follow; applycal reads it


@dataclass(frozen=True)
class Delays:
    """Delays of a K Jones table.

    ``delay_ns``, ``flag`` and ``error_ns`` (antenna, 2). The table's channel is at ``frequency_hz``
    and ``channel_width_hz`` wide; ``reference`` is the index of the reference antenna.
    """

    antenna_names: list[str]
    delay_ns: np.ndarray
    flag: np.ndarray
    error_ns: np.ndarray
    frequency_hz: float
    channel_width_hz: float
    mjd_s: float
    reference: int = NO_ANTENNA


@dataclass(frozen=True)
class _Kind:
    """A kind of table: its name in CASA, and the column of its values."""

    name: str
    parameter: str
    parameter_type: str
    dtype: type
    value_type: str


BANDPASS = _Kind("B Jones", "CPARAM", "Complex", np.complex64, "complex")
DELAY = _Kind("K Jones", "FPARAM", "Float", np.float32, "float")


@dataclass(frozen=True)
class _Content:
    """Content of a table: values, flag, error and snr are (antenna, channel, 2)."""

    antenna_names: list[str]
    values: np.ndarray
    flag: np.ndarray
    error: np.ndarray
    snr: np.ndarray
    frequency_hz: np.ndarray
    channel_width_hz: float
    mjd_s: float
    reference: int


def write_bandpass(
    path: str | Path, solutions: SubBandSolutions, antennas: Antennas, centre: tuple[float, float]
) -> None:
    """Write a B Jones table; ``centre`` is the phase centre of the data, ICRS radians."""
    content = _Content(
        solutions.antenna_names,
        solutions.gain,
        solutions.flag,
        solutions.error,
        solutions.snr,
        solutions.frequency_hz,
        solutions.channel_width_hz,
        solutions.mjd_s,
        solutions.reference,
    )
    _write(Path(path), content, antennas, centre, BANDPASS)


def write_delays(
    path: str | Path, delays: Delays, antennas: Antennas, centre: tuple[float, float]
) -> None:
    """Write a K Jones table; ``centre`` as in `write_bandpass`."""
    values = delays.delay_ns[:, None]
    content = _Content(
        delays.antenna_names,
        values,
        delays.flag[:, None],
        delays.error_ns[:, None],
        np.zeros(values.shape),
        np.array([delays.frequency_hz]),
        delays.channel_width_hz,
        delays.mjd_s,
        delays.reference,
    )
    _write(Path(path), content, antennas, centre, DELAY)


def read(path: str | Path, spectral_window: int = 0) -> SubBandSolutions:
    """Read a B Jones table, made by CASA or by this package.

    Antennas without a row are flagged. If the table has several solutions in time, the first is
    used. Raises UnreadableError.
    """
    content = _read(path, spectral_window, BANDPASS)
    return SubBandSolutions.of(
        content.values,
        content.flag,
        antenna_names=content.antenna_names,
        frequency_hz=content.frequency_hz,
        channel_width_hz=content.channel_width_hz,
        mjd_s=content.mjd_s,
        error=content.error,
        snr=content.snr,
        reference=content.reference,
    )


def read_delays(path: str | Path, spectral_window: int = 0) -> Delays:
    """Read a K Jones table as `read` reads a B Jones table.

    Raises UnreadableError, also if the table has more than one channel.
    """
    content = _read(path, spectral_window, DELAY)
    if len(content.frequency_hz) != 1:
        raise UnreadableError(f"{path} has delays in {len(content.frequency_hz)} channels, not one")
    return Delays(
        content.antenna_names,
        content.values[:, 0],
        content.flag[:, 0],
        content.error[:, 0],
        float(content.frequency_hz[0]),
        content.channel_width_hz,
        content.mjd_s,
        content.reference,
    )


def _read(path: str | Path, spectral_window: int, kind: _Kind) -> _Content:
    """Read one spectral window of a table; antennas in the order of the sub-table ANTENNA."""
    names = read_antennas(path).names
    with open_table(path, "SPECTRAL_WINDOW") as table:
        frequency_hz = table.getcell("CHAN_FREQ", spectral_window)
        width_hz = float(np.abs(table.getcell("CHAN_WIDTH", spectral_window)[0]))
    with open_table(path) as table:
        if kind.parameter not in table.colnames():
            raise UnreadableError(f"{path} is not a {kind.name} table: no column {kind.parameter}")
        rows = np.flatnonzero(table.getcol("SPECTRAL_WINDOW_ID") == spectral_window)
        antenna = table.getcol("ANTENNA1")[rows]
        rows = rows[np.sort(np.unique(antenna, return_index=True)[1])]
        antenna = table.getcol("ANTENNA1")[rows]
        with table.selectrows(rows) as selection:
            columns = {
                key: selection.getcol(key) for key in (kind.parameter, "FLAG", "PARAMERR", "SNR")
            }
            mjd_s = float(selection.getcell("TIME", 0))
            reference = int(selection.getcell("ANTENNA2", 0))
    shape = (len(names), *columns[kind.parameter].shape[1:])
    full = {key: np.zeros(shape, values.dtype) for key, values in columns.items()}
    full["FLAG"][:] = True
    for key, values in columns.items():
        full[key][antenna] = values
    return _Content(
        names,
        full[kind.parameter],
        full["FLAG"],
        full["PARAMERR"],
        full["SNR"],
        np.asarray(frequency_hz),
        width_hz,
        mjd_s,
        reference,
    )


def spectral_windows(path: str | Path) -> list[int]:
    """Return the numbers of the spectral windows that have solutions."""
    with open_table(path) as table:
        return sorted(int(number) for number in set(table.getcol("SPECTRAL_WINDOW_ID")))


def read_antennas(path: str | Path) -> Antennas:
    """Return the antennas of a table."""
    with open_table(path, "ANTENNA") as table:
        return Antennas([str(name) for name in table.getcol("NAME")], table.getcol("POSITION"))


def _write(
    path: Path, content: _Content, antennas: Antennas, centre: tuple[float, float], kind: _Kind
) -> None:
    disk_space.require(path, disk_space.table_bytes(content.values.size))
    with atomic.output(path) as part:
        table = _create(part, kind)
        try:
            _fill(table, part, content, antennas, centre, kind)
        except BaseException as error:
            failed_tables.discard(table, table.close, error)
            raise
        table.close()


def _fill(
    table: tables.table,
    part: Path,
    content: _Content,
    antennas: Antennas,
    centre: tuple[float, float],
    kind: _Kind,
) -> None:
    keywords = {
        "ParType": kind.parameter_type,
        "MSName": "unknown",
        "VisCal": kind.name,
        "PolBasis": "unknown",
        "CASA_Version": CASA_VERSION,
    }
    table.putkeywords(keywords)
    table.putinfo({"type": "Calibration", "subType": kind.name, "readme": ""})
    n_antennas = len(antennas.names)
    table.addrows(n_antennas)
    table.putcol("TIME", np.full(n_antennas, content.mjd_s))
    table.putcol("ANTENNA1", np.arange(n_antennas, dtype=np.int32))
    table.putcol("ANTENNA2", np.full(n_antennas, content.reference, np.int32))
    for column in ("FIELD_ID", "SPECTRAL_WINDOW_ID", "OBSERVATION_ID"):
        table.putcol(column, np.zeros(n_antennas, np.int32))
    table.putcol("SCAN_NUMBER", np.ones(n_antennas, np.int32))
    table.putcol("INTERVAL", np.zeros(n_antennas))
    table.putcol(kind.parameter, np.asarray(content.values, kind.dtype))
    table.putcol("PARAMERR", np.asarray(content.error, np.float32))
    table.putcol("FLAG", np.asarray(content.flag, bool))
    table.putcol("SNR", np.asarray(content.snr, np.float32))
    _fill_subtables(table, part, content, antennas, centre)
    table.flush(recursive=True)


def _create(path: Path, kind: _Kind) -> tables.table:
    zero = 0j if kind is BANDPASS else 0.0
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
        tables.makearrcoldesc(kind.parameter, zero, ndim=-1, valuetype=kind.value_type),
        tables.makearrcoldesc("PARAMERR", 0.0, ndim=-1, valuetype="float"),
        tables.makearrcoldesc("FLAG", False, ndim=-1),
        tables.makearrcoldesc("SNR", 0.0, ndim=-1, valuetype="float"),
        tables.makearrcoldesc("WEIGHT", 0.0, ndim=-1, valuetype="float"),
    ]
    return tables.table(str(path), tables.maketabdesc(columns), ack=False)


def _fill_subtables(
    table: tables.table,
    part: Path,
    content: _Content,
    antennas: Antennas,
    centre: tuple[float, float],
) -> None:
    sub = {name: tables.default_ms_subtable(name, str(part / name)) for name in SUBTABLES}
    n_antennas = len(antennas.names)
    sub["ANTENNA"].addrows(n_antennas)
    sub["ANTENNA"].putcol("NAME", list(antennas.names))
    sub["ANTENNA"].putcol("STATION", [site.TELESCOPE] * n_antennas)
    sub["ANTENNA"].putcol("MOUNT", ["ALT-AZ"] * n_antennas)
    sub["ANTENNA"].putcol("TYPE", ["GROUND-BASED"] * n_antennas)
    sub["ANTENNA"].putcol("POSITION", np.asarray(antennas.positions_m, float))
    sub["ANTENNA"].putcol("OFFSET", np.zeros((n_antennas, 3)))
    sub["OBSERVATION"].addrows(1)
    sub["OBSERVATION"].putcell("TELESCOPE_NAME", 0, site.TELESCOPE)
    sub["OBSERVATION"].putcell("TIME_RANGE", 0, np.array([content.mjd_s] * 2))
    sub["FIELD"].addrows(1)
    sub["FIELD"].putcell("NAME", 0, "zenith")
    sub["FIELD"].putcell("TIME", 0, content.mjd_s)
    for column in ("PHASE_DIR", "DELAY_DIR", "REFERENCE_DIR"):
        sub["FIELD"].putcell(column, 0, np.array([centre]))
    _fill_spectral_window(sub["SPECTRAL_WINDOW"], content)
    for name, subtable in sub.items():
        table.putkeyword(name, subtable)
        subtable.close()


def _fill_spectral_window(table: tables.table, content: _Content) -> None:
    frequency_hz = np.asarray(content.frequency_hz, float)
    widths = np.full(len(frequency_hz), float(content.channel_width_hz))
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
