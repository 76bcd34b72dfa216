"""Power beams of the X and the Y dipole, normalized to 1 at the zenith."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lwacal.sky import beam_memo178

FROM_FILE = "h5"
SINE_EXPONENT = 1.6  # of sin(elevation), the fall-back of the observatory


def power(
    model: str,
    frequency_hz: np.ndarray,
    altitude_rad: np.ndarray,
    azimuth_rad: np.ndarray,
    x_azimuth_deg: float = 0.0,
    file: str = "",
) -> tuple[np.ndarray, np.ndarray]:
    """Return the power beams of the X and the Y dipole, each (source, channel).

    ``frequency_hz`` (channel,); ``altitude_rad`` and ``azimuth_rad`` (source,), azimuth from north
    through east. The beams are 1 at the zenith and 0 at and below the horizon. ``x_azimuth_deg`` is
    the azimuth of the E plane of the X dipole (0 is north-south); that of the Y dipole is 90
    degrees larger. The model h5 reads both beams from ``file`` (lwacal.sky.beam_file) and rotates
    them by ``x_azimuth_deg``. Raises ValueError for an unknown model, and beam_file.BeamFileError
    outside the grid of the file.
    """
    if model not in (*MODELS, FROM_FILE):
        choices = ", ".join((*MODELS, FROM_FILE))
        raise ValueError(f"beam.model is '{model}'; choose one of {choices}")
    altitude_rad, azimuth_rad = np.atleast_1d(altitude_rad), np.atleast_1d(azimuth_rad)
    zenith_rad = (np.pi / 2 - altitude_rad).clip(0, np.pi / 2)
    from_x_plane = azimuth_rad - np.deg2rad(x_azimuth_deg)
    above = (altitude_rad > 0)[:, None]
    if model == FROM_FILE:
        from lwacal.sky import beam_file  # importing h5py and scipy.interpolate takes long

        up = above[:, 0]
        xx, yy = (np.zeros((len(altitude_rad), len(frequency_hz))) for _ in range(2))
        xx[up], yy[up] = beam_file.read(file).power_at(
            frequency_hz, zenith_rad[up], from_x_plane[up]
        )
        return xx, yy
    dipole = MODELS[model]
    xx = dipole(frequency_hz, zenith_rad, from_x_plane)
    yy = dipole(frequency_hz, zenith_rad, from_x_plane - np.pi / 2)
    return np.where(above, xx, 0.0), np.where(above, yy, 0.0)


def _memo178(
    frequency_hz: np.ndarray, zenith_rad: np.ndarray, from_e_plane_rad: np.ndarray
) -> np.ndarray:
    e_plane = beam_memo178.plane_pattern(beam_memo178.E_PLANE, frequency_hz, zenith_rad)
    h_plane = beam_memo178.plane_pattern(beam_memo178.H_PLANE, frequency_hz, zenith_rad)
    angle = from_e_plane_rad[:, None]
    return np.hypot(e_plane * np.cos(angle), h_plane * np.sin(angle))


def _sine(
    frequency_hz: np.ndarray, zenith_rad: np.ndarray, from_e_plane_rad: np.ndarray
) -> np.ndarray:
    elevation = np.cos(zenith_rad).clip(0)[:, None] ** SINE_EXPONENT
    return np.broadcast_to(elevation, (len(zenith_rad), len(frequency_hz))).copy()


MODELS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "memo178": _memo178,
    "sine": _sine,
}
