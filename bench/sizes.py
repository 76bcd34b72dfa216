"""Sizes of observations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lwacal.telescope import site

BYTES_A_VISIBILITY = 8
CORRELATIONS = 4
ONE_BAND = ("73MHz",)


@dataclass(frozen=True)
class Size:
    """Antennas, channels of a sub-band, integrations and sub-bands of an observation."""

    antennas: int
    channels: int
    integrations: int = 1
    bands: tuple[str, ...] = ONE_BAND

    @property
    def name(self) -> str:
        """A name for folders."""
        return f"{self.antennas}x{self.channels}x{self.integrations}x{len(self.bands)}"

    @property
    def rows(self) -> int:
        """Baselines with autocorrelations."""
        return self.antennas * (self.antennas + 1) // 2

    @property
    def integration_mb(self) -> float:
        """The DATA of one integration of one sub-band."""
        return self.rows * self.channels * CORRELATIONS * BYTES_A_VISIBILITY / 1e6

    @property
    def data_mb(self) -> float:
        """The DATA of the whole observation."""
        return self.integration_mb * self.integrations * len(self.bands)

    def record(self) -> dict[str, Any]:
        """Return the size as a record of results.json."""
        return {**asdict(self), "data_mb": self.data_mb}


def of_record(record: dict[str, Any]) -> Size:
    """Return the size described by a record."""
    return Size(
        record["antennas"], record["channels"], record["integrations"], tuple(record["bands"])
    )


def first_bands(number: int) -> tuple[str, ...]:
    """Return this number of sub-bands, including the one used for single-band measurements.

    They begin at 41 MHz, above which delays are solved; lower sub-bands come last.
    """
    order = sorted(site.BANDS, key=lambda band: (float(band.removesuffix("MHz")) < 41, band))
    order.remove(ONE_BAND[0])
    chosen = [ONE_BAND[0], *order][:number]
    return tuple(band for band in site.BANDS if band in chosen)
