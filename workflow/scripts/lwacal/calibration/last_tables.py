"""Whether the gains of sub-bands agree with the tables of an earlier night that were good.

Those tables hold the instrument, which stays: gains over those of the table have a phase plane over
the antennas near the centre that is the ionosphere's, tens of arcminutes at most. Gains that took
one source for another differ by a plane of tens of degrees, in one sub-band as in all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.calibration import band_agreement, near_plane
from lwacal.calibration.antpol_columns import Phases
from lwacal.calibration.band_agreement import UNMODELLED_ARCMIN, Agreement
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas, UnreadableError
from lwacal.io.solutions import Bandpass, SubBandSolutions, unsolved
from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError

KEY = "ionosphere.last_tables"
SAME_CHANNEL = 0.1  # of a channel
SAME_PLACE_M = 10.0
SAME_OBSERVATION_S = 1.0
LARGEST_CHANCE = 1e-3  # of a plane in random phases

logger = logging.getLogger(__name__)


class LastTablesError(ValueError):
    """The folder of the last tables is missing or empty."""


def check(folder: str, paths: Sequence[Path]) -> None:
    """Raise LastTablesError if a folder is configured but has no tables."""
    if folder and not paths:
        lacks = "has no tables (*.bcal)" if Path(folder).is_dir() else "does not exist"
        raise LastTablesError(
            f"the folder {folder} that {KEY} names {lacks}: name another one, or leave the key"
            " empty"
        )


def compare(
    solutions: Sequence[SubBandSolutions],
    antennas: Antennas,
    place_km: np.ndarray,
    paths: Sequence[Path],
) -> list[Agreement]:
    """Return the agreement of each sub-band with the table of it, unknown where there is none.

    ``solutions`` are the raw ones, whose antennas are ``antennas``, at ``place_km`` (antenna, 2)
    east and north of the centre. Of several tables of a sub-band, the last of ``paths`` counts.
    Tables that cannot be compared are named in the log.
    """
    found = [Agreement.unknown() for _ in solutions]
    for path in paths:
        try:
            number, last, index = _matched(path, solutions, antennas)
        except (UnreadableError, _UnlikeError) as error:
            logger.warning(f"{path} of {KEY} is left out: {error}")
            continue
        found[number] = _of_band(solutions[number], last, index, place_km)
    return found


class _UnlikeError(ValueError):
    """A table cannot be compared with those of this observation."""


def _matched(
    path: Path, solutions: Sequence[SubBandSolutions], antennas: Antennas
) -> tuple[int, SubBandSolutions, np.ndarray]:
    """Return the number of the table's sub-band, the table, and where its antennas are, (n, 2).

    ``index[:, 0]`` are antennas of the observation, ``index[:, 1]`` those of the table.
    """
    last = caltable.read(path)
    same = [number for number, one in enumerate(solutions) if _same_channels(one, last)]
    if not same:
        raise _UnlikeError("this observation has no sub-band with its channels")
    if abs(solutions[same[0]].mjd_s - last.mjd_s) < SAME_OBSERVATION_S:
        raise _UnlikeError("it is of this observation itself")
    theirs = caltable.read_antennas(path)
    index = _common(antennas.names, theirs.names)
    if len(index) < near_plane.FEWEST_ANTENNAS:
        raise _UnlikeError(f"{len(index)} of its antennas are of this array")
    ours_m, theirs_m = antennas.positions_m[index[:, 0]], theirs.positions_m[index[:, 1]]
    apart_m = float(np.median(np.linalg.norm(ours_m - theirs_m, axis=1)))
    if not apart_m < SAME_PLACE_M:
        raise _UnlikeError(f"its antennas are at other places, {apart_m:.0f} m away (median)")
    return same[0], last, index


def _same_channels(ours: SubBandSolutions, theirs: SubBandSolutions) -> bool:
    if len(ours.frequency_hz) != len(theirs.frequency_hz):
        return False
    apart = np.abs(ours.frequency_hz - theirs.frequency_hz)
    return bool(apart.max() <= SAME_CHANNEL * ours.channel_width_hz)


def _common(ours: Sequence[str], theirs: Sequence[str]) -> np.ndarray:
    """Return the indices (n, 2) of antennas with the same name."""
    known, index = AntennaNames(ours), []
    for number, name in enumerate(theirs):
        try:
            index.append((known.find(name)[0], number))
        except UnknownAntennaError:
            continue  # an antenna that this observation does not have
    return np.array(index, int).reshape(-1, 2)


def _of_band(
    ours: SubBandSolutions, theirs: SubBandSolutions, index: np.ndarray, place_km: np.ndarray
) -> Agreement:
    near = near_plane.near(place_km[index[:, 0]])
    index = index[near]
    phases = _ratio(ours, theirs, index)
    left = phases.phasor * phases.weight
    known = np.any(phases.weight > 0, axis=1)
    planes = near_plane.of_both(left, known, place_km[index[:, 0]], phases.frequency_hz)
    planes = [plane for plane in planes if plane.chance < LARGEST_CHANCE]
    hz = float(ours.frequency_hz.mean())
    return band_agreement.judge(planes, hz, near_plane.length_m(place_km), UNMODELLED_ARCMIN)


def _ratio(ours: SubBandSolutions, theirs: SubBandSolutions, index: np.ndarray) -> Phases:
    """Return the phases of gains over those of the table, (antenna, block, 2).

    Each night has its own reference antenna: the ratios are relative to the antenna near the centre
    that has most of them, or channels with different phases would cancel.
    """
    mine, other = index.T
    used = ours.good()[mine] & theirs.good()[other]
    gain, last = (
        np.where(used, one.gain[rows], 1).astype(np.complex128)
        for one, rows in ((ours, mine), (theirs, other))
    )
    ratio = gain / last
    error = np.abs(ratio) * np.hypot(
        ours.error[mine] / np.abs(gain), theirs.error[other] / np.abs(last)
    )
    reference = int(used.all(axis=2).sum(axis=1).argmax())
    ratio = ratio * np.exp(-1j * np.angle(ratio[reference]))
    used = used & used[reference]
    bandpass = Bandpass(
        antenna_names=[ours.antenna_names[antenna] for antenna in mine],
        frequency_hz=ours.frequency_hz,
        gain=ratio,
        cause=unsolved(~used),
        interpolated=np.zeros(used.shape, bool),
        band_names=[""],
        band_index=np.zeros(len(ours.frequency_hz), int),
        reference=np.array([reference]),
    )
    return Phases.average(bandpass, error)
