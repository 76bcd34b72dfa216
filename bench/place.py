"""Paths of the products of a measured observation, as in the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import workflow_jobs
from bench.data import Observation
from lwacal.calibration.sub_band import SubBand
from lwacal.driver import settings
from lwacal.records import catalogue, files
from lwacal.records.configuration.whole import Configuration
from lwacal.runtime import products
from lwacal.sky import sky_model

NAME = "bench"
NO_NETWORK: dict[str, Any] = {"health": {"mnc": {"enabled": False}}}
SIMULATED_SKY: dict[str, Any] = {  # the data have the A-team alone, as points
    "sky_model": {
        "secondary": False,
        "solar": [],
        "galaxy": False,
        "component_lists": dict.fromkeys(("CygA", "CasA", "TauA", "VirA"), "point"),
    }
}
SMALL_IMAGES: dict[str, Any] = {
    "imaging": {
        "source": {"size": 256, "scale_deg": 0.02},
        "allsky": {"size": 512, "scale_deg": 0.25, "niter": 100},
    }
}


@dataclass(frozen=True)
class Place:
    """A folder of products, the data they come from, and the configuration.

    ``cores`` are those of the machine. ``small_images`` is for tries: images of the default size
    take longer than all else.
    """

    folder: Path
    observation: Observation
    cores: int
    small_images: bool = False

    @property
    def configuration(self) -> dict[str, Any]:
        """The keys that are given to the workflow."""
        return {
            "input": str(self.observation.raw.absolute()),
            "observation": self.folder.name,
            "results": str(self.folder.absolute().parent),
            **NO_NETWORK,
            **SIMULATED_SKY,
            **(SMALL_IMAGES if self.small_images else {}),
        }

    @cached_property
    def settings(self) -> Configuration:
        """The whole configuration."""
        return settings.resolve(self.configuration)

    @cached_property
    def jobs(self) -> list[workflow_jobs.Job]:
        """All jobs of the workflow for this observation."""
        return workflow_jobs.of(self.configuration, self.cores)

    def path(self, product: str) -> Path:
        """Return a product."""
        return self.folder / product

    def record(self, product: str) -> Any:
        """Return a record by its path below the folder of the observation."""
        return files.read(catalogue.model_of(product), self.path(product))

    @property
    def bands(self) -> tuple[str, ...]:
        """The sub-bands, by frequency."""
        return self.observation.size.bands

    @property
    def band(self) -> str:
        """The sub-band used to measure stages of a single sub-band: the last."""
        return self.bands[-1]

    @property
    def stamp(self) -> str:
        """The stamp of the observation."""
        return self.record("inventory.json")["observation"]["stamp"]

    @property
    def table(self) -> Path:
        """The flagged table of the sub-band."""
        return self.path(f"tables/{self.stamp}_{self.band}.bcal")

    def sub_band(self) -> SubBand:
        """Return the sub-band as input of a solver."""
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
