"""Where the products of a measured observation are: as the workflow lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.data import Observation
from lwacal.calibration.sub_band import SubBand
from lwacal.driver import settings
from lwacal.runtime import products
from lwacal.sky import sky_model

NAME = "bench"
SMALL_IMAGES = {
    "imaging": {
        "source": {"size": 256, "scale_deg": 0.02},
        "allsky": {"size": 512, "scale_deg": 0.25, "niter": 100},
    }
}


@dataclass(frozen=True)
class Place:
    """A folder of products, the data they come from, and the default configuration.

    ``small_images`` is for tries: images of the default size take longer than all else.
    """

    folder: Path
    observation: Observation
    small_images: bool = False

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The configuration."""
        return settings.resolve(SMALL_IMAGES if self.small_images else {})

    def section(self, *names: str) -> str:
        """Return sections of the configuration as the rules hand them on."""
        return settings.section_json(self.settings, *names)

    def path(self, product: str) -> Path:
        """Return a product."""
        return self.folder / product

    def record(self, product: str) -> Any:
        """Return a JSON product."""
        return products.read_json(self.path(product))

    @property
    def bands(self) -> tuple[str, ...]:
        """The sub-bands, by frequency."""
        return self.observation.size.bands

    @property
    def band(self) -> str:
        """The sub-band that stages of one are measured with: the last."""
        return self.bands[-1]

    @property
    def stamp(self) -> str:
        """The stamp of the observation."""
        return self.record("inventory.json")["observation"]["stamp"]

    @property
    def table(self) -> Path:
        """The cleaned table of the sub-band."""
        return self.path(f"tables/{self.stamp}_{self.band}.bcal")

    def sub_band(self) -> SubBand:
        """Return the sub-band as a solver takes it."""
        return SubBand(
            self.record("manifest.json"),
            self.band,
            self.path(f"concat/{self.band}.ms"),
            self.path(f"concat/{self.band}.npz"),
            self.path(f"flags/{self.band}.npz"),
            sky_model.read(self.path("sky_model.json")),
        )

    @cached_property
    def truth(self) -> dict[str, Any]:
        """truth.json of the simulator."""
        return products.read_json(self.observation.truth / "truth.json")
