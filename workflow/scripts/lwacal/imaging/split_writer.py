"""Writes calibrated data to the sets of all targets, one integration at a time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from lwacal.calibration.sub_band import SubBand
from lwacal.imaging import averaging, subtract_sources
from lwacal.imaging.apply_gains import Calibrated
from lwacal.io.ms_reader import Integration
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime.blocks import blocks_of
from lwacal.sky.band_model import BandModel
from lwacal.telescope import geometry, phasors

ROWS_AT_ONCE = 4096  # 25 MB of visibilities at 192 channels


@dataclass(frozen=True)
class Target:
    """A direction to image.

    ``radec`` is ICRS in radians, ``radius_rad`` half the size of its largest image, and
    ``n_average`` the number of channels to average.
    """

    name: str
    radec: tuple[float, float]
    radius_rad: float
    n_average: int


def set_name(target: str, band: str) -> str:
    """Return the file name of a target's set, which is different for each sub-band.

    WSClean names its temporary files after the sets, without their folders. If sets in different
    folders had the same name, all sub-bands would show the data of the last one.
    """
    return f"{target}_{band}.ms"


class TargetSets:
    """The measurement sets of a sub-band's targets: a context manager that integrations go to."""

    def __init__(self, band: SubBand, targets: list[Target], folder: Path) -> None:
        """Create one set per target in a folder."""
        self._band = band
        self._targets = targets
        self._stack = ExitStack()
        with self._stack as stack:  # removes the open sets if one cannot be created
            self._writers = {
                target.name: stack.enter_context(_writer(band, target, folder))
                for target in targets
            }
            self._stack = stack.pop_all()

    def __enter__(self) -> TargetSets:
        """Return the open sets."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        """Close the sets, or remove them if there was an error."""
        return self._stack.__exit__(kind, error, trace)

    def append(
        self, calibrated: Calibrated, integration: Integration, sources: Mapping[str, BandModel]
    ) -> None:
        """Append one integration to all sets.

        ``sources`` are the models, by name, of sources to subtract from each other's sets. All
        models are subtracted from ``calibrated`` in place, after the zenith's data are written;
        each source's model is then added back to its set. A single source is not subtracted.
        """
        sources = sources if len(sources) > 1 else {}
        for target in self._targets:
            if target.name not in sources:
                self._append(calibrated, integration, target, None)
        subtract_sources.subtract(
            calibrated.data,
            calibrated.antenna1,
            calibrated.antenna2,
            [model.factored(integration.mjd_s) for model in sources.values()],
        )
        for target in self._targets:
            if target.name in sources:
                self._append(calibrated, integration, target, sources[target.name])

    def _append(
        self,
        calibrated: Calibrated,
        integration: Integration,
        target: Target,
        model: BandModel | None,
    ) -> None:
        """Rotate one integration to a target, add ``model``, average, and append it to the set."""
        mjd_s, positions_m = integration.mjd_s, self._band.antennas.positions_m
        old, new = self._band.centre_radec, target.radec
        rotation = visibilities = None
        if old != new:
            rotation = phasors.rotation_phasors(
                positions_m, self._band.frequency_hz, mjd_s, old, new
            )
        if model is not None:
            visibilities = model.with_phase_centre(new).factored(mjd_s)
        uvw = geometry.antenna_uvw_m(positions_m, *new, mjd_s)
        for rows in blocks_of(len(calibrated.data), ROWS_AT_ONCE):
            first, second = calibrated.antenna1[rows], calibrated.antenna2[rows]
            data = calibrated.data[rows]
            if rotation is not None or visibilities is not None:
                data = data.copy()  # the other targets need the original
            if rotation is not None:
                phasors.multiply_in_place(data, first, second, rotation)
            if visibilities is not None:
                subtract_sources.add(data, first, second, visibilities)
            mean, weight, flag = averaging.average_channels(
                data, calibrated.weight[rows], calibrated.flag[rows], target.n_average
            )
            self._writers[target.name].append(
                mjd_s,
                integration.interval_s,
                first,
                second,
                uvw[first] - uvw[second],
                mean,
                flag,
                scan=integration.scan,
                weight=weight,
            )


def _writer(band: SubBand, target: Target, folder: Path) -> MeasurementSetWriter:
    coarse_hz = band.frequency_hz.reshape(-1, target.n_average).mean(axis=1)
    return MeasurementSetWriter(
        folder / set_name(target.name, band.name),
        band.antennas,
        coarse_hz,
        band.channel_width_hz * target.n_average,
        [Field(target.name, *target.radec)],
        columns=("DATA", "WEIGHT_SPECTRUM"),
    )
