"""Common style of all figures: sizes, colours that are safe for colour blindness, PNG output."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from lwacal.telescope.antpol_states import BAD, GOOD, SUSPECT
from lwacal.telescope.boards import ANTENNAS_PER_BOARD

matplotlib.use("Agg")

WIDTH_IN = 6.85  # text width of the printed page
DOTS_PER_INCH = 200
SMALLEST_PT = 6.5  # smallest font size at the printed width
STATUS_COLOURS = {GOOD: "#6FB7AC", SUSPECT: "#F2B134", BAD: "#A3172B"}
STATUS_TEXT_COLOURS = {GOOD: "#1d4d46", SUSPECT: "#4a3200", BAD: "#ffffff"}
POLARIZATION_COLOURS = {"X": "#0072B2", "Y": "#E69F00"}
SOURCE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
SOURCE_MARKERS = ("o", "s", "^", "D", "v", "P")
CAUSE_COLOURS = (
    "#000000",
    "#A3172B",
    "#E69F00",
    "#0072B2",
    "#CC79A7",
    "#009E73",
    "#56B4E9",
    "#F0E442",
)
NO_DATA = "#a8a8a8"
QUIET = "#777777"


class NothingToPlotError(Exception):
    """There is nothing to draw; the message tells the reader of the report why."""


def applied() -> AbstractContextManager[None]:
    """Return a context manager that applies the style of the report."""
    return matplotlib.rc_context(fname=Path(__file__).with_name("lwa.mplstyle"))


def new(height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """Return an empty figure, by default as wide as the page."""
    return Figure(figsize=(width_in, height_in), layout="constrained")


def png(figure: Figure) -> bytes:
    """Return the figure as a reproducible PNG with at most 256 colours, a third of the size."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    image = Image.open(drawn).convert("RGB")
    packed = io.BytesIO()
    image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        packed, format="png", optimize=True
    )
    return packed.getvalue()


def shade_boards(axes: Axes, n_antennas: int, vertical: bool = True) -> None:
    """Shade every second SNAP2 board (32 antennas) along the antenna axis."""
    span = axes.axvspan if vertical else axes.axhspan
    for first in range(ANTENNAS_PER_BOARD, n_antennas, 2 * ANTENNAS_PER_BOARD):
        span(
            first - 0.5,
            min(first + ANTENNAS_PER_BOARD, n_antennas) - 0.5,
            color="#f2f2f2",
            zorder=0,
            lw=0,
        )


def antenna_ticks(n_antennas: int) -> np.ndarray:
    """Return ticks of an antenna axis: the first antenna of each board, or every few antennas."""
    if n_antennas > 64:
        return np.arange(0, n_antennas, ANTENNAS_PER_BOARD)
    return np.arange(0, n_antennas, max(1, n_antennas // 8))


def frequency_grid(frequency_hz: np.ndarray, max_bins: int = 640) -> tuple[np.ndarray, np.ndarray]:
    """Return bin edges in MHz, shape (bin + 1,), and the bin of each channel, shape (channel,).

    Bins are regular in frequency, so that missing sub-bands leave gaps; a bin is one channel wide,
    or wider to keep to ``max_bins``. ``frequency_hz`` is in ascending order.
    """
    low, high = float(frequency_hz[0]), float(frequency_hz[-1])
    steps = np.diff(frequency_hz)
    width = float(np.min(steps)) if len(steps) else 98e6 / 4096
    count = min(max_bins, round((high - low) / width) + 1)
    edges = np.linspace(low - width / 2, high + width / 2, count + 1)
    bins = np.clip(np.searchsorted(edges, frequency_hz, side="right") - 1, 0, count - 1)
    return edges / 1e6, bins


def mean_in_bins(values: np.ndarray, good: np.ndarray, bins: np.ndarray, count: int) -> np.ndarray:
    """Return the mean of the good values in each bin, (antenna, count); NaN where there are none.

    ``values`` and ``good`` (antenna, channel), ``bins`` (channel,) ascending.
    """
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    total = np.add.reduceat(np.where(good, values, 0), starts, axis=1)
    number = np.add.reduceat(good.astype(float), starts, axis=1)
    binned = np.full((len(values), count), np.nan, dtype=total.dtype)
    with np.errstate(invalid="ignore", divide="ignore"):
        binned[:, bins[starts]] = np.where(number > 0, total / number, np.nan)
    return binned


def largest_in_bins(values: np.ndarray, bins: np.ndarray, count: int, empty: int) -> np.ndarray:
    """Return the largest value in each bin, or ``empty`` where there is no channel."""
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    binned = np.full((len(values), count), empty, dtype=int)
    binned[:, bins[starts]] = np.maximum.reduceat(values, starts, axis=1)
    return binned


def short_name(antenna: str) -> str:
    """Return an antenna's name without the common prefix: ``LWA266`` gives ``266``."""
    return re.sub(r"^[A-Za-z]+-?(?=\d)", "", antenna)


def colour_of(index: int, colours: Sequence[str] = SOURCE_COLOURS) -> str:
    """Return the colour of the n-th source or cause; colours repeat when they run out."""
    return colours[index % len(colours)]
