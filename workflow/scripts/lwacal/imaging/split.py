"""Calibrated data for imaging: small sets, one a source and one at the zenith, in one read.

Every integration of a sub-band is read once, calibrated once, and then rotated to and averaged for
each target. Averaging goes as far as smearing allows over the target's image. From the set of a
source the other sources are subtracted (lwacal.imaging.subtract_sources); that of the zenith has
all.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist

from lwacal.calibration import uv_range
from lwacal.calibration.sub_band import SubBand
from lwacal.imaging import averaging, subtract_sources, visibility_flux
from lwacal.imaging.apply_gains import calibrate
from lwacal.imaging.split_writer import Sets, Target, set_name
from lwacal.io import ms_reader
from lwacal.io.solutions import SubBandSolutions
from lwacal.records import files
from lwacal.records.calibrated import CalibratedRecord
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.imaging import AnyImages, Imaging
from lwacal.runtime import atomic, disk_space
from lwacal.sky import sky_model

logger = logging.getLogger(__name__)

__all__ = ["ZENITH", "choose_targets", "set_name", "smearing", "split"]

ZENITH = "zenith"


@dataclass
class Found:
    """What was found on the way: the integrations that are usable, fluxes, and the noise.

    ``flux_ratios`` as visibility_fluxes has them, and ``flux_ratios_in_time`` for each integration;
    ``information`` as in Calibrated, of all integrations.
    """

    scans: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    flux_ratios: dict[str, dict[str, float]] = field(default_factory=dict)
    flux_ratios_in_time: list[dict[str, dict[str, float]]] = field(default_factory=list)
    information: float = 0.0
    interval_s: float = 0.0  # the longest
    any_data: bool = False  # whether any were unflagged before the solutions were applied

    def add(self, item: ms_reader.Integration, information: float) -> None:
        """Note that an integration is usable."""
        self.scans.append(item.scan)
        self.times.append(item.mjd_s)
        self.interval_s = max(self.interval_s, item.interval_s)
        self.information += information


def split(
    band: SubBand,
    table: Path,
    imaging: Imaging,
    bandpass: Bandpass,
    output: Path,
) -> dict[str, Any]:
    """Write a set for each calibrator and one for the zenith; return split.json.

    With imaging switched off there are no sets, but fluxes from the visibilities all the same.
    ``bandpass`` gives the uv range of these fluxes. A sub-band without usable data or solutions
    gives no sets, and a message. The folder appears whole. Memory: about twice one integration,
    whatever their number.
    """
    with atomic.output(output) as part:
        part.mkdir()
        record = _fill(band, band.solutions(table), imaging, bandpass, part)
        files.write(CalibratedRecord, part / "split.json", record)
    return record


def _fill(
    band: SubBand, solutions: SubBandSolutions, imaging: Imaging, bandpass: Bandpass, folder: Path
) -> dict[str, Any]:
    """Write the sets into a folder and return split.json."""
    targets = choose_targets(band, imaging)
    found, message = Found(), f"{band.name}: there are no usable bandpass solutions"
    if not solutions.flag.all():
        found = _write_all(
            band,
            solutions,
            targets,
            folder,
            uv_range.configured(band.model, bandpass),
            imaging.source.subtract_others,
        )
        message = "" if found.scans else _why_nothing(band.name, found)
    return {
        "band": band.name,
        "targets": [] if message else [target.name for target in targets],
        "channel_average": {target.name: target.n_average for target in targets},
        "smearing": {target.name: smearing(band, target, found.interval_s) for target in targets},
        "scans": found.scans,
        "times": found.times,
        "flux_ratios": found.flux_ratios,
        "flux_ratios_in_time": found.flux_ratios_in_time,
        "thermal_jy": visibility_flux.thermal_jy(found.information),
        "message": message,
    }


def _why_nothing(band: str, found: Found) -> str:
    if found.any_data:
        return f"{band}: everything is flagged after calibration"
    return f"{band}: there are no unflagged data"


def choose_targets(band: SubBand, settings: Imaging) -> list[Target]:
    """Return the directions to image: each calibrator, and the zenith."""
    if not settings.enabled:
        return []
    sources = [
        _target(
            band,
            item["name"],
            (item["ra_rad"], item["dec_rad"]),
            settings,
            (settings.source, settings.scintillation),
        )
        for item in sky_model.calibrators(band.model)
    ]
    if not settings.allsky.enabled:
        return sources
    return [*sources, _target(band, ZENITH, band.centre_radec, settings, (settings.allsky,))]


def _target(
    band: SubBand,
    name: str,
    radec: tuple[float, float],
    settings: Imaging,
    kinds: Sequence[AnyImages],
) -> Target:
    """Return a target whose data serve images of some kinds."""
    radius_rad = max(float(np.deg2rad(kind.size * kind.scale_deg / 2)) for kind in kinds)
    number = averaging.channels_to_average(
        len(band.frequency_hz),
        band.channel_width_hz,
        longest_baseline_m(band),
        radius_rad,
        settings.max_smearing_loss,
    )
    return Target(name, radec, radius_rad, number)


def longest_baseline_m(band: SubBand) -> float:
    """Return the length of the longest baseline of the array."""
    return float(pdist(band.antennas.positions_m).max(initial=0))


def smearing(band: SubBand, target: Target, interval_s: float) -> dict[str, float]:
    """Return what averaging costs at the edge of a target's field, on the longest baseline.

    Fractions of the flux: by the channels averaged here, and by the time an integration takes.
    """
    longest_m = longest_baseline_m(band)
    bandwidth_hz = band.channel_width_hz * target.n_average
    return {
        "bandwidth_loss": averaging.smearing_loss(bandwidth_hz, longest_m, target.radius_rad),
        "time_loss": averaging.time_smearing_loss(
            interval_s, float(band.frequency_hz.max()), longest_m, target.radius_rad
        ),
    }


def _write_all(
    band: SubBand,
    solutions: SubBandSolutions,
    targets: list[Target],
    folder: Path,
    uv_limits_lambda: tuple[float, float],
    subtract_others: bool,
) -> Found:
    """Write the sets of all targets; return what was found on the way.

    Fluxes are found from baselines within the limits, as the gains are.
    """
    found = Found()
    names, sky = visibility_flux.sources_of(band.model), band.sky()
    fluxes = visibility_flux.FluxFit(names, sky.by_source())
    in_range = uv_range.matrix_in_range(band.manifest, band.name, uv_limits_lambda)
    powers = band.antenna_powers()

    def add(item: ms_reader.Integration, flag: np.ndarray, sets: Sets) -> None:
        found.any_data |= not flag.all()
        calibrated = calibrate(item, flag, solutions, powers)
        if calibrated.flag.all():
            return
        found.add(item, calibrated.information)
        now = visibility_flux.FluxFit(names, fluxes.models)
        now.add(
            calibrated.antenna1,
            calibrated.antenna2,
            calibrated.data,
            calibrated.weight,
            item.mjd_s,
            in_range[calibrated.antenna1, calibrated.antenna2],
        )
        fluxes.join(now)
        ratios = now.solve()
        found.flux_ratios_in_time.append(ratios)
        measured = subtract_sources.at_measured_fluxes(names, sky, ratios).by_source()
        sets.append(calibrated, item, dict(zip(names, measured)) if subtract_others else {})

    with band.flag_file() as flags:
        channels = [len(band.frequency_hz) // target.n_average for target in targets]
        disk_space.require(folder, sum(disk_space.set_bytes(flags.n_rows, n, 12) for n in channels))
        with Sets(band, targets, folder) as sets:
            for item in ms_reader.iterate_integrations(band.concatenated, ("DATA",)):
                logger.info(f"{band.name}: integration {item.scan}")
                add(item, flags.flags(item.rows), sets)
                del item  # its memory is for the next one, which would else be read beside it
    found.flux_ratios = fluxes.solve()
    return found
