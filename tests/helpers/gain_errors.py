"""Errors of solved gains against the truth of a case, in units of the Cramer-Rao limit."""

from __future__ import annotations

import numpy as np

import thermal
from lwacal.io.solutions import Solutions
from small_sets import baselines
from solver_case import MID_MJD_S, Case, model_visibilities


def errors(
    case: Case, solutions: Solutions, flag: np.ndarray | None = None, band: str = "73MHz"
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of log amplitude and phase in units of the limit, (antenna, channel, 2).

    ``flag`` (row, channel, 4) of one integration. The mean phase of each channel is taken out.
    """
    antenna1, antenna2 = baselines(len(case.antennas.names))
    cross = antenna1 != antenna2
    first, second = antenna1[cross], antenna2[cross]
    model = model_visibilities(case, band, MID_MJD_S)[cross]
    amplitude, phase = [], []
    for pol in (0, 1):
        gain = case.gain[band][..., pol]
        size = gain[first] * gain[second].conj()
        sigma = np.abs(size) * case.noise_jy / np.sqrt(case.n_integrations)
        if flag is not None:
            sigma = np.where(flag[cross][..., 3 * pol], np.inf, sigma)
        limit = thermal.relative_errors(first, second, size * model[..., pol], sigma, len(gain))
        ratio = np.where(solutions.flag[..., pol], np.nan, solutions.gain[..., pol] / gain)
        turned = ratio * np.exp(-1j * np.angle(np.nansum(ratio, axis=0)))
        angle = np.ma.masked_invalid(np.angle(turned))
        angle = (angle - angle.mean(axis=0)).filled(np.nan)
        least = [np.where(solutions.flag[..., pol], 1, values) for values in limit]
        amplitude.append(np.log(np.abs(ratio)) / least[0])
        phase.append(angle / least[1])
    return np.stack(amplitude, axis=-1), np.stack(phase, axis=-1)


def rms(values: np.ndarray) -> float:
    """Return the root mean square of the values that are there."""
    return float(np.sqrt(np.nanmean(np.square(values))))
