"""Bandpass solutions: the gains of all antpols, of one sub-band or of the whole band.

Convention: V_observed(i, j) = G_i conj(G_j) V_model(i, j). A gain is complex, in the root of the
correlator's unit per Jy, and it is undefined up to one phase per channel and polarization: the
reference antenna has phase zero. Arrays of gains have the axes (antenna, channel, polarization):
antennas in correlator order, channels by frequency, X before Y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lwacal.runtime import products

NO_ANTENNA = -1

# Why a solution must not be used: bits of the masks
CAUSES = {
    "solver": 1,
    "health": 2,
    "weak": 4,
    "strong": 8,
    "scatter": 16,
    "deviation": 32,
    "clip": 64,
    "quorum": 128,
    "swapped": 256,
    "cliff": 512,
    "baselines": 1024,
    "uncertain": 2048,
    "disagrees": 4096,
}
MEANINGS = {
    "solver": "no solution",
    "health": "bad antenna (health)",
    "weak": "weak signal",
    "strong": "strong signal",
    "scatter": "scattered channel",
    "deviation": "deviates from template",
    "clip": "outlier among antennas",
    "quorum": "too few antennas left",
    "swapped": "X and Y swapped",
    "cliff": "below the cliff",
    "baselines": "too few baselines",
    "uncertain": "uncertain channel",
    "disagrees": "disagrees with other tables",
}
# Causes that make an antpol bad if each of its channels has one of them
OF_ANTPOL = sum(CAUSES[name] for name in ("solver", "health", "weak", "strong", "swapped"))
# Causes that a channel has for all antpols
OF_CHANNEL = sum(CAUSES[name] for name in ("scatter", "cliff", "quorum", "uncertain"))


def unsolved(flag: np.ndarray) -> np.ndarray:
    """Return masks (uint16) in which the solver is the cause of all flags."""
    return np.where(flag, CAUSES["solver"], 0).astype(np.uint16)


@dataclass(kw_only=True, eq=False)
class Solutions:
    """Gains of one sub-band or more.

    ``antenna_names`` (antenna,) in correlator order; ``frequency_hz`` (channel,). The other arrays
    are (antenna, channel, 2): ``gain`` complex, ``cause`` uint16 masks of CAUSES, ``interpolated``
    bool: these were flagged, and their gains are interpolated from neighbouring channels.
    """

    antenna_names: list[str]
    frequency_hz: np.ndarray
    gain: np.ndarray
    cause: np.ndarray
    interpolated: np.ndarray

    @property
    def n_antennas(self) -> int:
        """The number of antennas."""
        return self.gain.shape[0]

    @property
    def flag(self) -> np.ndarray:
        """The solutions that must not be used: with a cause, and not interpolated."""
        return (self.cause > 0) & ~self.interpolated

    def has(self, cause: str) -> np.ndarray:
        """Return which solutions have this cause, alone or among others."""
        return self.cause & CAUSES[cause] > 0

    def solved(self) -> np.ndarray:
        """Return where the solver found a solution, flagged or not."""
        return ~self.has("solver") & np.isfinite(self.gain) & (self.gain != 0)

    def good(self) -> np.ndarray:
        """Return which solutions may be used."""
        return ~self.flag & self.solved()


@dataclass(kw_only=True, eq=False)
class SubBandSolutions(Solutions):
    """Solutions of one sub-band, as a B Jones table holds them (lwacal.io.caltable).

    ``error`` rms |dG| and ``snr`` |G| / error, (antenna, channel, 2); ``mjd_s`` the middle of the
    data; ``reference`` the index of the reference antenna, NO_ANTENNA if there is none. CASA's
    tables hold flags without a cause; when they are read, the cause is the solver.
    """

    error: np.ndarray
    snr: np.ndarray
    channel_width_hz: float
    mjd_s: float
    reference: int = NO_ANTENNA

    @classmethod
    def of(
        cls,
        gain: np.ndarray,
        flag: np.ndarray,
        *,
        antenna_names: list[str],
        frequency_hz: np.ndarray,
        channel_width_hz: float,
        mjd_s: float,
        error: np.ndarray | None = None,
        snr: np.ndarray | None = None,
        reference: int = NO_ANTENNA,
    ) -> SubBandSolutions:
        """Return solutions; those in ``flag`` (antenna, channel, 2) have the cause "solver".

        ``error`` and ``snr`` default to zero.
        """
        zeros = np.zeros(gain.shape, np.float32)
        return cls(
            antenna_names=list(antenna_names),
            frequency_hz=np.asarray(frequency_hz),
            gain=gain,
            cause=unsolved(flag),
            interpolated=np.zeros(gain.shape, bool),
            error=zeros if error is None else error,
            snr=zeros if snr is None else snr,
            channel_width_hz=channel_width_hz,
            mjd_s=mjd_s,
            reference=reference,
        )


@dataclass(kw_only=True, eq=False)
class Bandpass(Solutions):
    """Solutions of all sub-bands in order of frequency (tables/bandpass_flags.npz).

    ``band_names`` (sub-band,); ``band_index`` (channel,) is the sub-band of each channel;
    ``reference`` (sub-band,) the index of the reference antenna.
    """

    band_names: list[str]
    band_index: np.ndarray
    reference: np.ndarray

    def channels(self) -> list[slice]:
        """Return the channels of each sub-band."""
        edges = np.flatnonzero(np.diff(self.band_index)) + 1
        starts, ends = np.r_[0, edges], np.r_[edges, len(self.band_index)]
        return [slice(int(start), int(end)) for start, end in zip(starts, ends)]

    def in_bands(self, names: Sequence[str]) -> np.ndarray:
        """Return which channels are in one of these sub-bands, (channel,) bool."""
        return np.isin(self.band_index, [self.band_names.index(name) for name in names])

    def write(self, path: str | Path) -> None:
        """Write bandpass_flags.npz, including the meaning of each bit of ``cause``."""
        products.write_npz(
            path,
            antenna_names=np.array(self.antenna_names, dtype=str),
            band_names=np.array(self.band_names, dtype=str),
            cause_names=np.array(list(CAUSES)),
            cause_bits=np.array(list(CAUSES.values()), np.uint16),
            cause_meanings=np.array([MEANINGS[name] for name in CAUSES]),
            gain=self.gain.astype(np.complex64),
            flag=self.flag,
            cause=self.cause,
            interpolated=self.interpolated,
            frequency_hz=self.frequency_hz,
            band_index=self.band_index,
            reference=np.asarray(self.reference),
        )

    @classmethod
    def read(cls, path: str | Path) -> Bandpass:
        """Read bandpass_flags.npz. Raises runtime.products.DamagedError."""
        with products.open_npz(path) as archive:
            names, bands, *arrays = (
                products.read_array(archive, name, path)
                for name in (
                    "antenna_names",
                    "band_names",
                    "gain",
                    "cause",
                    "interpolated",
                    "frequency_hz",
                    "band_index",
                    "reference",
                )
            )
        gain, cause, interpolated, frequency_hz, band_index, reference = arrays
        return cls(
            antenna_names=names.tolist(),
            band_names=bands.tolist(),
            gain=gain,
            cause=cause,
            interpolated=interpolated,
            frequency_hz=frequency_hz,
            band_index=band_index,
            reference=reference,
        )
