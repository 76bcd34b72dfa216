"""Autocorrelations of a sub-band, and counts of the unflagged data of each antpol.

They are collected when the raw data are read (lwacal.ingest.concat), so that the data need not be
read again for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lwacal.runtime import products
from lwacal.telescope.correlations import PARALLEL_HANDS


@dataclass
class AntennaPower:
    """Collects autocorrelations and counts of a sub-band, one integration at a time.

    ``powers`` has for each integration the autocorrelations XX and YY, (antenna, channel, 2), in
    the unit of the data. ``rows`` (antenna,) counts the rows of each antenna in all integrations,
    ``unflagged`` (antenna, 2) their unflagged channels in XX and YY.
    """

    n_antennas: int
    n_channels: int
    scans: list[int] = field(default_factory=list)
    times_mjd_s: list[float] = field(default_factory=list)
    powers: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = np.zeros(self.n_antennas, int)
        self.unflagged = np.zeros((self.n_antennas, 2), int)

    def add(
        self,
        scan: int,
        mjd_s: float,
        antenna1: np.ndarray,
        antenna2: np.ndarray,
        data: np.ndarray,
        flag: np.ndarray,
    ) -> None:
        """Add an integration; ``data`` and ``flag`` are (row, channel, 4)."""
        autos = antenna1 == antenna2
        power = np.full((self.n_antennas, self.n_channels, 2), np.nan, np.float32)
        power[antenna1[autos]] = data[autos][..., PARALLEL_HANDS].real
        self.scans.append(scan)
        self.times_mjd_s.append(mjd_s)
        self.powers.append(power)
        unflagged = np.stack(
            [self.n_channels - np.count_nonzero(flag[..., hand], axis=1) for hand in PARALLEL_HANDS]
        )
        for antenna in (antenna1, antenna2):
            self.rows += np.bincount(antenna, minlength=self.n_antennas)
            for pol in (0, 1):
                self.unflagged[:, pol] += np.bincount(
                    antenna, weights=unflagged[pol], minlength=self.n_antennas
                ).astype(int)

    def write(self, path: Path) -> None:
        """Write an .npz file.

        Its arrays are scan and mjd_s (integration,), power (integration, antenna, channel, 2), rows
        (antenna,) and unflagged (antenna, 2).
        """
        shape = (0, self.n_antennas, self.n_channels, 2)
        powers = np.stack(self.powers) if self.powers else np.zeros(shape, np.float32)
        products.write_npz(
            path,
            scan=np.array(self.scans, int),
            mjd_s=np.array(self.times_mjd_s),
            power=powers,
            rows=self.rows,
            unflagged=self.unflagged,
        )


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of AntennaPower.write; power is NaN where there is no autocorrelation."""
    return products.read_npz(path)
