"""Reads the sample of a sub-band from which fluxes and places of the sources are solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lwacal.calibration import noise_weights
from lwacal.calibration.sky_sample import SampledIntegration, SkySample
from lwacal.calibration.sub_band import SubBand
from lwacal.flagging import bursts
from lwacal.io import ms_reader
from lwacal.io.flag_file import BURST
from lwacal.io.ms_reader import Integration
from lwacal.runtime.blocks import blocks_of
from lwacal.sky.predict import FactoredModel
from lwacal.telescope import geometry
from lwacal.telescope.baselines import BaselineMatrix
from lwacal.telescope.correlations import PARALLEL_HANDS

MOST_CHANNELS, FEWEST_CHANNELS = 12, 4
CHANNELS_TIMES_INTEGRATIONS = 96
MOST_ANTENNAS = 96  # fluxes are then known to a thousandth of a channel's gain
ROWS_AT_ONCE = 2048
LONGEST_GAP = 64  # rows that are read in vain rather than in two steps


def sampled_channels(n_channels: int, n_integrations: int) -> np.ndarray:
    """Return the numbers of the channels to sample, evenly over the sub-band."""
    wanted = CHANNELS_TIMES_INTEGRATIONS // max(n_integrations, 1)
    number = min(n_channels, max(FEWEST_CHANNELS, min(MOST_CHANNELS, wanted)))
    edges = (np.arange(number) + 0.5) * n_channels / number
    return np.unique(edges.astype(int))


def read(
    band: SubBand, free: np.ndarray, known: np.ndarray, moving: np.ndarray
) -> SkySample | None:
    """Read the sample; one pass over the data. Memory: the sample and a block of rows.

    None if the set has no rows.
    """
    integrations = list(ms_reader.iterate_integrations(band.concatenated, ()))
    if not integrations:
        return None
    channels = sampled_channels(len(band.frequency_hz), len(integrations))
    with band.flag_file() as flags:
        positions_m = band.antennas.positions_m
        first = flags.causes(integrations[0].rows) & ~BURST
        antennas = sampled_antennas(positions_m, integrations, first)
        model = band.sky().of_antennas(antennas).of_channels(channels)
        sample = SkySample(
            antennas,
            BaselineMatrix(len(antennas)),
            geometry.local_enu_m(positions_m[antennas])[:, :2].astype(np.float32),
            channels,
            band.frequency_hz[channels],
            float(np.mean(band.frequency_hz)),
            _half(band.frequency_hz),
            free,
            known,
            moving,
        )
        powers = band.antenna_powers()
        for item in integrations:
            causes = flags.causes(item.rows)
            burst = bursts.of_flags(causes)
            suspect = bursts.are_whole(burst)
            if suspect:
                causes &= ~BURST
            power = powers.of(item, causes)
            weight, product = noise_weights.of_pairs(power, item.antenna1, item.antenna2)
            data, weights = _read_data(band, item, causes, weight, sample)
            seen = model.factored(item.mjd_s)
            one = _integration(item, data, weights, seen, sample)
            one.thermal = _thermal(weights, product / (band.channel_width_hz * item.interval_s))
            if suspect:
                sample.suspects.append(one)
                one = replace(one, weight=one.weight * ~burst[channels][:, None])
            sample.integrations.append(one)
    return sample


def _thermal(weight: np.ndarray, of_weight_one: float) -> np.ndarray | None:
    """Return the variances of visibilities from weights, both (2, channel, baseline)."""
    if np.isnan(of_weight_one):
        return None
    return np.divide(of_weight_one, weight, out=np.zeros_like(weight), where=weight > 0)


def _half(frequency_hz: np.ndarray) -> float:
    """Return half the relative width of a sub-band; any will do for a single channel."""
    return float(np.ptp(frequency_hz) / 2 / np.mean(frequency_hz)) or 1.0


def sampled_antennas(
    positions_m: np.ndarray, integrations: list[Integration], causes: np.ndarray
) -> np.ndarray:
    """Return the numbers of the antennas to sample, evenly over their distances from the centre.

    ``causes`` (row, channel, 4) are the flags of the first integration; an antenna without
    unflagged data is not taken.
    """
    first = integrations[0]
    cross = first.antenna1 != first.antenna2
    there = (causes[..., PARALLEL_HANDS] == 0).any(axis=(1, 2)) & cross
    seen = np.union1d(first.antenna1[there], first.antenna2[there])
    distance_m = np.linalg.norm(positions_m - np.median(positions_m, axis=0), axis=1)
    ordered = seen[np.argsort(distance_m[seen], kind="stable")]
    number = min(len(ordered), MOST_ANTENNAS)
    places = np.linspace(0, len(ordered) - 1, number).round().astype(int)
    return np.sort(ordered[places])


def _read_data(
    band: SubBand, item: Integration, causes: np.ndarray, weight: np.ndarray, sample: SkySample
) -> tuple[np.ndarray, np.ndarray]:
    """Return data and weights, (2, channel, baseline), zero where flagged."""
    shape = (2, len(sample.channels), len(sample.baselines.antenna1))
    data, weights = np.zeros(shape, np.complex64), np.zeros(shape, np.float32)
    place = np.full(len(band.antennas.names), -1)
    place[sample.antennas] = np.arange(len(sample.antennas))
    first, second = place[item.antenna1], place[item.antenna2]
    wanted = (first >= 0) & (second >= 0) & (first != second)
    with ms_reader.open_table(band.concatenated) as table:
        for block in _stretches(wanted):
            rows = block.start + np.flatnonzero(wanted[block])
            values = ms_reader.read_rows(
                table, "DATA", item.rows.start + block.start, block.stop - block.start
            )
            baseline = sample.baselines.of_rows(first[rows], second[rows])
            some = values[rows - block.start][:, sample.channels]
            kept = causes[rows][:, sample.channels] == 0
            for pol, correlation in enumerate(PARALLEL_HANDS):
                mine = kept[..., correlation].T
                data[pol][:, baseline] = np.where(mine, some[..., correlation].T, 0)
                weights[pol][:, baseline] = mine * weight[rows, correlation]
    return data, weights


def _stretches(wanted: np.ndarray) -> Iterator[slice]:
    """Yield stretches of rows that hold all ``wanted`` (row,) ones, without long gaps."""
    rows = np.flatnonzero(wanted)
    for part in np.split(rows, np.flatnonzero(np.diff(rows) > LONGEST_GAP) + 1):
        if len(part):
            for block in blocks_of(part[-1] + 1 - part[0], ROWS_AT_ONCE):
                yield slice(part[0] + block.start, part[0] + block.stop)


def _integration(
    item: Integration,
    data: np.ndarray,
    weight: np.ndarray,
    seen: FactoredModel,
    sample: SkySample,
) -> SampledIntegration:
    first, second = sample.baselines.antenna1, sample.baselines.antenna2
    others = np.setdiff1d(np.arange(len(seen.phasors)), sample.free)
    shapes: list[np.ndarray | None] = []
    for source in sample.free:
        shape = seen.shapes[source]
        uv_m = seen.uv_m[source]
        shapes.append(None if shape is None else shape.at(uv_m[first] - uv_m[second]).T)
    return SampledIntegration(
        item.scan,
        data,
        weight,
        seen,
        seen.of_sources(others).visibilities(first, second),
        seen.diffuse_visibilities(first, second),
        shapes,
        mjd_s=item.mjd_s,
    )
