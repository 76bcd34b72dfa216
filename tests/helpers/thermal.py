"""How well gains can be known: the Cramer-Rao limit of antenna gains from noisy visibilities.

With G = G_true exp(a + i phi) and V_ij = G_i conj(G_j) M_ij + noise, a small change of the gains
changes V_ij by V_ij [(a_i + a_j) + i (phi_i - phi_j)]. Each of the two parts is measured with the
Fisher information w_ij = 2 |V_ij|^2 / sigma_ij^2, sigma^2 being the variance <|n|^2>. The
information on a is therefore diag(sum_j w_ij) + w, that on phi is diag(sum_j w_ij) - w, which
leaves the mean phase free: phases are known relative to the mean over antennas. (Kay 1993,
Fundamentals of Statistical Signal Processing, chapter 3.) For n equal antennas and a point source
the relative error |dG / G| is close to sigma / (|G|^2 S sqrt(n - 1)).
"""

from __future__ import annotations

import numpy as np


def relative_errors(
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    visibility: np.ndarray,
    sigma: np.ndarray,
    n_antennas: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least rms errors of log amplitude and of phase (radians), each (antenna, channel).

    ``antenna1``, ``antenna2`` (row,) of cross-correlations of one polarization, rows of several
    integrations together; ``visibility`` (row, channel) G_i conj(G_j) M_ij without noise; ``sigma``
    broadcasts to the same: the rms |noise| of each, infinite for what is flagged. Antennas without
    any information get infinity. Memory: eight times antenna^2 x channel doubles.
    """
    information = 2 * np.abs(visibility) ** 2 / np.broadcast_to(sigma, visibility.shape) ** 2
    weights = np.zeros((n_antennas, n_antennas, visibility.shape[1]))
    np.add.at(weights, (antenna1, antenna2), information)
    weights = np.moveaxis(weights + weights.swapaxes(0, 1), 2, 0)
    total = weights.sum(axis=2)
    diagonal = total[:, :, None] * np.eye(n_antennas)
    amplitude, phase = (
        np.sqrt(np.linalg.pinv(matrix, hermitian=True).diagonal(axis1=1, axis2=2)).T
        for matrix in (diagonal + weights, diagonal - weights)
    )
    unknown = total.T == 0
    return np.where(unknown, np.inf, amplitude), np.where(unknown, np.inf, phase)
