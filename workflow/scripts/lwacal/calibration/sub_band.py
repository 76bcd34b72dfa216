"""A concatenated sub-band with all that it is solved from: data, flags, model of the sky."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from lwacal.calibration import noise_weights
from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import caltable, ms_reader
from lwacal.io.flag_file import FlagFile
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import SubBandSolutions
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.sky import band_model
from lwacal.sky.band_model import BandModel
from lwacal.telescope import naming, site

SAME_TIME_S = 1.0


class OtherDataError(ValueError):
    """Flags or solutions are of other data than those they are to be used for."""

    remedy = "Remove it and run again to remake it from the data"


@dataclass(frozen=True)
class SubBand:
    """A sub-band of an observation.

    ``manifest`` and ``model`` as manifest.json and sky_model.read give them; ``concatenated`` the
    set with the data, ``powers`` those of its antennas and ``flags`` the causes of its flags.
    ``restored`` are the numbers (SCAN_NUMBER) of the bright integrations that are no interference:
    a burst is no cause of flags there.
    """

    manifest: ManifestRecord
    name: str
    concatenated: Path
    powers: Path
    flags: Path
    model: SkyModelRecord
    restored: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Make paths hold in a scratch directory too."""
        for place in ("concatenated", "powers", "flags"):
            object.__setattr__(self, place, Path(getattr(self, place)).absolute())

    @classmethod
    def all_of(
        cls,
        manifest: ManifestRecord,
        concatenated: Sequence[Path],
        powers: Sequence[Path],
        flags: Sequence[Path],
        model: SkyModelRecord,
        restored: Mapping[str, Sequence[int]],
    ) -> dict[str, SubBand]:
        """Return all sub-bands of an observation by name; paths are in order of frequency.

        ``restored`` are the restored integrations by sub-band.
        """
        names = naming.sort_bands(manifest["bands"])
        return {
            name: cls(
                manifest, name, data, autocorrelations, causes, model, frozenset(restored[name])
            )
            for name, data, autocorrelations, causes in zip(
                names, concatenated, powers, flags, strict=True
            )
        }

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
        """Return the visibilities of the model; component lists are read at the first call."""
        return self._sky

    @cached_property
    def _sky(self) -> BandModel:
        return band_model.of_band(self.manifest, self.name, self.model)

    def flagged(self) -> np.ndarray:
        """Return what is flagged for any cause, (row, channel, correlation) bool."""
        with self.flag_file() as file:
            return file.flags()

    def flag_file(self) -> FlagFile:
        """Open the flags, to be read an integration at a time.

        Raises OtherDataError if they are not those of the data.
        """
        file = FlagFile(self.flags, self._restored_numbers())
        n_rows = ms_reader.count_rows(self.concatenated)
        if file.n_rows != n_rows:
            file.close()
            raise OtherDataError(
                f"{self.flags} has flags of {file.n_rows} rows, but {self.concatenated} has"
                f" {n_rows}"
            )
        return file

    def _restored_numbers(self) -> list[int]:
        """Return which integrations of the set are restored, from 0."""
        if not self.restored:
            return []
        every = ms_reader.iterate_integrations(self.concatenated, ())
        return [number for number, item in enumerate(every) if item.scan in self.restored]

    def antenna_powers(self) -> noise_weights.AntennaPowers:
        """Return the powers by which visibilities are weighted."""
        return noise_weights.AntennaPowers(self.powers)

    def solutions(self, table: str | Path) -> SubBandSolutions:
        """Read a table of the sub-band.

        Raises OtherDataError if it is of another array, of other channels or of another time.
        """
        solutions = caltable.read(table)
        found = solutions.antenna_names, solutions.frequency_hz
        same_channels = np.array_equal(np.round(found[1]), np.round(self.frequency_hz))
        mid_mjd_s = self.manifest["observation"]["mid_mjd_s"]
        if found[0] != self.antennas.names or not same_channels:
            raise OtherDataError(
                f"{table} is for {len(found[0])} antennas and {len(found[1])} channels from"
                f" {found[1][0] / 1e6:.3f} MHz, which are not the {len(self.antennas.names)}"
                f" antennas and {len(self.frequency_hz)} channels from"
                f" {self.frequency_hz[0] / 1e6:.3f} MHz of {self.name}"
            )
        if abs(solutions.mjd_s - mid_mjd_s) > SAME_TIME_S:
            raise OtherDataError(
                f"{table} is of {site.iso(solutions.mjd_s)}, but the observation of"
                f" {site.iso(mid_mjd_s)}"
            )
        return solutions
