"""Searches blocks of baselines for interference with AOFlagger's Python package.

AOFlagger's command line searches one baseline at a time and, with few integrations, spends most of
its time on overheads. Here one image holds many baselines side by side in place of times, and a
strategy written for it searches along frequency only. Amplitudes are flattened by the passbands of
the antpols (lwacal.flagging.passband) and in units of each baseline's own noise.

Three amplitudes of a baseline are searched: XX, YY, and XY and YX combined. The latter contain
little of the sky, so polarized interference stands out from the noise whatever its phase; in XX and
YY it adds to the sky with some phase, and part of it is missed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from lwacal.runtime import paths

STRATEGY = paths.STRATEGIES / "stacked-baselines.lua"
CROSS_HANDS = 2  # which of the amplitudes: XX; YY; XY and YX
# Noise alone has longer tails than a sky brighter than it: with this factor on XY and YX equal
# thresholds give about as many false alarms
SCALE = np.array([1.0, 1.0, 0.9], np.float32)
MEDIAN_OF_DIFFERENCES = 0.954  # median of |x - y| of normal x and y of rms 1: 0.6745 sqrt(2)


class MissingPackageError(ImportError):
    """AOFlagger's Python package cannot be imported."""


class SearchError(RuntimeError):
    """AOFlagger's Python package has failed."""


def amplitudes(
    data: np.ndarray, known: np.ndarray, passband: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the amplitudes to search, (amplitude, ..., channel), and where not to look.

    ``data`` and ``known`` (..., channel, 4); amplitudes are divided by ``passband``, likewise or
    fewer of the first axes. If one of XY and YX is known to be bad, the other is used alone.
    """
    each = np.abs(data)
    if passband is not None:
        each /= passband
    each[known] = 0
    values = np.stack([each[..., 0], each[..., 3], np.hypot(each[..., 1], each[..., 2])])
    not_looked_at = np.stack([known[..., 0], known[..., 3], known[..., 1] & known[..., 2]])
    return values, not_looked_at


def search(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return what AOFlagger finds beyond the known flags, (amplitude, time, row, channel) bool.

    ``values`` and ``known`` likewise, as amplitudes gives them. Each time is searched
    separately; the rest is averaged over times and searched again, which finds weak lasting lines.
    """
    level = normalized(values, known)
    found = _search_image(level, known)
    if values.shape[1] > 1:
        free = ~(known | found)
        count = free.sum(axis=1)
        level *= free
        mean = level.sum(axis=1) / np.maximum(count, 1).astype(np.float32)
        lasting = _search_image(normalized(mean, count == 0), count == 0)
        found |= lasting[:, None] & ~known
    return found


def normalized(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return amplitudes less their median over channels, in units of their noise, float32.

    ``values`` and ``known`` (amplitude, ..., channel). The noise is that of differences between
    neighbouring channels, which a smooth spectrum and a few lines leave alone. Zero where known,
    and without noise.
    """
    level = np.where(known, np.float32(np.nan), values)
    level -= _median(level)
    noise = _median(np.abs(np.diff(level, axis=-1))) / MEDIAN_OF_DIFFERENCES
    factor = SCALE.reshape(-1, *[1] * (level.ndim - 1)) / np.where(noise > 0, noise, np.inf)
    level *= factor
    level[~np.isfinite(level)] = 0
    return level


def _median(values: np.ndarray) -> np.ndarray:
    """Return the upper median over the last axis, without NaN, (..., 1)."""
    if values.shape[-1] == 0:
        return np.full((*values.shape[:-1], 1), np.nan, values.dtype)
    middle = np.isfinite(values).sum(axis=-1, keepdims=True) // 2
    return np.take_along_axis(np.sort(values, axis=-1), middle, axis=-1)  # NaN comes last


def _search_image(level: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Run the strategy on one image of all spectra that are not all known; all (..., channel)."""
    found = np.zeros(level.shape, bool)
    used = ~known.all(axis=-1)
    width, n_channels = int(used.sum()), level.shape[-1]
    if width == 0:
        return found
    flagger, strategy = _strategy()
    image = flagger.make_image_set(width, n_channels, 1)
    image.set_image_buffer(0, np.ascontiguousarray(level[used].T))
    mask = flagger.make_flag_mask(width, n_channels)
    mask.set_buffer(np.ascontiguousarray(known[used].T))
    try:
        flags = strategy.run(image, mask)
    except RuntimeError as error:
        raise SearchError(
            f"AOFlagger's package failed with the strategy {STRATEGY}: {error}. With"
            " flagging.strategy: generic its program is taken, with flagging.aoflagger: false none"
        ) from error
    found[used] = flags.get_buffer().T
    return found & ~known


@cache
def _strategy() -> tuple[Any, Any]:
    """Return AOFlagger and the strategy, loaded once per process."""
    try:
        import aoflagger
    except ImportError as error:
        raise MissingPackageError(
            f"AOFlagger's Python package cannot be imported ({error}): install it (pip install"
            " aoflagger), or set flagging.strategy: generic to use the program"
        ) from error
    flagger = aoflagger.AOFlagger()
    return flagger, flagger.load_strategy_file(str(STRATEGY))
