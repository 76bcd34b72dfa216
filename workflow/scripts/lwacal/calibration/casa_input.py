"""The private measurement set that a CASA solver works on: data, flags, model and weights.

CASA's solvers read MODEL_DATA and FLAG from the set itself, so they get a private copy. XX and YY
are modelled separately. Weights follow the noise: an antenna with 8 times the gain has 8 times the
noise, and with equal weights it would spoil the solutions of all others.

CASA's bandpass starts each channel from the solution of the previous one. If all data of an antenna
are flagged in a channel, the next channel starts badly and may fail for all antennas. There the set
contains unflagged zeros: they make that gain zero and do not affect the others. (A tiny weight
would not help: CASA ignores WEIGHT_SPECTRUM.) `write` returns which antpols have data; the
solutions of the others must be flagged.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.calibration import noise_weights
from lwacal.calibration.sub_band import SubBand
from lwacal.io import ms_reader
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime import disk_space
from lwacal.telescope.correlations import PARALLEL_HANDS


def write(
    band: SubBand,
    output: Path,
    integrations: int | None = None,
) -> np.ndarray:
    """Write the cross-correlations of a sub-band for a solver.

    Returns which antpols have unflagged data, (antenna, channel, 2) bool. ``integrations`` limits
    the number of integrations, from the first on. Memory: the flags of the sub-band and about four
    times one integration.
    """
    antennas, sky, flagged = band.antennas, band.sky(), band.flagged()
    data_set, powers = band.concatenated, band.antenna_powers()
    disk_space.require(output, disk_space.set_bytes(len(flagged), len(band.frequency_hz), 16))
    alive = antpols_with_data(data_set, flagged, len(antennas.names), integrations)
    with MeasurementSetWriter(
        output,
        antennas,
        band.frequency_hz,
        band.channel_width_hz,
        [Field("zenith", *band.centre_radec)],
        columns=("DATA", "MODEL_DATA"),
    ) as writer:
        for number, item in enumerate(ms_reader.iterate_integrations(data_set, ("DATA",))):
            if number == integrations:
                break
            power = powers.of(item, flagged[item.rows])
            weight, _ = noise_weights.of_pairs(power, item.antenna1, item.antenna2)
            cross = item.antenna1 != item.antenna2
            antenna1, antenna2 = item.antenna1[cross], item.antenna2[cross]
            flag = flagged[item.rows][cross]
            data = np.where(flag, 0, item.columns["DATA"][cross])
            flag = solver_flags(flag, alive, antenna1, antenna2)
            full = np.zeros(data.shape, np.complex64)
            full[..., PARALLEL_HANDS] = sky.visibilities(antenna1, antenna2, item.mjd_s)
            writer.append(
                item.mjd_s,
                item.interval_s,
                antenna1,
                antenna2,
                item.uvw_m[cross],
                data,
                flag,
                scan=item.scan,
                model=full,
                weight=weight[cross],
            )
    return alive


def antpols_with_data(
    concatenated: Path, flagged: np.ndarray, n_antennas: int, integrations: int | None = None
) -> np.ndarray:
    """Return which antpols have unflagged cross-correlations, (antenna, channel, 2) bool."""
    alive = np.zeros((n_antennas, flagged.shape[1], 2), bool)
    for number, item in enumerate(ms_reader.iterate_integrations(concatenated, ())):
        if number == integrations:
            break
        cross = item.antenna1 != item.antenna2
        free = ~flagged[item.rows][cross][..., PARALLEL_HANDS]
        for antennas in (item.antenna1[cross], item.antenna2[cross]):
            order = np.argsort(antennas, kind="stable")
            present, first = np.unique(antennas[order], return_index=True)
            if len(present):
                alive[present] |= np.logical_or.reduceat(free[order], first)
    return alive


def solver_flags(
    flag: np.ndarray, alive: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray
) -> np.ndarray:
    """Return the flags for the solver, (row, channel, 4), XX and YY separately.

    ``flag`` (row, channel, 4). The flags of an antpol that is not ``alive`` (antenna, channel, 2)
    are removed, except where it is alive in no channel, or no antpol is alive in that channel.
    """
    filled = ~alive & alive.any(axis=1, keepdims=True) & alive.any(axis=0, keepdims=True)
    flag = flag.copy()
    flag[..., PARALLEL_HANDS] &= ~(filled[antenna1] | filled[antenna2])
    return flag
