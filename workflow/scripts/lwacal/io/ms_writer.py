"""Writes measurement sets: simulated raw sets, concatenated, scratch and calibrated ones.

All have the same sub-tables, storage and conventions: one spectral window, the correlations XX, XY,
YX, YY, and linear feeds. Rows are appended one integration at a time, which bounds the memory. The
set is written atomically (lwacal.runtime.atomic).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from casacore import tables

from lwacal.io.ms_reader import Antennas
from lwacal.runtime import atomic, failed_tables
from lwacal.telescope import site
from lwacal.telescope.correlations import N_CORRELATIONS, POLARIZATIONS

CORRELATION_TYPES = (9, 10, 11, 12)  # XX, XY, YX, YY in casacore's Stokes enumeration
TILE_BYTES = 1 << 20
Put = Callable[[str, np.ndarray], None]  # writes the values of a column for the new rows
# Cache of the storage manager of the small columns: 16 MB, the size of two integrations of 352
# antennas. With casacore's default of two buckets, each column of an integration would read and
# write all buckets once.
CACHED_BUCKETS = 4096
TOPOCENTRIC = 5
PER_CHANNEL_COLUMNS = {
    "DATA": ("complex", 0j, 8),
    "MODEL_DATA": ("complex", 0j, 8),
    "CORRECTED_DATA": ("complex", 0j, 8),
    "WEIGHT_SPECTRUM": ("float", 0.0, 4),
}


@dataclass(frozen=True)
class Field:
    """A phase centre: name and ICRS direction in radians."""

    name: str
    ra_rad: float
    dec_rad: float


class MeasurementSetWriter:
    """Writes one measurement set; use it in a ``with`` statement.

    The order of ``antennas`` gives the antenna numbers; ``frequency_hz`` is (channel,). ``columns``
    are the columns with one value per channel: any of DATA, MODEL_DATA, CORRECTED_DATA,
    WEIGHT_SPECTRUM. Raises FileExistsError if ``path`` exists: nothing is ever overwritten.
    """

    def __init__(
        self,
        path: str | Path,
        antennas: Antennas,
        frequency_hz: np.ndarray,
        channel_width_hz: float,
        fields: Sequence[Field],
        telescope: str = site.TELESCOPE,
        observer: str = "",
        columns: Sequence[str] = ("DATA",),
        spw_name: str | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        if self.path.exists():
            raise FileExistsError(f"{self.path} already exists; it is not overwritten")
        self._part = atomic.new_part(self.path)
        self.n_channels = len(frequency_hz)
        self.columns = tuple(columns)
        self._time_range = [np.inf, -np.inf]
        self._observation = {"TELESCOPE_NAME": telescope, "OBSERVER": observer}
        self._table: Any = None  # until it is created
        try:
            self._table = self._create()
            self._fill_antennas(antennas)
            self._fill_spectral_window(np.asarray(frequency_hz), channel_width_hz, spw_name)
            self._fill_polarization()
            self._fill_fields(fields)
        except BaseException as error:
            self._give_up(error)
            raise

    def __enter__(self) -> MeasurementSetWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._give_up(error)
            return
        try:
            self.close()
        except BaseException as late:
            self._give_up(late)
            raise

    def _give_up(self, error: BaseException) -> None:
        if self._table is not None:
            failed_tables.discard(self._table, self._table.close, error)
        shutil.rmtree(self._part, ignore_errors=True)

    def append(
        self,
        mjd_s: float,
        interval_s: float,
        antenna1: np.ndarray,
        antenna2: np.ndarray,
        uvw_m: np.ndarray,
        data: np.ndarray,
        flag: np.ndarray | None = None,
        field_id: int = 0,
        scan: int = 1,
        time_centroid_mjd_s: float | None = None,
        model: np.ndarray | None = None,
        corrected: np.ndarray | None = None,
        weight: np.ndarray | None = None,
    ) -> None:
        """Append the rows of one integration.

        ``antenna1``, ``antenna2`` (row,); ``uvw_m`` (row, 3), x_ANTENNA1 - x_ANTENNA2; ``data``,
        ``model``, ``corrected`` (row, channel, 4), XX, XY, YX, YY; ``flag`` bool, of the same
        shape, or None if nothing is flagged. ``weight`` is (row, 4), or (row, channel, 4) if the
        set has a WEIGHT_SPECTRUM; None means 1. ``time_centroid_mjd_s`` defaults to ``mjd_s``.
        Raises ValueError if ``data`` has another shape.
        """
        n_rows = len(antenna1)
        if n_rows == 0:
            return
        shape = (n_rows, self.n_channels, N_CORRELATIONS)
        if data.shape != shape:
            raise ValueError(f"data must have shape (row, channel, 4) = {shape}, not {data.shape}")
        flag = np.zeros(shape, bool) if flag is None else flag
        start = self._table.nrows()
        self._table.addrows(n_rows)
        put = self._putter(start, n_rows)
        centroid = mjd_s if time_centroid_mjd_s is None else time_centroid_mjd_s
        scalars = {
            "TIME": mjd_s,
            "TIME_CENTROID": centroid,
            "INTERVAL": interval_s,
            "EXPOSURE": interval_s,
            "FIELD_ID": field_id,
            "SCAN_NUMBER": scan,
        }
        for name, value in scalars.items():
            put(name, np.full(n_rows, value))
        put("ANTENNA1", np.asarray(antenna1, np.int32))
        put("ANTENNA2", np.asarray(antenna2, np.int32))
        put("UVW", np.asarray(uvw_m, float))
        put("FLAG", flag)
        put("FLAG_ROW", np.all(flag, axis=(1, 2)))
        self._put_weights(put, weight, shape)
        for name, values in (("DATA", data), ("MODEL_DATA", model), ("CORRECTED_DATA", corrected)):
            if name in self.columns and values is not None:
                put(name, np.asarray(values, np.complex64))
        self._time_range[0] = min(self._time_range[0], centroid - interval_s / 2)
        self._time_range[1] = max(self._time_range[1], centroid + interval_s / 2)

    def close(self) -> None:
        """Complete the sub-tables and rename the set to its final path."""
        self._fill_observation()
        self._table.flush(recursive=True)
        self._table.close()
        os.replace(self._part, self.path)

    def _putter(self, start: int, n_rows: int) -> Put:
        def put(name: str, values: np.ndarray) -> None:
            self._table.putcol(name, values, startrow=start, nrow=n_rows)

        return put

    def _put_weights(
        self, put: Put, weight: np.ndarray | None, shape: tuple[int, int, int]
    ) -> None:
        per_row = np.ones((shape[0], N_CORRELATIONS), np.float32)
        if weight is not None and weight.ndim == 2:
            per_row = np.asarray(weight, np.float32)
        if "WEIGHT_SPECTRUM" in self.columns:
            spectrum = np.broadcast_to(per_row[:, None, :], shape)
            if weight is not None and weight.ndim == 3:
                spectrum, per_row = weight, weight.mean(axis=1)
            put("WEIGHT_SPECTRUM", np.ascontiguousarray(spectrum, np.float32))
        put("WEIGHT", np.asarray(per_row, np.float32))
        positive = np.where(per_row > 0, per_row, 1.0)
        put("SIGMA", (1 / np.sqrt(positive)).astype(np.float32))

    def _create(self) -> tables.table:
        description = tables.required_ms_desc()
        shape = [self.n_channels, N_CORRELATIONS]
        managers = {}
        for name in ("FLAG", *self.columns):
            kind, zero, size = PER_CHANNEL_COLUMNS.get(name, ("boolean", False, 1))
            column = tables.makearrcoldesc(
                name,
                zero,
                ndim=2,
                shape=shape,
                options=4,
                valuetype=kind,
                datamanagertype="TiledColumnStMan",
                datamanagergroup=f"Tiled{name}",
            )
            description.update(tables.maketabdesc(column))
            rows = max(1, TILE_BYTES // (self.n_channels * N_CORRELATIONS * size))
            managers[name] = {
                "TYPE": "TiledColumnStMan",
                "NAME": f"Tiled{name}",
                "COLUMNS": [name],
                "SPEC": {"DEFAULTTILESHAPE": [N_CORRELATIONS, self.n_channels, rows]},
            }
        others = [name for name in description if name not in managers and name[0] != "_"]
        managers["others"] = {
            "TYPE": "StandardStMan",
            "NAME": "StandardStMan",
            "COLUMNS": others,
            "SPEC": {"PERSCACHESIZE": CACHED_BUCKETS},
        }
        info = {f"*{number}": manager for number, manager in enumerate(managers.values(), 1)}
        table = tables.default_ms(str(self._part), description, info)
        source = tables.default_ms_subtable("SOURCE", str(self._part / "SOURCE"))
        table.putkeyword("SOURCE", source)
        source.close()
        return table

    def _subtable(self, name: str) -> tables.table:
        return tables.table(str(self._part / name), readonly=False, ack=False)

    def _fill_antennas(self, antennas: Antennas) -> None:
        number = len(antennas.names)
        with self._subtable("ANTENNA") as table:
            table.addrows(number)
            table.putcol("NAME", list(antennas.names))
            table.putcol("STATION", [site.TELESCOPE] * number)
            table.putcol("TYPE", ["GROUND-BASED"] * number)
            table.putcol("MOUNT", ["ALT-AZ"] * number)
            table.putcol("POSITION", np.asarray(antennas.positions_m, float))
            table.putcol("OFFSET", np.zeros((number, 3)))
            table.putcol("DISH_DIAMETER", np.full(number, 2.0))
        with self._subtable("FEED") as table:
            table.addrows(number)
            table.putcol("ANTENNA_ID", np.arange(number, dtype=np.int32))
            table.putcol("NUM_RECEPTORS", np.full(number, 2, np.int32))
            table.putcol("SPECTRAL_WINDOW_ID", np.full(number, -1, np.int32))
            table.putcol("BEAM_ID", np.full(number, -1, np.int32))
            table.putcol("RECEPTOR_ANGLE", np.zeros((number, 2)))
            table.putcol("POSITION", np.zeros((number, 3)))
            table.putcol("BEAM_OFFSET", np.zeros((number, 2, 2)))
            table.putcol("POL_RESPONSE", np.tile(np.eye(2, dtype=np.complex64), (number, 1, 1)))
            table.putcol(
                "POLARIZATION_TYPE", {"shape": [number, 2], "array": [*POLARIZATIONS] * number}
            )

    def _fill_spectral_window(
        self, frequency_hz: np.ndarray, width_hz: float, name: str | None
    ) -> None:
        widths = np.full(self.n_channels, width_hz)
        with self._subtable("SPECTRAL_WINDOW") as table:
            table.addrows(1)
            table.putcell("NAME", 0, name or f"IF 1, {self.n_channels} channels")
            table.putcell("NUM_CHAN", 0, self.n_channels)
            table.putcell("CHAN_FREQ", 0, frequency_hz)
            for column in ("CHAN_WIDTH", "EFFECTIVE_BW", "RESOLUTION"):
                table.putcell(column, 0, widths)
            table.putcell("REF_FREQUENCY", 0, float(frequency_hz[0]))
            table.putcell("TOTAL_BANDWIDTH", 0, float(widths.sum()))
            table.putcell("MEAS_FREQ_REF", 0, TOPOCENTRIC)
            table.putcell("NET_SIDEBAND", 0, 1)
            table.putcell("FREQ_GROUP", 0, 1)
            table.putcell("FREQ_GROUP_NAME", 0, "group1")
        with self._subtable("DATA_DESCRIPTION") as table:
            table.addrows(1)

    def _fill_polarization(self) -> None:
        with self._subtable("POLARIZATION") as table:
            table.addrows(1)
            table.putcell("NUM_CORR", 0, N_CORRELATIONS)
            table.putcell("CORR_TYPE", 0, np.array(CORRELATION_TYPES, np.int32))
            products = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.int32)
            table.putcell("CORR_PRODUCT", 0, products)

    def _fill_fields(self, fields: Sequence[Field]) -> None:
        with self._subtable("FIELD") as table, self._subtable("SOURCE") as sources:
            table.addrows(len(fields))
            sources.addrows(len(fields))
            for row, field in enumerate(fields):
                direction = np.array([[field.ra_rad, field.dec_rad]])
                table.putcell("NAME", row, field.name)
                table.putcell("CODE", row, "none")
                table.putcell("NUM_POLY", row, 0)
                table.putcell("SOURCE_ID", row, row)
                for column in ("PHASE_DIR", "DELAY_DIR", "REFERENCE_DIR"):
                    table.putcell(column, row, direction)
                sources.putcell("NAME", row, field.name)
                sources.putcell("SOURCE_ID", row, row)
                sources.putcell("SPECTRAL_WINDOW_ID", row, -1)
                sources.putcell("DIRECTION", row, direction[0])

    def _fill_observation(self) -> None:
        begin, end = self._time_range if self._table.nrows() else (0.0, 0.0)
        with self._subtable("OBSERVATION") as table:
            table.addrows(1)
            for column, value in self._observation.items():
                table.putcell(column, 0, value)
            table.putcell("TIME_RANGE", 0, np.array([begin, end]))
            table.putcell("RELEASE_DATE", 0, begin)
        with self._subtable("PROCESSOR") as table:
            table.addrows(1)
        with self._subtable("FIELD") as table:
            table.putcol("TIME", np.full(table.nrows(), begin))
        with self._subtable("SOURCE") as table:
            table.putcol("TIME", np.full(table.nrows(), (begin + end) / 2))
            table.putcol("INTERVAL", np.full(table.nrows(), end - begin))
