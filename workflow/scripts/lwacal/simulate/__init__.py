"""Simulates raw observations of the OVRO-LWA from a known truth.

``lwacal simulate FOLDER`` writes raw measurement sets like the telescope's to FOLDER, and the truth
to FOLDER.truth:

truth.json
    ``options``; ``antennas`` (names); ``fibre`` (antenna,); ``sources`` (name, ra_rad, dec_rad);
    ``faults``; ``integrations`` (stamp, start_mjd_s, mid_mjd_s); ``bands``: for each sub-band
    ``frequency_hz`` and ``noise_jy``, the rms |n| of a calibrated visibility of one channel and
    integration, (channel,).
truth.npz
    ``positions_m`` (antenna, 3); ``delays_ns`` (antenna, 2); ``gain_<band>`` (antenna, channel, 2)
    complex, such that V_observed(i, j) = G_i conj(G_j) V_sky(i, j), including faults of gain and
    delay (for a swapped antenna, the gains of its ports); ``flux_<band>`` (source, channel)
    intrinsic flux densities in Jy; ``beam_xx_<band>``, ``beam_yy_<band>``
    (source, channel) at the middle of the observation; and the drawn values of effects:
    ``refraction_arcmin`` (integration, source, 2), east and north at 40 MHz; ``tec_tecu``
    (integration, source, antenna), the slant electron columns; ``scintillation_<band>``
    (integration, source, channel), flux factors; ``variation_<source>`` (integration,), those of
    the Sun and Jupiter; ``beam_factor`` (source, antenna, 2), errors of voltage beams;
    ``coupled_pairs`` and ``crosstalk_pairs`` (pair, 2), the antenna that receives and the other,
    with ``coupled_volt`` and ``crosstalk_volt`` (pair,); ``saturation_<band>_<integration>``
    (antenna,), factors of the gains. With noise of the sky, ``power_<band>`` (antenna, channel, 2)
    is the power in Jy that antpols receive: the autocorrelation over |gain|^2.
"""

from lwacal.simulate.observation import simulate
from lwacal.simulate.options import Simulation

__all__ = ["Simulation", "simulate"]
