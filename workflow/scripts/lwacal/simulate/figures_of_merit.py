"""What a beamformer loses by a table of gains: figures of merit of a table against the truth.

A beamformer divides the voltages of antennas by the gains of the table and adds them. With r the
true gain over that of the table, it keeps the fraction eta = |sum r|^2 / (N sum |r|^2) of the power
of a source on its target. A plane in the phase of r does not blur the beam but points it elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.phase_plane import efficiency, phase_plane

FEWEST = 3  # antennas


@dataclass(frozen=True)
class Figures:
    """Figures of merit of a table, by channel; NaN with fewer than three antennas.

    ``eta`` (channel,) is the power kept on the target; ``eta_on_beam`` (channel,) that on the peak
    of the beam, with the phase plane removed; ``shift_arcmin`` (channel, 2) where the beam points
    minus where it should, towards east and north for a beam at the zenith; ``scale`` (channel,) the
    median over antennas of the gain of the table over the true one.
    """

    eta: np.ndarray
    eta_on_beam: np.ndarray
    shift_arcmin: np.ndarray
    scale: np.ndarray


def figures(
    gain_true: np.ndarray,
    gain_table: np.ndarray,
    used: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
) -> Figures:
    """Return the figures of merit of the gains of one polarization.

    ``gain_true`` and ``gain_table`` (antenna, channel) complex, such that V_observed(i, j) =
    G_i conj(G_j) V_sky; ``used`` (antenna,) or (antenna, channel) bool, healthy and not flagged;
    ``positions_m`` (antenna, 3) ITRF; ``frequency_hz`` (channel,).
    """
    enu_m = geometry.local_enu_m(positions_m)[:, :2]
    used = np.broadcast_to(used.reshape(len(used), -1), gain_true.shape)
    good = used & (gain_table != 0) & np.isfinite(gain_table) & (gain_true != 0)
    ratio = np.divide(gain_true, gain_table, out=np.zeros(good.shape, complex), where=good)
    n_channels = len(frequency_hz)
    eta, on_beam, scale = np.full((3, n_channels), np.nan)
    shift_arcmin = np.full((n_channels, 2), np.nan)
    for channel, hz in enumerate(frequency_hz):
        chosen = good[:, channel]
        if chosen.sum() < FEWEST:
            continue
        r, wave = ratio[chosen, channel], 2 * np.pi * hz / SPEED_OF_LIGHT_M_S * enu_m[chosen]
        slope = phase_plane(r, wave, hz)
        eta[channel] = efficiency(r)
        on_beam[channel] = efficiency(r * np.exp(-1j * wave @ slope))
        shift_arcmin[channel] = -np.rad2deg(slope) * 60
        scale[channel] = np.median(1 / np.abs(r))
    return Figures(eta, on_beam, shift_arcmin, scale)
