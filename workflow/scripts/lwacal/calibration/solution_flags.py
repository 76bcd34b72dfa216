"""Finds bandpass solutions that must not be used, over all sub-bands together.

Log amplitudes ln |G| of shape (antenna, channel, 2) are judged relative to the array, in these
steps, each with a bit of its own in the cause mask:

1. whole antpols, by their median compared with the other antennas (weak, strong); in ln |G| a
factor
   of 1/50 stands out as clearly as one of 50;
2. channels in which antennas scatter far more than usual (scatter) or whose solutions are less
   certain than those of neighbouring channels (uncertain), and everything below the frequency at
   which such channels follow one another (cliff);
3. stretches of the band in which an antpol's own bandpass differs from the array's by many times
   the spread of such differences over the antennas, and single solutions far from the antpol's own
   smooth bandpass in units of its own noise (deviation);
4. single solutions outside the distribution over antennas in their channel, repeatedly (clip);
5. channels in which more than a quorum of antennas is flagged (quorum).

What the autocorrelations show too is the instrument and no fault: edges of filters, ripples of
cables, steps of the digital gain. Each test is therefore made of ln |G| and of ln |G| less half of
ln power, and only what both find is flagged; where the power is not known, the first decides. An
antpol whose power is usual is weak only if its gain is below weak_ratio: the ionosphere
decorrelates antennas far out.

All spreads are robust (medians). None relies on a certain frequency range: with too few channels in
a configured range all channels are used, and with too few antennas nothing is compared.
Short gaps are then interpolated (lwacal.calibration.interpolation).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from lwacal.calibration import interpolation, uncertain_channels
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES, OF_ANTPOL
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.runtime.robust import masked_median, median_and_sigma

FEWEST_CHANNELS = 10  # in a range of frequencies, to take it as reference
FEWEST_ANTENNAS = 5  # to say what is usual
FEWEST_BANDS = 4  # to tell the slope of a bandpass from a step in it
SHORT_BLOCK, MOST_SHORT_BLOCKS = 12, 4  # channels, number: to find steps in short sub-bands
SMALLEST_LEVEL_SIGMA = 0.14  # of ln gain between antennas
SMALLEST_SHAPE_SIGMA = 0.05  # of ln gain between the shapes of two bandpasses


def find(band: SolvedBandpass, settings: SolutionFlags) -> None:
    """Add flags to the solutions, in place.

    ``band.cause`` holds what is known before (solver, health).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log(np.abs(band.gain))
    band.cause[~np.isfinite(size)] |= CAUSES["solver"]
    of_power = band.half_log_power()
    sizes = [size]
    if np.isfinite(of_power).any():
        sizes.append(size - np.nan_to_num(of_power))
    weak_and_strong_antpols(sizes, band, settings)
    width = settings.template_channels
    shapes = [shape_of(one, band, settings) for one in sizes]
    scatters = [channel_scatter(shape, band) for shape in shapes]
    scattered_channels(scatters, band, settings)
    low_frequency_cliff(scatters, band, settings)
    uncertain = uncertain_channels.find(
        *relative_errors(band), band.channels(), settings.uncertain_factor, width
    )
    band.cause[:, uncertain] |= CAUSES["uncertain"]
    short = [own_shape(shape, band, width, MOST_SHORT_BLOCKS) for shape in shapes]
    deviating_stretches(short, band, settings.deviation_sigma)
    noise = [in_units_of_noise(one - own_shape(one, band, width), band) for one in shapes]
    far = np.all(np.abs(noise) > settings.deviation_sigma, axis=0)  # NaN is not far
    band.cause[far & (band.cause == 0)] |= CAUSES["deviation"]
    clip_over_antennas(noise, band, settings)
    quorum(band, settings.quorum)


def fill(band: SolvedBandpass, longest: int) -> None:
    """Interpolate over gaps of at most ``longest`` channels, in place."""
    whole = np.all(band.cause & OF_ANTPOL > 0, axis=1)
    band.interpolated |= interpolation.fill(
        band.gain, band.cause > 0, whole, band.band_index, longest
    )


def shape_of(size: np.ndarray, band: SolvedBandpass, settings: SolutionFlags) -> np.ndarray:
    """Return log amplitudes less each antpol's level and the array's smooth bandpass."""
    shape = size - antpol_levels(size, band, settings.normalization_mhz)[:, None, :]
    return shape - template(shape, band, settings.template_channels)


def usual_range(frequency_hz: np.ndarray, range_mhz: tuple[float, float]) -> np.ndarray:
    """Return which channels are in a range, or all if too few are: (channel,) bool."""
    inside = (frequency_hz >= range_mhz[0] * 1e6) & (frequency_hz <= range_mhz[1] * 1e6)
    return inside if inside.sum() >= FEWEST_CHANNELS else np.ones(len(frequency_hz), bool)


def antpol_levels(
    size: np.ndarray, band: SolvedBandpass, range_mhz: tuple[float, float]
) -> np.ndarray:
    """Return each antpol's median log amplitude in a range, (antenna, 2); NaN if it has none.

    An antpol without solutions in the range is measured against the array in the whole band.
    """
    flagged = band.cause > 0
    channels = usual_range(band.frequency_hz, range_mhz)
    level = masked_median(size[:, channels], flagged[:, channels], axis=1)
    usual = masked_median(size - level[:, None, :], flagged | ~np.isfinite(level)[:, None], axis=0)
    against = size - usual
    elsewhere = masked_median(against, flagged | ~np.isfinite(against), axis=1)
    return np.where(np.isfinite(level), level, elsewhere)


def weak_and_strong_antpols(
    sizes: Sequence[np.ndarray], band: SolvedBandpass, settings: SolutionFlags
) -> None:
    """Flag antpols that are weak or strong as a whole, X among X and Y among Y.

    ``sizes`` ln |G|, and the same less half of ln power if that is known. Where more than half of
    what a gain lacks is not lacking in the power, the antpol is weak only below weak_ratio.
    """
    (away, limit), *others = [_away_from_the_array(size, band, settings) for size in sizes]
    weak = away < -limit
    for less_power, _ in others:
        weak &= less_power > away / 2
    weak |= away < np.log(settings.weak_ratio)
    strong = (away > limit) | (away > np.log(settings.strong_ratio))
    for name, found in (("weak", weak), ("strong", strong)):
        band.cause[np.broadcast_to(found[:, None, :], band.cause.shape)] |= CAUSES[name]


def _away_from_the_array(
    size: np.ndarray, band: SolvedBandpass, settings: SolutionFlags
) -> tuple[np.ndarray, np.ndarray]:
    """Return each antpol's level less the median one, (antenna, 2), and the limit, (1, 2)."""
    level = antpol_levels(size, band, settings.reference_mhz)
    known = np.isfinite(level)
    middle, sigma = median_and_sigma(level, ~known, axis=0)
    limit = settings.gain_outlier_sigma * np.maximum(sigma, SMALLEST_LEVEL_SIGMA)
    return np.where(known & (known.sum(axis=0) >= FEWEST_ANTENNAS), level - middle, 0.0), limit


def channel_scatter(shape: np.ndarray, band: SolvedBandpass) -> np.ndarray:
    """Return how much ln amplitudes scatter over antpols, (channel,); NaN where too few are known.

    Differences between cables grow with the distance from the frequencies at which antpols are
    compared; they are no scatter, and a power law of each antpol is taken out before.
    """
    shape = without_power_law(shape, band, fewest_bands=2)
    values = np.moveaxis(shape, 1, 0).reshape(len(band.frequency_hz), -1)
    flagged = np.moveaxis(band.cause > 0, 1, 0).reshape(values.shape) | ~np.isfinite(values)
    _, sigma = median_and_sigma(values, flagged, axis=1)
    return np.where((~flagged).sum(axis=1) >= FEWEST_ANTENNAS, sigma[:, 0], np.nan)


def usual_scatter(
    scatter: np.ndarray, band: SolvedBandpass, range_mhz: tuple[float, float]
) -> float:
    """Return the median scatter in a range of frequencies, or in all if it is known nowhere there.

    NaN if it is known nowhere.
    """
    reference = scatter[usual_range(band.frequency_hz, range_mhz)]
    reference = reference if np.isfinite(reference).any() else scatter
    return float(masked_median(reference, ~np.isfinite(reference), axis=0))


def scattered_channels(
    scatters: Sequence[np.ndarray], band: SolvedBandpass, settings: SolutionFlags
) -> None:
    """Flag channels for all in which antennas scatter far more than usual, in all measures."""
    wild = np.ones(len(band.frequency_hz), bool)
    for scatter in scatters:
        usual = usual_scatter(scatter, band, settings.reference_mhz)
        wild &= np.nan_to_num(scatter) > settings.channel_scatter_factor * usual
    band.cause[:, wild] |= CAUSES["scatter"]


def low_frequency_cliff(
    scatters: Sequence[np.ndarray], band: SolvedBandpass, settings: SolutionFlags
) -> None:
    """Flag everything below the frequency at which all measures of the scatter see the cliff."""
    ends = [_cliff_end(scatter, band, settings) for scatter in scatters]
    band.cause[:, np.flatnonzero(band.frequency_hz < min(ends))] |= CAUSES["cliff"]


def _cliff_end(scatter: np.ndarray, band: SolvedBandpass, settings: SolutionFlags) -> float:
    """Return the frequency in Hz down from which antennas scatter, channel after channel.

    Only below the range that tells what is usual, and beyond what the solver's own errors explain:
    noise that grows towards low frequencies is no cliff. A median over channels decides, so that a
    few channels of interference are none either. Zero without a cliff.
    """
    low_hz = settings.reference_mhz[0] * 1e6
    below = np.flatnonzero(band.frequency_hz < low_hz)
    usual = usual_scatter(scatter, band, settings.reference_mhz)
    if len(below) < settings.cliff_channels or not np.isfinite(usual):
        return 0.0
    # ln |G| has the error of one of two components
    expected = np.hypot(usual, np.nan_to_num(_relative_error(band)) / np.sqrt(2))
    excess = (scatter / expected)[below]
    known = np.flatnonzero(np.isfinite(excess))
    wide = _trailing_median(excess[known], settings.cliff_channels) > settings.cliff_factor
    if not wide.any():
        return 0.0
    edge = known[: np.flatnonzero(wide)[-1] + 1]
    edge = edge[excess[edge] > settings.cliff_factor][-1]
    return float(np.nextafter(band.frequency_hz[below[edge]], np.inf))


def relative_errors(band: SolvedBandpass) -> tuple[np.ndarray, np.ndarray]:
    """Return the solver's |dG / G| and where it is not known, each (antenna, channel, 2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = band.error / np.abs(band.gain)
    return relative, (band.cause > 0) | (band.error <= 0) | ~np.isfinite(relative)


def _relative_error(band: SolvedBandpass) -> np.ndarray:
    """Return the median relative error of the solutions, (channel,); NaN where there is none."""
    relative, unknown = relative_errors(band)
    by_channel = (len(band.frequency_hz), -1)
    return masked_median(
        np.moveaxis(relative, 1, 0).reshape(by_channel),
        np.moveaxis(unknown, 1, 0).reshape(by_channel),
        axis=1,
    )


def _trailing_median(values: np.ndarray, width: int) -> np.ndarray:
    """Return the median of each value and the ``width - 1`` before it; NaN for the first ones."""
    if len(values) < width:
        return np.full(len(values), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    return np.concatenate([np.full(width - 1, np.nan), np.median(windows, axis=1)])


def template(shape: np.ndarray, band: SolvedBandpass, width: int) -> np.ndarray:
    """Return the array's smoothed log bandpass, (channel, 2): median over antennas and channels.

    Each sub-band is smoothed by itself; channels without solutions are bridged. A sub-band without
    any is zero.
    """
    usual = masked_median(shape, (band.cause > 0) | ~np.isfinite(shape), axis=0)
    for channels in band.channels():
        for pol in (0, 1):
            values = usual[channels, pol]
            known, places = np.isfinite(values), np.arange(len(values))
            filled = np.zeros(len(values))
            if known.any():
                filled = np.interp(places, places[known], values[known])
            size = min(width, max(len(values) // 2 * 2 - 1, 1))
            usual[channels, pol] = median_filter(filled, size, mode="nearest")
    return usual


def own_shape(
    shape: np.ndarray, band: SolvedBandpass, width: int, short_blocks: int = 1
) -> np.ndarray:
    """Return each antpol's own smooth difference from the array, (antenna, channel, 2).

    Medians over half a template width, joined by straight lines within each sub-band: what a cable
    or a reflection does, without the noise. A sub-band of few channels has up to ``short_blocks``
    of SHORT_BLOCK channels at least, which shows steps in it, if not without noise. NaN where a
    antpol has nothing.
    """
    flagged = (band.cause > 0) | ~np.isfinite(shape)
    own = np.full(shape.shape, np.nan)
    for channels in band.channels():
        length = channels.stop - channels.start
        number = max(1, round(2 * length / width), min(short_blocks, length // SHORT_BLOCK))
        edges = np.linspace(0, length, number + 1).round().astype(int)
        blocks = np.stack(
            [
                masked_median(
                    shape[:, channels.start + low : channels.start + high],
                    flagged[:, channels.start + low : channels.start + high],
                    axis=1,
                )
                for low, high in pairwise(edges)
            ],
            axis=1,
        )
        own[:, channels] = _join(blocks, (edges[:-1] + edges[1:] - 1) / 2, length)
    return own


def _join(blocks: np.ndarray, centres: np.ndarray, length: int) -> np.ndarray:
    """Join values (antenna, block, 2) at channels ``centres`` by straight lines.

    Beyond the first and the last the lines go on. Where one end of a line is NaN the other is
    taken.
    """
    if len(centres) == 1:
        return np.repeat(blocks, length, axis=1)
    places = np.arange(length)
    left = np.clip(np.searchsorted(centres, places, side="right") - 1, 0, len(centres) - 2)
    share = ((places - centres[left]) / (centres[left + 1] - centres[left]))[None, :, None]
    first, second = blocks[:, left], blocks[:, left + 1]
    joined = first + (second - first) * share
    return np.where(np.isnan(first), second, np.where(np.isnan(second), first, joined))


def deviating_stretches(owns: Sequence[np.ndarray], band: SolvedBandpass, sigmas: float) -> None:
    """Flag where an antpol's own smooth shape is far from those of the other antennas.

    A step over part of the band, or a sub-band at another level, in all of the shapes ``owns``. A
    power law of the frequency is taken out before, antpol by antpol, so that cables of different
    lengths are no deviation.
    """
    rests = [without_power_law(own, band, FEWEST_BANDS) for own in owns]
    band.cause[_far_from_the_others(rests, band, sigmas, SMALLEST_SHAPE_SIGMA)] |= CAUSES[
        "deviation"
    ]


def _far_from_the_others(
    values: Sequence[np.ndarray], band: SolvedBandpass, sigmas: float, least: float
) -> np.ndarray:
    """Return where all of the values (antenna, channel, 2) are far from their medians, bool.

    Far are ``sigmas`` standard deviations over the antennas, which are ``least`` at least.
    """
    far = np.ones(band.cause.shape, bool)
    for one in values:
        flagged = (band.cause > 0) | ~np.isfinite(one)
        middle, sigma = median_and_sigma(one, flagged, axis=0)
        far &= ~flagged & ((~flagged).sum(axis=0, keepdims=True) >= FEWEST_ANTENNAS)
        with np.errstate(invalid="ignore"):
            far &= np.abs(one - middle) > sigmas * np.maximum(sigma, least)
    return far


def without_power_law(size: np.ndarray, band: SolvedBandpass, fewest_bands: int) -> np.ndarray:
    """Return log amplitudes less a power law of the frequency for each antpol, median zero.

    ``size`` (antenna, channel, 2). The index is the median of the slopes between pairs of sub-bands
    (Theil 1950, Sen 1968); zero if there are fewer sub-bands than asked for.
    """
    flagged = (band.cause > 0) | ~np.isfinite(size)
    log_frequency = np.log(band.frequency_hz / band.frequency_hz.mean())
    parts = band.channels()
    rest = size
    if len(parts) >= fewest_bands:
        middle = np.stack([masked_median(size[:, c], flagged[:, c], axis=1) for c in parts], axis=1)
        place = np.array([log_frequency[channels].mean() for channels in parts])
        first, second = np.triu_indices(len(parts), 1)
        slopes = (middle[:, second] - middle[:, first]) / (place[second] - place[first])[:, None]
        index = np.nan_to_num(masked_median(slopes, ~np.isfinite(slopes), axis=1))
        rest = size - index[:, None, :] * log_frequency[None, :, None]
    return rest - masked_median(rest, flagged, axis=1)[:, None, :]


def in_units_of_noise(rest: np.ndarray, band: SolvedBandpass) -> np.ndarray:
    """Return deviations from the smooth bandpass in units of the antpol's own noise.

    The noise is found in each sub-band; it is at least that of the median antenna, which keeps
    chance from making it small where there are few channels. NaN where flagged.
    """
    flagged = (band.cause > 0) | ~np.isfinite(rest)
    noise = np.full(rest.shape, np.nan)
    for channels in band.channels():
        _, sigma = median_and_sigma(rest[:, channels], flagged[:, channels], axis=1)
        enough = (~flagged[:, channels]).sum(axis=1, keepdims=True) >= FEWEST_CHANNELS
        usual = masked_median(sigma, ~np.isfinite(sigma) | ~enough, axis=0)[None]
        own = np.fmax(np.where(enough, sigma, np.nan), usual)
        with np.errstate(divide="ignore", invalid="ignore"):
            noise[:, channels] = np.where(
                flagged[:, channels] | (own == 0), np.nan, rest[:, channels] / own
            )
    return noise


def clip_over_antennas(
    noises: Sequence[np.ndarray], band: SolvedBandpass, settings: SolutionFlags
) -> None:
    """Flag solutions outside all distributions over antennas, channel by channel, in rounds."""
    for _ in range(settings.clip_rounds):
        far = _far_from_the_others(noises, band, settings.clip_sigma, 1)
        if not far.any():
            return
        band.cause[far] |= CAUSES["clip"]


def quorum(band: SolvedBandpass, fraction: float) -> None:
    """Flag channels for everybody in which more than a fraction of the usable antpols is flagged.

    Signals that are flagged as a whole are not counted.
    """
    flagged = band.cause > 0
    alive = ~np.all(flagged, axis=1)
    share = (flagged & alive[:, None, :]).sum(axis=(0, 2)) / max(alive.sum(), 1)
    band.cause[:, share > fraction] |= CAUSES["quorum"]
