"""Reads the headers (sub-tables and time columns) of one measurement set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lwacal.io import ms_reader
from lwacal.telescope import geometry


@dataclass(frozen=True)
class TimeFacts:
    """One integration of one data description.

    ``time_mjd_s`` is TIME as stored, ``mid_mjd_s`` the middle of the integration, both MJD seconds;
    ``time_column`` says what TIME means. ``conjugate`` is true if the UVW are those of antenna 2 -
    antenna 1, so that the data are complex conjugates.
    """

    time_mjd_s: float
    mid_mjd_s: float
    interval_s: float
    time_column: str
    n_rows: int
    field_ra_rad: float
    field_dec_rad: float
    conjugate: bool


@dataclass(frozen=True)
class WindowFacts:
    """One data description of a measurement set."""

    data_desc_id: int
    frequency_hz: np.ndarray
    channel_width_hz: float
    correlations: list[str]
    times: list[TimeFacts]


@dataclass(frozen=True)
class SetFacts:
    """One measurement set."""

    path: Path
    antennas: ms_reader.Antennas
    telescope: str
    size_bytes: int
    windows: list[WindowFacts]

    @property
    def antenna_digest(self) -> str:
        """A digest of the antenna names and positions, rounded to a millimetre."""
        positions = np.round(self.antennas.positions_m, 3).tolist()
        text = "\n".join(self.antennas.names) + repr(positions)
        return hashlib.sha256(text.encode()).hexdigest()


def inspect(path: Path) -> SetFacts:
    """Read the headers of a set; no visibilities are read.

    Raises ms_reader.UnreadableError if any of them cannot be read.
    """
    try:
        antennas = ms_reader.read_antennas(path)
        windows = [
            _inspect_window(path, antennas, number, window, polarization)
            for number, (window, polarization) in enumerate(ms_reader.read_data_descriptions(path))
        ]
        return SetFacts(
            path=path,
            antennas=antennas,
            telescope=ms_reader.read_telescope(path),
            size_bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
            windows=windows,
        )
    except (RuntimeError, KeyError, IndexError, TypeError, OSError) as error:
        raise ms_reader.UnreadableError(f"{path} cannot be read: {error}") from error


def _inspect_window(
    path: Path, antennas: ms_reader.Antennas, number: int, window: int, polarization: int
) -> WindowFacts:
    frequency_hz, width_hz = ms_reader.read_channels(path, window)
    times = [
        _inspect_time(path, antennas, integration)
        for integration in ms_reader.iterate_selected(path, number, columns=())
    ]
    correlations = ms_reader.read_correlations(path, polarization)
    return WindowFacts(number, frequency_hz, width_hz, correlations, times)


def _inspect_time(
    path: Path, antennas: ms_reader.Antennas, integration: ms_reader.Integration
) -> TimeFacts:
    middle, meaning = middle_of(
        integration.mjd_s, integration.centroid_mjd_s, integration.interval_s
    )
    centre = ms_reader.read_field(path, integration.field_id)
    conjugate = has_reversed_baselines(integration, antennas.positions_m, centre, middle)
    return TimeFacts(
        integration.mjd_s,
        middle,
        integration.interval_s,
        meaning,
        len(integration.antenna1),
        *centre,
        conjugate,
    )


def has_reversed_baselines(
    integration: ms_reader.Integration,
    positions_m: np.ndarray,
    centre: tuple[float, float],
    mjd_s: float,
) -> bool:
    """Return whether the UVW are antenna 2 - antenna 1, judged by the antenna positions.

    The visibilities of such a set are the complex conjugates of ours. Only the sign is tested, so
    that a wrong time, a rotation or a UVW column of zeros does not matter.
    """
    uvw = geometry.antenna_uvw_m(positions_m, *centre, mjd_s)
    expected = uvw[integration.antenna1] - uvw[integration.antenna2]
    return float((integration.uvw_m * expected).sum()) < -0.5 * float((expected**2).sum())


def middle_of(time_mjd_s: float, centroid_mjd_s: float, interval_s: float) -> tuple[float, str]:
    """Return the middle of an integration (MJD seconds) and the meaning of its TIME in words.

    OVRO-LWA sets have TIME at the start and TIME_CENTROID half an integration later. If both are
    equal, or TIME_CENTROID was never filled, TIME is the middle, as the measurement set definition
    says.
    """
    if centroid_mjd_s <= 0:
        return time_mjd_s, "middle (TIME_CENTROID is not filled)"
    offset = centroid_mjd_s - time_mjd_s
    if abs(offset) < 0.01 * interval_s:
        return centroid_mjd_s, "middle"
    if abs(offset - interval_s / 2) < 0.05 * interval_s:
        return centroid_mjd_s, "start"
    return centroid_mjd_s, f"{offset:+.3f} s from TIME_CENTROID"
