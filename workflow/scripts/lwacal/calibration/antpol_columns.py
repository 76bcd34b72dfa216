"""Phase, delay and electron column of each antpol, fitted to the phases of its gains.

phase = phi_0 + 2 pi nu tau + 8.45e9 rad T / nu, with T in TECU. Phases turn many times between
sub-bands; the delays that delay_fit finds say how often. What all antpols have in common in a
channel is the phase of the reference antenna, and is removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lwacal.calibration import delay_fit
from lwacal.io.solutions import Bandpass
from lwacal.telescope.constants import TECU_RAD_HZ

WIDEST_HZ = 100e3  # of channels that are averaged: 6 % are lost at a delay of 2000 ns
INSTRUMENT_RAD = 0.01  # phases are not smoother than this over frequency
STEPS = 4
LEAST_COHERENCE = 0.9
COMMON_COHERENCE = 0.5  # of antpols that tell the phase that all have in common
FEWEST_BANDS = 3  # for three parameters


@dataclass(frozen=True)
class Phases:
    """Unit phasors of gains, averaged over some channels.

    ``phasor`` and ``weight`` (rad^-2) are (antenna, block, 2), zero where unknown; ``frequency_hz``
    and ``band``, the number of the sub-band, are (block,).
    """

    phasor: np.ndarray
    weight: np.ndarray
    frequency_hz: np.ndarray
    band: np.ndarray

    @staticmethod
    def average(bandpass: Bandpass, error: np.ndarray) -> Phases:
        """Return the phases of gains with errors |dG|, (antenna, channel, 2)."""
        used = ~bandpass.flag & np.isfinite(bandpass.gain) & (bandpass.gain != 0)
        size = np.where(used, np.abs(bandpass.gain), 1.0)
        phasor = np.where(used, bandpass.gain / size, 0)
        variance = (np.where(used, error, 0) / size) ** 2 / 2
        starts = np.concatenate(
            [
                np.arange(part.start, part.stop, _at_once(bandpass.frequency_hz[part]))
                for part in bandpass.channels()
            ]
        )
        total, count, noise = (
            np.add.reduceat(values, starts, axis=1) for values in (phasor, used * 1.0, variance)
        )
        length = np.abs(total)
        known = (count > 0) & (length > 0.5 * count)
        number = np.maximum(count, 1)
        one = np.diff(np.append(starts, len(bandpass.frequency_hz)))
        return Phases(
            np.where(known, total / np.where(known, length, 1), 0),
            np.where(known, 1 / (noise / number**2 + INSTRUMENT_RAD**2), 0),
            np.add.reduceat(bandpass.frequency_hz, starts) / one,
            bandpass.band_index[starts],
        )

    def of(self, antennas: np.ndarray) -> Phases:
        """Return the phases of some antennas: their indices, or (antenna,) bool."""
        return replace(self, phasor=self.phasor[antennas], weight=self.weight[antennas])

    def without(self, bands: list[int]) -> Phases:
        """Return the phases without those of some sub-bands."""
        keep = ~np.isin(self.band, bands)
        return Phases(
            self.phasor[:, keep], self.weight[:, keep], self.frequency_hz[keep], self.band[keep]
        )


def _at_once(frequency_hz: np.ndarray) -> int:
    if len(frequency_hz) < 2:
        return 1
    return max(1, int(WIDEST_HZ / np.median(np.diff(frequency_hz))))


@dataclass(frozen=True)
class Columns:
    """What is fitted to antpols, each (antenna, 2).

    ``known`` says where the fit can be used; ``tecu`` and ``delay_ns`` are relative to the others;
    ``model`` (antenna, 2, 3) are phase, delay and column in the units of `terms`; ``reference`` is
    the antenna to which phases are relative, without ``reference_tecu``; ``coherence`` is that of
    the phasors without the model, or where no delay is found, without the best line.
    """

    tecu: np.ndarray
    delay_ns: np.ndarray
    known: np.ndarray
    model: np.ndarray
    coherence: np.ndarray
    reference: int
    reference_tecu: float

    def continued(self, phases: Phases) -> np.ndarray:
        """Return phasors (antenna, block, 2) of other channels without what the fit expects."""
        turned = _referred(phases, self.reference, self.reference_tecu)
        return _left(turned, self.model, phases.frequency_hz)


def fit(
    phases: Phases,
    expected_tecu: np.ndarray | None = None,
    sigma_tecu: np.ndarray | None = None,
) -> Columns:
    """Fit all antpols.

    ``expected_tecu`` (antenna,) is removed before delays are searched for. With
    ``sigma_tecu`` (antenna,) columns are known to be within so much of these, and two sub-bands are
    enough.
    """
    hz, weight = phases.frequency_hz, phases.weight
    tecu = np.zeros(weight.shape[::2]) if expected_tecu is None else expected_tecu[:, None] + [0, 0]
    start = phases.phasor * np.exp(-1j * tecu[:, None] * (TECU_RAD_HZ / hz)[:, None])
    reference = int((weight > 0).all(axis=2).sum(axis=1).argmax())
    delays = delay_fit.fit(start, weight == 0, hz, reference)
    found = np.isfinite(delays.delay_ns)
    model = np.stack([np.zeros(tecu.shape), np.where(found, delays.delay_ns, 0), tecu], axis=-1)
    weight = np.where(found[:, None], weight, 0) * (weight[reference] > 0)
    reference_tecu = float(tecu[reference].mean())
    turned = _referred(phases, reference, reference_tecu)
    left = _left(turned, model, hz)
    total = (weight * left).sum(axis=1)
    model[..., 0] = np.angle(total)
    sigma = np.full(len(tecu), np.inf) if sigma_tecu is None else sigma_tecu
    for _ in range(STEPS):
        left = _left(turned, model, hz)
        trusted = weight * (_coherence(weight, left) > COMMON_COHERENCE)[:, None]
        common = (trusted * left).sum(axis=0)
        left = left * np.exp(-1j * np.angle(common))
        model = model + _step(np.angle(left), weight, hz, tecu - model[..., 2], sigma)
    left = _left(turned, model, hz) * np.exp(-1j * np.angle(common))
    bands = np.stack([(weight * (phases.band == b)[:, None]).any(axis=1) for b in set(phases.band)])
    fewest = FEWEST_BANDS if sigma_tecu is None else FEWEST_BANDS - 1
    coherence = np.where(found, _coherence(weight, left), np.nan_to_num(delays.coherence))
    known = found & (bands.sum(axis=0) >= fewest) & (coherence > LEAST_COHERENCE)
    return Columns(model[..., 2], model[..., 1], known, model, coherence, reference, reference_tecu)


def _referred(phases: Phases, reference: int, tecu: float) -> np.ndarray:
    """Return phasors (antenna, block, 2) relative to an antenna without its column."""
    own = phases.phasor[reference] * np.exp(-1j * TECU_RAD_HZ / phases.frequency_hz * tecu)[:, None]
    return phases.phasor * own.conj()


def _left(phasor: np.ndarray, model: np.ndarray, hz: np.ndarray) -> np.ndarray:
    """Return phasors (antenna, block, 2) without the phases of a model (antenna, 2, 3)."""
    return phasor * np.exp(-1j * np.einsum("apk,bk->abp", model, terms(hz)))


def terms(frequency_hz: np.ndarray) -> np.ndarray:
    """Return the phases of 1 rad, 1 ns and 1 TECU, (frequency, 3)."""
    one = np.ones(len(frequency_hz))
    return np.column_stack([one, 2 * np.pi * frequency_hz / 1e9, TECU_RAD_HZ / frequency_hz])


def _coherence(weight: np.ndarray, left: np.ndarray) -> np.ndarray:
    total = weight.sum(axis=1)
    sums = np.abs((weight * left).sum(axis=1))
    return np.divide(sums, total, out=np.zeros_like(total), where=total > 0)


def _step(
    phase: np.ndarray, weight: np.ndarray, hz: np.ndarray, pull_tecu: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """Return the corrections of phase, delay and column, (antenna, 2, 3), by least squares.

    Apart from the data, the column's correction is ``pull_tecu`` (antenna, 2) within ``sigma``
    (antenna,).
    """
    each = terms(hz)
    size = np.sqrt((each**2).mean(axis=0))
    unit = each / size
    matrix = np.einsum("abp,bj,bk->apjk", weight, unit, unit)
    pull = np.einsum("abp,bj->apj", weight * phase, unit)
    information = 1 / (sigma[:, None] * size[2]) ** 2
    matrix[..., 2, 2] += information
    pull[..., 2] += information * pull_tecu * size[2]
    total = weight.sum(axis=1)[..., None, None]
    matrix = matrix + np.eye(3) * np.where(total > 0, 1e-12 * total, 1.0)
    return np.asarray(np.linalg.solve(matrix, pull[..., None])[..., 0] / size)
