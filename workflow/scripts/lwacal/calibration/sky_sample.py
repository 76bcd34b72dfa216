"""A sample of a sub-band: some of its antennas and channels, with all integrations kept apart.

Fluxes and places of the sources are solved from it, together with gains
(lwacal.calibration.sky_fit). It is read by lwacal.calibration.read_sample.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from lwacal.calibration.sky_state import (
    CURVATURE,
    N_KINDS,
    PATHS,
    SLOPE,
    SkyState,
    path_forms_m,
    wave_number,
)
from lwacal.sky.predict import FactoredModel
from lwacal.telescope.baselines import BaselineMatrix


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

    def fluxes_jy(self) -> np.ndarray:
        """Return the mean apparent fluxes of the free sources in the model, (free source,)."""
        flux_jy = self.integrations[0].seen.flux_jy[:, self.free].real
        return np.asarray(flux_jy.mean(axis=(0, 2, 3)))

    def flux_shares(self) -> np.ndarray:
        """Return the share of each free source in their known flux, (free source,).

        Sources of unknown flux have none, unless there are no others.
        """
        flux_jy = self.fluxes_jy()
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
