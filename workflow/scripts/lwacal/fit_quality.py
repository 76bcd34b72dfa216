"""How well solutions explain the data: the power of what they leave over that of the noise.

The noise is that of the radiometer equation with the antennas' own autocorrelations, which need no
sky model. More than that is left where emission is not in the model (large-scale emission,
interference, a source below the limits) or where the model is wrong (beam, positions, fluxes).
"""

from __future__ import annotations

import numpy as np

from lwacal import ms_reader, noise_weights
from lwacal.noise_weights import PARALLEL_HANDS
from lwacal.robust import masked_median
from lwacal.sub_band import SubBand


def residual_over_thermal(band: SubBand, noise: np.ndarray, flag: np.ndarray) -> float:
    """Return the residual power over that of the noise, the median over solutions; or NaN.

    ``noise`` (antenna, channel, 2) is the variance of a visibility of weight one that the residuals
    of each solution have, with the weights of noise_weights.of_rows; ``flag`` likewise, of the
    solutions. NaN without autocorrelations or solutions.
    """
    unknown = flag | ~np.isfinite(noise)
    left = float(masked_median(noise.ravel(), unknown.ravel(), axis=0))
    return left / thermal_variance(band)


def thermal_variance(band: SubBand) -> float:
    """Return the noise variance of a visibility of weight one by the autocorrelations; or NaN.

    That is P_i P_j / (bandwidth x time) times the weight, which is the same for all baselines of an
    integration; the mean over integrations that are not flagged.
    """
    flagged, n_antennas = band.flagged(), len(band.antennas.names)
    variances = []
    with ms_reader.open_table(band.concatenated) as table:
        for item in ms_reader.iterate_integrations(band.concatenated, ()):
            autos = np.flatnonzero(item.antenna1 == item.antenna2)
            rows = autos + item.rows.start
            if len(rows) == 0 or flagged[rows][..., PARALLEL_HANDS].all():
                continue
            with table.selectrows(rows) as selection:
                data = selection.getcol("DATA")
            power = noise_weights.antenna_powers(
                item.antenna1[autos], data, flagged[rows], n_antennas
            )
            if power is not None:
                weight = noise_weights.inverse(power, item.antenna1, item.antenna2)
                samples = band.channel_width_hz * item.interval_s
                variances.append(1 / (float(np.median(weight)) * samples))
    return float(np.mean(variances)) if variances else np.nan
