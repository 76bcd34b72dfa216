"""The simulated observations that end-to-end tests share: what is planted, and the results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.runtime import products
from lwacal.simulate import Simulation
from lwacal.simulate.faults import Fault
from workflow_run import Project

NAME = "night"
BANDS = ("36MHz", "50MHz", "59MHz", "73MHz")
RFI_BAND, RFI_CHANNEL = "59MHz", 7
ZERO_BAND, ZERO_INTEGRATION = "50MHz", 2
WEAK, DEAD, DELAYED = "LWA005X", "LWA010", "LWA015Y"
OPTIONS = Simulation(
    n_antennas=32,
    bands=BANDS,
    n_channels=24,
    n_integrations=2,
    seed=5,
    n_faint=5,
    faults=(
        Fault("weak", antenna=WEAK),
        Fault("dead", antenna=DEAD),
        Fault("delay", antenna=DELAYED),
        Fault("rfi", band=RFI_BAND, number=RFI_CHANNEL),
        Fault("zero_filled", band=ZERO_BAND, number=ZERO_INTEGRATION),
    ),
)


SMALL_OPTIONS = Simulation(
    n_antennas=16, bands=("59MHz", "73MHz"), n_channels=12, n_integrations=2, seed=6, n_faint=3
)


@dataclass(frozen=True)
class Evening:
    """A finished run of a small observation: the project copy and the raw data."""

    project: Project
    raw: Path

    def path(self, product: str) -> Path:
        """Return a product of the observation."""
        return self.project.results / "evening" / product


@dataclass(frozen=True)
class Night:
    """A finished run: the project copy, the raw data and the truth."""

    project: Project
    raw: Path
    truth: dict[str, Any]
    arrays: dict[str, np.ndarray]
    raw_digest: str

    def path(self, product: str) -> Path:
        """Return a product of the observation."""
        return self.project.results / NAME / product

    def record(self, product: str) -> Any:
        """Return a JSON product."""
        return products.read_json(self.path(product))

    def antenna(self, name: str) -> int:
        """Return the correlator number of an antenna."""
        return self.truth["antennas"].index(name[:6])
