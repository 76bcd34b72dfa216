"""A sample of a sub-band: some of its antennas and channels, with all integrations kept apart.

Fluxes and places of the sources are solved from it, together with gains
(lwacal.calibration.sky_fit).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from lwacal.calibration import noise_weights
from lwacal.calibration.sky_state import (
    CURVATURE,
    N_KINDS,
    PATHS,
    SLOPE,
    SkyState,
    path_forms_m,
    wave_number,
)
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


@dataclass
class SampledIntegration:
    """One integration of the sample.

    ``data`` and ``weight`` (2, channel, baseline) of XX and YY, zero where flagged; ``seen`` is the
    model; ``fixed`` (2, channel, baseline) the visibilities of all sources that are not free,
    ``diffuse`` likewise those of the diffuse emission; ``shapes`` (free source) are None or
    (channel, baseline). ``thermal`` (2, channel, baseline) are the variances of the data by the
    radiometer equation, zero where flagged; None without autocorrelations. ``mjd_s`` is the middle.
    """

    scan: int
    data: np.ndarray
    weight: np.ndarray
    seen: FactoredModel
    fixed: np.ndarray
    diffuse: np.ndarray
    shapes: list[np.ndarray | None]
    thermal: np.ndarray | None = None
    mjd_s: float = 0.0

    def of_channels(self, places: np.ndarray) -> SampledIntegration:
        """Return some of the sampled channels, (channel,) places."""
        return replace(
            self,
            data=self.data[:, places],
            weight=self.weight[:, places],
            seen=self.seen.of_channels(places),
            fixed=self.fixed[:, places],
            diffuse=self.diffuse[:, places],
            shapes=[None if shape is None else shape[places] for shape in self.shapes],
            thermal=None if self.thermal is None else self.thermal[:, places],
        )


@dataclass
class SkySample:
    """The sample.

    ``antennas`` (sampled antenna,) and ``channels`` (sampled channel,) are numbers of the whole
    sub-band, ``free`` those of the free sources; those ``known`` (free source,) have a flux in the
    model that can be trusted. ``east_north_m`` (sampled antenna, 2); ``moving``, ``middle_hz`` and
    ``half`` as in SkyState. ``suspects`` are the integrations that are flagged as bursts, as if
    they were not; in ``integrations`` they are as flagged.
    """

    antennas: np.ndarray
    baselines: BaselineMatrix
    east_north_m: np.ndarray
    channels: np.ndarray
    frequency_hz: np.ndarray
    middle_hz: float
    half: float
    free: np.ndarray
    known: np.ndarray
    moving: np.ndarray
    integrations: list[SampledIntegration] = field(default_factory=list)
    suspects: list[SampledIntegration] = field(default_factory=list)

    def of_channels(self, places: np.ndarray) -> SkySample:
        """Return the sample of some of its channels, (channel,) places; data are copied."""
        return replace(
            self,
            channels=self.channels[places],
            frequency_hz=self.frequency_hz[places],
            integrations=[one.of_channels(places) for one in self.integrations],
            suspects=[],
        )

    def of_integration(self, number: int) -> SkySample:
        """Return the sample of one integration alone."""
        return replace(self, integrations=[self.integrations[number]], suspects=[])

    def restored(self, scans: Collection[int]) -> SkySample:
        """Return the sample in which some suspects take part like the others; data are shared."""
        bright = [one for one in self.suspects if one.scan in scans]
        others = [one for one in self.integrations if one.scan not in scans]
        parts = [replace(one, weight=one.weight.copy()) for one in [*others, *bright]]
        parts.sort(key=lambda one: one.scan)
        return replace(self, integrations=parts, suspects=[])

    def of_model(self) -> SkyState:
        """Return the sky as the model has it."""
        values = np.zeros((len(self.integrations), N_KINDS, len(self.free)))
        return SkyState(self.free, self.moving, values, self.middle_hz, self.half).of_model()

    def within(self, longest_m: float) -> SkySample:
        """Return the sample with zero weights of longer baselines; it shares the data."""
        east_north_m = self.east_north_m
        paths_m = east_north_m[self.baselines.antenna1] - east_north_m[self.baselines.antenna2]
        short = np.hypot(*paths_m.T) <= longest_m
        parts = [replace(one, weight=one.weight * short) for one in self.integrations]
        return replace(self, integrations=parts, suspects=[])

    @cached_property
    def forms_m(self) -> np.ndarray:
        """The forms of paths, (sampled antenna, form); see path_forms_m."""
        return path_forms_m(self.east_north_m)

    @cached_property
    def paths_m(self) -> np.ndarray:
        """The differences of forms at the ends of baselines, (form, baseline)."""
        first, second = self.baselines.antenna1, self.baselines.antenna2
        return np.ascontiguousarray((self.forms_m[first] - self.forms_m[second]).T)

    @cached_property
    def ends(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Matrices (baseline, antenna): 1 at both antennas; 1 at the first and -1 at the second."""
        first, second = self.baselines.antenna1, self.baselines.antenna2
        rows, one = np.arange(len(first)), np.ones(len(first), np.float32)
        shape = (len(first), self.baselines.n_antennas)
        at_first, at_second = (
            sparse.csr_matrix((one, (rows, antenna)), shape) for antenna in (first, second)
        )
        return (at_first + at_second).tocsr(), (at_first - at_second).tocsr()

    def pairs(self, gain: np.ndarray) -> np.ndarray:
        """Return G_i conj(G_j), (2, channel, baseline), of gains (2, channel, antenna)."""
        first, second = self.baselines.antenna1, self.baselines.antenna2
        return (gain[..., first] * gain[..., second].conj()).astype(np.complex64)

    def visibilities(self, one: SampledIntegration, state: SkyState, number: int) -> np.ndarray:
        """Return the model of an integration, (2, channel, baseline), in Jy."""
        model = self.not_free(one, state)
        levels = state.levels(number, self.frequency_hz).astype(np.float32)
        now = state.values[number]
        turns = wave_number(self.frequency_hz, self.middle_hz)
        first, second = self.baselines.antenna1, self.baselines.antenna2
        for place, unit in enumerate(self.units(one)):
            path_m = self.forms_m @ now[PATHS, place]
            phasor = np.exp(1j * np.outer(turns, path_m)).astype(np.complex64)
            model += unit * (phasor[:, first] * phasor[:, second].conj() * levels[place][:, None])
        return model

    def units(self, one: SampledIntegration) -> Iterator[np.ndarray]:
        """Yield the free sources as the model has them, (2, channel, baseline), in Jy."""
        first, second = self.baselines.antenna1, self.baselines.antenna2
        for place, source in enumerate(self.free):
            phasor = one.seen.phasors[source]
            unit = phasor[:, first] * phasor[:, second].conj()
            shape = one.shapes[place]
            yield (unit if shape is None else unit * shape) * one.seen.flux_jy[:, source].real

    def not_free(self, one: SampledIntegration, state: SkyState) -> np.ndarray:
        """Return what is not free in place or flux, (2, channel, baseline), in Jy."""
        return np.float32(state.faint) * one.fixed + np.float32(state.diffuse) * one.diffuse

    def flux_shares(self) -> np.ndarray:
        """Return the share of each free source in their known flux, (free source,).

        Sources of unknown flux have none, unless there are no others.
        """
        flux_jy = self.integrations[0].seen.flux_jy[:, self.free].real.mean(axis=(0, 2, 3))
        if self.known.any():
            flux_jy = np.where(self.known, flux_jy, 0)
        return flux_jy / flux_jy.sum()

    def held_weights(self) -> np.ndarray:
        """Return the weights of the means that are held, (free source,), of sum one.

        The square of the flux, as in a fit of gains alone: these follow the brightest sources. They
        are those of the model, so that integrations and, nearly, sub-bands have the same.
        """
        square = np.where(self.moving, self.flux_shares(), 0) ** 2
        return square / square.sum() if square.any() else self.flux_shares()

    def weigh(self, factor: np.ndarray) -> None:
        """Multiply weights by factors (2, baseline) or (baseline,), in place."""
        for one in [*self.integrations, *self.suspects]:
            one.weight *= np.broadcast_to(factor, (2, factor.shape[-1]))[:, None].astype(np.float32)

    def terms(
        self, one: SampledIntegration, state: SkyState, number: int, pol: int, channel: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the model (baseline,) and its derivatives (parameter + 2, baseline).

        Of one integration, polarization and sampled channel; the last derivatives are those by the
        factors of the diffuse emission and of the faint sources.
        """
        now = state.values[number]
        one_hz = self.frequency_hz[channel : channel + 1]
        polynomials = state.polynomials(one_hz)[:, 0].astype(np.float32)
        levels = state.levels(number, one_hz)[:, 0]
        turn = wave_number(self.frequency_hz[channel], self.middle_hz)
        first, second = self.baselines.antenna1, self.baselines.antenna2
        n_free = len(self.free)
        n_moving = int(state.moving.sum())
        parts = np.zeros((n_free + (N_KINDS - 1) * n_moving + 2, len(first)), np.complex64)
        of_moving = parts[n_free:-2].reshape(N_KINDS - 1, n_moving, -1)
        number_moving = np.cumsum(state.moving) - 1
        parts[-2:] = one.diffuse[pol, channel], one.fixed[pol, channel]
        model = np.array([state.diffuse, state.faint], np.float32) @ parts[-2:]
        paths_m = self.paths_m
        for place, source in enumerate(self.free):
            angle = turn * (self.forms_m @ now[PATHS, place])
            phasor = one.seen.phasors[source, channel] * np.exp(1j * angle).astype(np.complex64)
            unit = phasor[first] * phasor[second].conj()
            unit *= one.seen.flux_jy[pol, source, channel, 0].real
            shape = one.shapes[place]
            if shape is not None:
                unit *= shape[channel]
            level = np.float32(levels[place])
            model = model + level * unit
            parts[place] = unit
            if not state.moving[place]:
                continue
            mine = of_moving[:, number_moving[place]]
            turned = unit * np.complex64(1j * turn * level)
            mine[SLOPE - 1], mine[CURVATURE - 1] = unit * polynomials[1], unit * polynomials[2]
            for kind, path_m in zip(PATHS, paths_m):
                mine[kind - 1] = turned * path_m
        return model, parts


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
