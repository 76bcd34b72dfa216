"""Splits a sub-band into small calibrated sets for imaging: one per source, one at the zenith.

Each integration is read and calibrated once. It is then rotated to the phase centre of each target
and averaged over as many channels as smearing over the target's image allows. The other sources are
subtracted from the set of a source (lwacal.imaging.subtract_sources), but not from that of the
zenith.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.distance import pdist

from lwacal.calibration import ionosphere, uv_range
from lwacal.calibration.sub_band import SubBand
from lwacal.imaging import averaging, subtract_sources, visibility_flux
from lwacal.imaging.apply_gains import calibrate
from lwacal.imaging.split_writer import Target, TargetSets, set_name
from lwacal.io import ms_reader
from lwacal.io.solutions import SubBandSolutions
from lwacal.records import files
from lwacal.records.calibrated import CalibratedRecord, FluxRatio, Smearing
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.imaging import AnyImages, Imaging
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.runtime import atomic, disk_space
from lwacal.sky import sky_model

logger = logging.getLogger(__name__)

__all__ = ["ZENITH", "choose_targets", "set_name", "smearing", "split"]

ZENITH = "zenith"


@dataclass
class Measured:
    """Usable integrations of a sub-band, and the fluxes and noise of its calibrated data.

    ``scans`` and ``times`` (mid-times, MJD in seconds) are those of the usable integrations.
    ``flux_ratios`` are those of FluxFit.solve, and ``flux_ratios_in_time`` the same per
    integration. ``information`` is that of Calibrated, summed over the integrations.
    """

    scans: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    flux_ratios: dict[str, FluxRatio] = field(default_factory=dict)
    flux_ratios_in_time: list[dict[str, FluxRatio]] = field(default_factory=list)
    information: float = 0.0
    interval_s: float = 0.0  # of the longest integration
    any_data: bool = False  # unflagged data before the solutions were applied

    def add(self, item: ms_reader.Integration, information: float) -> None:
        """Add a usable integration."""
        self.scans.append(item.scan)
        self.times.append(item.mjd_s)
        self.interval_s = max(self.interval_s, item.interval_s)
        self.information += information


def split(
    band: SubBand,
    table: Path,
    found: IonosphereRecord,
    imaging: Imaging,
    bandpass: Bandpass,
    output: Path,
) -> CalibratedRecord:
    """Write one set per calibrator and one at the zenith; return split.json.

    ``table`` is the final bandpass table; the ionosphere of the observation (``found``,
    ionosphere.json) is put back into its gains. If imaging is off, no sets are written, but fluxes
    are still measured from the visibilities, in the uv range of ``bandpass``. A sub-band without
    usable data or solutions has no sets, and a message that says so. The folder is written
    atomically.
    The memory needed is about twice one integration, for any number of integrations.
    """
    with atomic.output(output) as part:
        part.mkdir()
        solutions = band.solutions(table)
        solutions.gain = ionosphere.put_back(
            solutions.gain,
            found,
            band.name,
            ionosphere.places_km(band.manifest),
            band.frequency_hz,
        )
        record = _fill(band, solutions, imaging, bandpass, part)
        files.write(CalibratedRecord, part / "split.json", record)
    return record


def _fill(
    band: SubBand, solutions: SubBandSolutions, imaging: Imaging, bandpass: Bandpass, folder: Path
) -> CalibratedRecord:
    """Write the sets into a folder and return split.json."""
    targets = choose_targets(band, imaging)
    measured, message = Measured(), f"{band.name}: there are no usable bandpass solutions"
    if not solutions.flag.all():
        measured = _write_all(
            band,
            solutions,
            targets,
            folder,
            uv_range.configured(band.model, bandpass),
            imaging.source.subtract_others,
        )
        message = "" if measured.scans else _why_no_sets(band.name, measured)
    return {
        "band": band.name,
        "targets": [] if message else [target.name for target in targets],
        "channel_average": {target.name: target.n_average for target in targets},
        "smearing": {
            target.name: smearing(band, target, measured.interval_s) for target in targets
        },
        "scans": measured.scans,
        "times": measured.times,
        "flux_ratios": measured.flux_ratios,
        "flux_ratios_in_time": measured.flux_ratios_in_time,
        "thermal_jy": visibility_flux.thermal_jy(measured.information),
        "message": message,
    }


def log_smearing(record: CalibratedRecord) -> None:
    """Log how much averaging smears each target of split.json."""
    for target in record["targets"]:
        loss = record["smearing"][target]
        logger.info(
            f"{target}: averaged every {record['channel_average'][target]} channels; flux lost"
            f" on the longest baseline at the edge of the field: {loss['bandwidth_loss']:.2%} by"
            f" bandwidth smearing, {loss['time_loss']:.1%} by time smearing"
        )


def _why_no_sets(band: str, measured: Measured) -> str:
    if measured.any_data:
        return f"{band}: all data are flagged after calibration"
    return f"{band}: there are no unflagged data"


def choose_targets(band: SubBand, settings: Imaging) -> list[Target]:
    """Return the directions to image: each calibrator and the zenith; none if imaging is off."""
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
    """Return a target with few enough channels averaged for all ``kinds`` of images of it."""
    radius_rad = max(float(np.deg2rad(kind.size * kind.scale_deg / 2)) for kind in kinds)
    n_average = averaging.channels_to_average(
        len(band.frequency_hz),
        band.channel_width_hz,
        longest_baseline_m(band),
        radius_rad,
        settings.max_smearing_loss,
    )
    return Target(name, radec, radius_rad, n_average)


def longest_baseline_m(band: SubBand) -> float:
    """Return the length of the longest baseline of the array, m."""
    return float(pdist(band.antennas.positions_m).max(initial=0))


def smearing(band: SubBand, target: Target, interval_s: float) -> Smearing:
    """Return the smearing losses at the edge of a target's field on the longest baseline.

    They are fractions of the flux: ``bandwidth_loss`` from averaging ``n_average`` channels,
    ``time_loss`` from the length of an integration.
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
) -> Measured:
    """Write the sets of all targets; return the fluxes and noise measured on the way.

    Fluxes are measured on the baselines within the uv limits, like the gains.
    """
    measured = Measured()
    parts = visibility_flux.separate(band.model, band.name, band.sky())
    fluxes = visibility_flux.FluxFit(list(parts), list(parts.values()))
    in_range = uv_range.matrix_in_range(band.manifest, band.name, uv_limits_lambda)
    autocorrelations = band.antenna_powers()

    def add(item: ms_reader.Integration, flag: np.ndarray, sets: TargetSets) -> None:
        measured.any_data |= not flag.all()
        calibrated = calibrate(item, flag, solutions, autocorrelations)
        if calibrated.flag.all():
            return
        measured.add(item, calibrated.information)
        this_integration = visibility_flux.FluxFit(fluxes.names, fluxes.models)
        this_integration.add(
            calibrated.antenna1,
            calibrated.antenna2,
            calibrated.data,
            calibrated.weight,
            item.mjd_s,
            in_range[calibrated.antenna1, calibrated.antenna2],
        )
        fluxes.join(this_integration)
        ratios = this_integration.solve()
        measured.flux_ratios_in_time.append(ratios)
        models = subtract_sources.at_measured_fluxes(parts, ratios) if subtract_others else {}
        sets.append(calibrated, item, models)

    with band.flag_file() as flags:
        channels = [len(band.frequency_hz) // target.n_average for target in targets]
        disk_space.require(folder, sum(disk_space.set_bytes(flags.n_rows, n, 12) for n in channels))
        with TargetSets(band, targets, folder) as sets:
            for item in ms_reader.iterate_integrations(band.concatenated, ("DATA",)):
                logger.info(f"{band.name}: integration {item.scan}")
                add(item, flags.flags(item.rows), sets)
                del item  # free its memory before the next integration is read
    measured.flux_ratios = fluxes.solve()
    return measured
