"""A concatenated sub-band with all that it is solved from: data, flags, model of the sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import band_model, flagging
from lwacal.band_model import BandModel
from lwacal.concat import manifest_antennas, manifest_centre
from lwacal.flag_file import FlagFile
from lwacal.ms_reader import Antennas


@dataclass(frozen=True)
class SubBand:
    """A sub-band of an observation.

    ``manifest`` and ``model`` as manifest.json and sky_model.read give them; ``concatenated`` the
    set with the data and ``flags`` the causes of its flags.
    """

    manifest: Mapping[str, Any]
    name: str
    concatenated: Path
    flags: Path
    model: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Make paths hold in a scratch directory too."""
        for place in ("concatenated", "flags"):
            object.__setattr__(self, place, Path(getattr(self, place)).absolute())

    @property
    def antennas(self) -> Antennas:
        """The antennas in the order of the correlator."""
        return manifest_antennas(self.manifest)

    @property
    def centre_radec(self) -> tuple[float, float]:
        """The phase centre of the data, ICRS radians."""
        return manifest_centre(self.manifest)

    @property
    def frequency_hz(self) -> np.ndarray:
        """The channels, (channel,)."""
        return np.array(self.manifest["bands"][self.name]["frequency_hz"])

    @property
    def channel_width_hz(self) -> float:
        """The width of a channel."""
        return self.manifest["bands"][self.name]["channel_width_hz"]

    def sky(self) -> BandModel:
        """Return the visibilities of the model; component lists are read here."""
        return band_model.of_band(self.manifest, self.name, self.model)

    def flagged(self) -> np.ndarray:
        """Return what is flagged for any cause, (row, channel, correlation) bool."""
        return flagging.load_flags(self.flags)

    def flag_file(self) -> FlagFile:
        """Open the flags, to be read an integration at a time."""
        return FlagFile(self.flags)
