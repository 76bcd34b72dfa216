"""The normal equations of the solver: sums over integrations, from one read of the data.

Per polarization (XX, YY), channel and baseline: w V conj(M), w |M|^2, w |V|^2 and the number of
visibilities; w is zero where data are flagged. The model M is predicted from antenna phasors;
weights follow the noise of the two antennas. An integration is read in blocks of rows that fit into
the processor's cache; threads share the blocks. A baseline occurs at most once in an integration,
so the sums do not depend on the order of the threads.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from casacore import tables

from lwacal.calibration import noise_weights, uv_range
from lwacal.calibration.sub_band import SubBand
from lwacal.io import ms_reader
from lwacal.io.ms_reader import Integration
from lwacal.runtime.blocks import blocks_of
from lwacal.runtime.timing import Stopwatch
from lwacal.sky.predict import FactoredModel
from lwacal.telescope.baselines import BaselineMatrix

logger = logging.getLogger(__name__)

PARALLEL, CROSS = slice(0, 4, 3), slice(1, 3)  # XX and YY, XY and YX of XX, XY, YX, YY
MOST_CROSS_CHANNELS = 24  # of XY and YX: enough to tell that an antenna has X and Y exchanged
ROWS_AT_ONCE = 512  # read and added: 3 MB of data with 192 channels
ROWS_TO_TURN = 32  # at once from (row, channel) to (channel, row)


@dataclass
class VisibilitySums:
    """Sums of one sub-band, each (2, channel, baseline).

    The first axis is XX, YY: ``data_model`` is sum w V conj(M), ``model_power`` sum w |M|^2,
    ``data_power`` sum w |V|^2, ``count`` the number of unflagged visibilities. That of
    ``cross_model`` is XY, YX in the ``cross_channels`` (cross channel,): sum w V conj(M) with the
    mean of the models of XX and YY, as if a port carried the other polarization. ``length_lambda``
    (baseline,) is that at the middle of the sub-band and of the observation. ``thermal_variances``
    are those of a visibility of weight one in each integration, by the radiometer equation; NaN
    without autocorrelations. Memory at 352 antennas and 192 channels: 0.5 GB.
    """

    baselines: BaselineMatrix
    length_lambda: np.ndarray
    data_model: np.ndarray
    model_power: np.ndarray
    data_power: np.ndarray
    count: np.ndarray
    cross_channels: np.ndarray
    cross_model: np.ndarray
    thermal_variances: list[float] = field(default_factory=list)

    @staticmethod
    def zeros(
        baselines: BaselineMatrix, length_lambda: np.ndarray, n_channels: int
    ) -> VisibilitySums:
        """Return sums that are zero."""
        shape = (2, n_channels, len(length_lambda))
        step = -(-n_channels // MOST_CROSS_CHANNELS)
        cross_channels = np.arange(step // 2, n_channels, step)
        return VisibilitySums(
            baselines,
            length_lambda,
            data_model=_zeros(shape, np.complex64),
            model_power=_zeros(shape, np.float32),
            data_power=_zeros(shape, np.float32),
            count=_zeros(shape, np.uint16),
            cross_channels=cross_channels,
            cross_model=_zeros((2, len(cross_channels), len(length_lambda)), np.complex64),
        )

    @staticmethod
    def of_band(band: SubBand) -> VisibilitySums:
        """Return sums of a sub-band that are zero."""
        _, _, length_lambda = uv_range.baselines_of_array(band.manifest, band.name)
        baselines = BaselineMatrix(len(band.antennas.names))
        return VisibilitySums.zeros(baselines, length_lambda, len(band.frequency_hz))

    @property
    def n_channels(self) -> int:
        """The number of channels."""
        return self.count.shape[1]

    def leave_out(self, lost: np.ndarray) -> None:
        """Set sums of baselines (baseline,) to zero, in place."""
        for sums in (
            self.data_model,
            self.model_power,
            self.data_power,
            self.count,
            self.cross_model,
        ):
            sums[:, :, lost] = 0

    def leave_out_of_range(self, low_lambda: float, high_lambda: float) -> None:
        """Set the sums of baselines outside a range of lengths to zero, in place."""
        outside = (self.length_lambda < low_lambda) | (self.length_lambda > high_lambda)
        self.leave_out(outside)

    def weigh_baselines(self, factor: np.ndarray) -> None:
        """Multiply weights by factors (baseline,), in place."""
        narrow = factor.astype(np.float32)
        for sums in (self.data_model, self.model_power, self.data_power, self.cross_model):
            sums *= narrow

    def weigh(self, factor: np.ndarray) -> None:
        """Multiply weights by the factors (antenna, 2) of both antpols of a baseline, in place."""
        first, second = self.baselines.of_antennas(factor.T.astype(np.float32))
        for sums in (self.data_model, self.model_power, self.data_power):
            sums *= (first * second)[:, None]
        self.cross_model *= (first * second[::-1])[:, None]


def read(
    band: SubBand,
    integrations: int | None = None,
    threads: int = 1,
    watch: Stopwatch | None = None,
    seen: Callable[[Integration], FactoredModel] | None = None,
    sums: VisibilitySums | None = None,
) -> VisibilitySums:
    """Read a sub-band and return its sums; ``integrations`` limits how many are used.

    ``seen`` gives the model of an integration in place of the sky model; data are added to
    ``sums``, in place, if given.
    Data are read once, a block of rows at a time. Memory: the sums, the flags of an integration
    (48 MB at full size), and some 15 MB a thread.
    """
    watch = watch or Stopwatch()
    powers = band.antenna_powers()
    if seen is None:
        sky = band.sky()

        def seen(item: Integration) -> FactoredModel:
            return sky.factored(item.mjd_s)

    if sums is None:
        sums = VisibilitySums.of_band(band)
    with (
        ms_reader.open_table(band.concatenated) as table,
        band.flag_file() as flags,
        ThreadPoolExecutor(threads) as pool,
    ):
        items = islice(ms_reader.iterate_integrations(band.concatenated, ()), integrations)
        for item, model in _with_model(items, seen, pool):
            logger.info(f"{band.name}: integration {item.scan}")
            with watch.part("reading"):
                masks = flags.causes(item.rows)
            power = powers.of(item, masks)
            weight, product = noise_weights.of_pairs(power, item.antenna1, item.antenna2)
            sums.thermal_variances.append(product / (band.channel_width_hz * item.interval_s))
            one = _Integration(item, masks, weight, model.result(), sums)
            _add_all(one, table, pool, 2 * threads, watch)
    return sums


def _with_model(
    items: Iterable[Integration], seen: Callable[[Integration], FactoredModel], pool: Executor
) -> Iterator[tuple[Integration, Future[FactoredModel]]]:
    """Yield integrations with their models, which threads compute one integration ahead."""
    before: tuple[Integration, Future[FactoredModel]] | None = None
    for item in items:
        model = pool.submit(seen, item)
        if before:
            yield before
        before = item, model
    if before:
        yield before


def _add_all(
    one: _Integration, table: tables.table, pool: Executor, most_waiting: int, watch: Stopwatch
) -> None:
    """Read the blocks of an integration in order, while threads add those already read."""
    waiting: deque[Future[None]] = deque()
    for rows in blocks_of(len(one.item.antenna1), ROWS_AT_ONCE):
        with watch.part("reading"):
            start = one.item.rows.start + rows.start
            data = ms_reader.read_rows(table, "DATA", start, rows.stop - rows.start)
        waiting.append(pool.submit(one.add, rows, data))
        if len(waiting) > most_waiting:
            waiting.popleft().result()
    for block in waiting:
        block.result()


@dataclass(frozen=True)
class _Integration:
    """An integration to be added; ``masks`` of flags (row, channel, 4), ``weight`` (row, 4)."""

    item: Integration
    masks: np.ndarray
    weight: np.ndarray
    seen: FactoredModel
    sums: VisibilitySums

    def add(self, block: slice, values: np.ndarray) -> None:
        """Add a block of rows without its autocorrelations, in place.

        ``values`` (row, channel, 4) are their data.
        """
        rows = np.arange(block.start, block.stop)
        rows = rows[self.item.antenna1[block] != self.item.antenna2[block]]
        sums = self.sums
        antenna1, antenna2 = self.item.antenna1[rows], self.item.antenna2[rows]
        place = sums.baselines.of_rows(antenna1, antenna2)
        weight = np.ascontiguousarray(self.weight[rows].T)
        model = self.seen.visibilities(antenna1, antenna2)
        data, used = self._unflagged(block, rows, values, slice(None), PARALLEL)
        for pol, factor in enumerate(weight[PARALLEL]):
            mine, modelled = data[pol], model[pol]
            sums.data_model[pol][:, place] += _scaled(mine * modelled.conj(), factor)
            sums.model_power[pol][:, place] += _power(modelled) * (used[pol] * factor)
            sums.data_power[pol][:, place] += _power(mine) * factor
            sums.count[pol][:, place] += used[pol]
        some = sums.cross_channels
        data, _ = self._unflagged(block, rows, values, some, CROSS)
        either = (model[0, some] + model[1, some]).conj() / np.float32(2)
        for port, factor in enumerate(weight[CROSS]):
            sums.cross_model[port][:, place] += _scaled(data[port] * either, factor)

    def _unflagged(
        self,
        block: slice,
        rows: np.ndarray,
        values: np.ndarray,
        channels: slice | np.ndarray,
        correlations: slice,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return data without what is flagged, and what is not, (correlation, channel, row)."""
        data = _by_channel(values[:, channels, correlations], rows - block.start)
        used = _by_channel(self.masks[block][:, channels, correlations], rows - block.start) == 0
        data[~used] = 0  # it may be NaN
        return data, used


def _zeros(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Return zeros in memory that is already mapped; np.zeros maps pages at their first use."""
    zeros: np.ndarray = np.empty(shape, kind)
    zeros.fill(0)
    return zeros


def _by_channel(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return rows of (row, channel, correlation) as (correlation, channel, row), contiguous."""
    turned = np.empty((*values.shape[:0:-1], len(rows)), values.dtype)
    for start in range(0, len(rows), ROWS_TO_TURN):
        some = slice(start, start + ROWS_TO_TURN)
        turned[..., some] = values[rows[some]].T
    return turned


def _scaled(values: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Multiply complex values (channel, row) by real factors (row,), in place, and return them."""
    parts = values.view(np.float32)
    parts *= np.repeat(factor, 2)
    return values


def _power(values: np.ndarray) -> np.ndarray:
    return values.real**2 + values.imag**2
