"""What the data of a sub-band tell of its antennas by themselves: powers, and what is unflagged.

Collected where the raw data are read (lwacal.ingest.concat), so that nobody has to read them again
for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lwacal.runtime import products
from lwacal.telescope.correlations import PARALLEL_HANDS


@dataclass
class AntennaPower:
    """Powers and counts of a sub-band, an integration at a time.

    ``rows`` (antenna,) counts the rows of each antenna, ``unflagged`` (antenna, 2) its unflagged
    channels in XX and YY over all of them.
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
        """Add an integration; ``data`` and ``flag`` (row, channel, 4)."""
        autos = antenna1 == antenna2
        power = np.full((self.n_antennas, self.n_channels, 2), np.nan, np.float32)
        power[antenna1[autos]] = data[autos][..., PARALLEL_HANDS].real
        self.scans.append(scan)
        self.times_mjd_s.append(mjd_s)
        self.powers.append(power)
        free = np.stack(
            [self.n_channels - np.count_nonzero(flag[..., hand], axis=1) for hand in PARALLEL_HANDS]
        )
        for antenna in (antenna1, antenna2):
            self.rows += np.bincount(antenna, minlength=self.n_antennas)
            for pol in (0, 1):
                self.unflagged[:, pol] += np.bincount(
                    antenna, weights=free[pol], minlength=self.n_antennas
                ).astype(int)

    def write(self, path: Path) -> None:
        """Write scan, mjd_s (integration,), power (integration, antenna, channel, 2), counts."""
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
    """Return what AntennaPower.write wrote; power is NaN without an autocorrelation."""
    return products.read_npz(path)
