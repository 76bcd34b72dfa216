"""Calibrated data for imaging: small sets, one a source and one at the zenith, in one read.

Every integration of a sub-band is read once, calibrated once, and then rotated to and averaged for
each target. Averaging goes as far as smearing allows over the target's image. From the set of a
source the other sources are subtracted (lwacal.other_sources); that of the zenith has all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist

from lwacal import (
    averaging,
    geometry,
    ms_reader,
    noise_weights,
    other_sources,
    predict,
    records,
    sky_model,
    space,
    uv_range,
    visibility_fluxes,
    whole,
)
from lwacal.band_model import BandModel
from lwacal.caltable import Solutions
from lwacal.flagging import FIRST_POLARIZATION, SECOND_POLARIZATION
from lwacal.ms_writer import Field, MeasurementSetWriter
from lwacal.records import say
from lwacal.row_blocks import row_blocks
from lwacal.sub_band import SubBand

ZENITH = "zenith"
ROWS_FOR_MEDIAN = 1000


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


def set_name(target: str, band: str) -> str:
    """Return the name of a target's set, different for each sub-band.

    WSClean names its temporary files after the sets alone: sets of the same name in different
    folders would overwrite each other's, and all sub-bands show the data of the last.
    """
    return f"{target}_{band}.ms"


@dataclass(frozen=True)
class Target:
    """A direction to image (ICRS radians), how far images reach, how many channels to average."""

    name: str
    radec: tuple[float, float]
    radius_rad: float
    n_average: int


@dataclass(frozen=True)
class Calibrated:
    """Calibrated cross-correlations of one integration, (row, channel, 4).

    ``information`` is the sum over XX and YY of 1 / (variance of the real part), in 1 / Jy^2; zero
    without autocorrelations to tell the noise.
    """

    antenna1: np.ndarray
    antenna2: np.ndarray
    data: np.ndarray
    weight: np.ndarray
    flag: np.ndarray
    information: float


def split(
    band: SubBand,
    table: Path,
    settings: Mapping[str, Any],
    output: Path,
) -> dict[str, Any]:
    """Write a set for each calibrator and one for the zenith; return split.json.

    With imaging switched off there are no sets, but fluxes from the visibilities all the same.
    ``settings`` has the sections imaging and bandpass. A sub-band without usable data or solutions
    gives no sets, and a message. The folder appears whole. Memory: the flags, and about six times
    one integration.
    """
    with whole.whole(output) as part:
        part.mkdir()
        record = _fill(band, band.solutions(table), settings, part)
        records.write_json(part / "split.json", record)
    return record


def _fill(
    band: SubBand, solutions: Solutions, settings: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Write the sets into a folder and return split.json."""
    flagged = band.flagged()
    targets = choose_targets(band, settings["imaging"])
    message = _why_nothing(band.name, flagged, solutions)
    found = Found()
    if not message:
        channels = [len(band.frequency_hz) // target.n_average for target in targets]
        space.require(folder, sum(space.set_bytes(len(flagged), n, 12) for n in channels))
        found = _write_all(
            band, flagged, solutions, targets, folder,
            uv_range.configured(band.model, settings["bandpass"]),
            settings["imaging"]["source"]["subtract_others"],
        )
        if not found.scans:
            message = f"{band.name}: everything is flagged after calibration"
    return {
        "schema": 1,
        "band": band.name,
        "targets": [] if message else [target.name for target in targets],
        "channel_average": {target.name: target.n_average for target in targets},
        "smearing": {target.name: smearing(band, target, found.interval_s) for target in targets},
        "scans": found.scans,
        "times": found.times,
        "flux_ratios": found.flux_ratios,
        "flux_ratios_in_time": found.flux_ratios_in_time,
        "thermal_jy": visibility_fluxes.thermal_jy(found.information),
        "message": message,
    }


def _why_nothing(band: str, flags: np.ndarray, solutions: Solutions) -> str:
    if flags.size == 0 or flags.all():
        return f"{band}: there are no unflagged data"
    if solutions.flag.all():
        return f"{band}: there are no usable bandpass solutions"
    return ""


def choose_targets(band: SubBand, settings: Mapping[str, Any]) -> list[Target]:
    """Return the directions to image: each calibrator, and the zenith."""
    if not settings["enabled"]:
        return []
    sources = [_target(band, item["name"], (item["ra_rad"], item["dec_rad"]), settings,
                       ("source", "scintillation"))
               for item in sky_model.calibrators(band.model)]
    if not settings["allsky"]["enabled"]:
        return sources
    return [*sources, _target(band, ZENITH, band.centre_radec, settings, ("allsky",))]


def _target(
    band: SubBand, name: str, radec: tuple[float, float], settings: Mapping[str, Any],
    kinds: tuple[str, ...],
) -> Target:
    """Return a target whose data serve images of some kinds (sections of imaging)."""
    radius_rad = max(
        float(np.deg2rad(settings[kind]["size"] * settings[kind]["scale_deg"] / 2))
        for kind in kinds
    )
    number = averaging.channels_to_average(
        len(band.frequency_hz), band.channel_width_hz, longest_baseline_m(band), radius_rad,
        settings["max_smearing_loss"],
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


def calibrate(
    integration: ms_reader.Integration, flag: np.ndarray, solutions: Solutions
) -> Calibrated:
    """Return the cross-correlations divided by G_i conj(G_j), with weights by noise.

    ``flag`` (row, channel, 4) of the integration. Data of flagged solutions are flagged. The
    weight of a visibility is one over its noise variance after calibration, in units of the median.
    """
    inverse = noise_weights.inverse_powers(integration, flag, len(solutions.values))
    usual = 1.0 if inverse is None else float(np.median(inverse))
    cross = integration.antenna1 != integration.antenna2
    first, second = integration.antenna1[cross], integration.antenna2[cross]
    relative = np.ones((len(first), 4), np.float32)
    if inverse is not None:
        relative = (inverse[cross] / usual).astype(np.float32)
    data, lost = integration.columns["DATA"][cross], flag[cross]
    gains, flags = _of_correlations(solutions)
    weight, total = np.empty(data.shape, np.float32), 0.0
    for block in row_blocks(data):
        one, two = first[block], second[block]
        gain = gains[0][one] * gains[1][two]
        lost[block] |= flags[0][one] | flags[1][two]
        data[block][lost[block]] = 0  # it may be NaN
        np.divide(data[block], gain, out=data[block], where=~lost[block])
        weight[block] = relative[block][:, None, :] * (gain.real**2 + gain.imag**2)
        kept = np.where(lost[block], np.float32(0), weight[block])
        total += kept[..., noise_weights.PARALLEL_HANDS].sum(dtype=np.float64)
    samples = solutions.channel_width_hz * integration.interval_s
    information = 0.0 if inverse is None else float(2 * samples * usual * total)
    weight /= _typical(weight, lost)
    return Calibrated(first, second, data, weight, lost, information)


def _of_correlations(
    solutions: Solutions,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return gains of the first and (conjugate) of the second antenna, and what is flagged of them.

    Each (antenna, channel, 4) for XX, XY, YX, YY.
    """
    gain = solutions.values.astype(np.complex64)
    return (
        (gain[..., FIRST_POLARIZATION], gain[..., SECOND_POLARIZATION].conj()),
        (solutions.flag[..., FIRST_POLARIZATION], solutions.flag[..., SECOND_POLARIZATION]),
    )


def _typical(weight: np.ndarray, lost: np.ndarray) -> np.float32:
    """Return the median weight of some rows, all over the array, that are not lost; or one."""
    some = slice(None, None, max(1, len(weight) // ROWS_FOR_MEDIAN))
    kept = weight[some][~lost[some]]
    return np.median(kept) if len(kept) else np.float32(1)


def _write_all(
    band: SubBand, flagged: np.ndarray, solutions: Solutions, targets: list[Target], folder: Path,
    uv_limits_lambda: tuple[float, float], subtract_others: bool,
) -> Found:
    """Write the sets of all targets; return what was found on the way.

    Fluxes are found from baselines within the limits, as the gains are.
    """
    found = Found()
    names, sky = visibility_fluxes.sources_of(band.model), band.sky()
    fluxes = visibility_fluxes.FluxFit(names, sky.by_source())
    in_range = uv_range.matrix_in_range(band.manifest, band.name, uv_limits_lambda)
    with ExitStack() as stack:
        writers = {
            target.name: stack.enter_context(_writer(band, target, folder)) for target in targets
        }
        for integration in ms_reader.iterate_integrations(band.concatenated, ("DATA",)):
            say(f"{band.name}: integration {integration.scan}")
            calibrated = calibrate(integration, flagged[integration.rows], solutions)
            if calibrated.flag.all():
                continue
            found.scans.append(integration.scan)
            found.times.append(integration.mjd_s)
            found.interval_s = max(found.interval_s, integration.interval_s)
            found.information += calibrated.information
            used = in_range[calibrated.antenna1, calibrated.antenna2][:, None, None]
            now = visibility_fluxes.FluxFit(names, fluxes.models)
            now.add(
                calibrated.antenna1, calibrated.antenna2, calibrated.data,
                np.where(calibrated.flag | ~used, 0, calibrated.weight), integration.mjd_s,
            )
            fluxes.join(now)
            found.flux_ratios_in_time.append(now.solve())
            measured = other_sources.at_measured_fluxes(names, sky, found.flux_ratios_in_time[-1])
            _append_all(
                writers, band, calibrated, integration, targets,
                dict(zip(names, measured.by_source())) if subtract_others else {},
            )
    found.flux_ratios = fluxes.solve()
    return found


def _writer(band: SubBand, target: Target, folder: Path) -> MeasurementSetWriter:
    coarse_hz = band.frequency_hz.reshape(-1, target.n_average).mean(axis=1)
    return MeasurementSetWriter(
        folder / set_name(target.name, band.name), band.antennas, coarse_hz,
        band.channel_width_hz * target.n_average,
        [Field(target.name, *target.radec)], columns=("DATA", "WEIGHT_SPECTRUM"),
    )


def _append_all(
    writers: Mapping[str, MeasurementSetWriter], band: SubBand, calibrated: Calibrated,
    integration: ms_reader.Integration, targets: list[Target], sources: Mapping[str, BandModel],
) -> None:
    """Append one integration to the sets of all targets.

    ``sources``: the models of sources to be taken out of each other's sets, by name. All are
    subtracted once, in place, after the set of the zenith has got its data; each source's own model
    is then added again at its phase centre. Without another source nothing is changed.
    """
    sources = sources if len(sources) > 1 else {}
    first, second, data = calibrated.antenna1, calibrated.antenna2, calibrated.data
    for target in targets:
        if target.name not in sources:
            _append(writers[target.name], band, calibrated, integration, target, None)
    for model in sources.values():
        other_sources.subtract(data, first, second, model, integration.mjd_s)
    for target in targets:
        if target.name in sources:
            _append(
                writers[target.name], band, calibrated, integration, target, sources[target.name]
            )


def _append(
    writer: MeasurementSetWriter, band: SubBand, calibrated: Calibrated,
    integration: ms_reader.Integration, target: Target, model: BandModel | None,
) -> None:
    """Rotate one integration to a target, average it, and append it to the target's set.

    ``model`` is added on the way.
    """
    first, second, mjd_s = calibrated.antenna1, calibrated.antenna2, integration.mjd_s
    positions_m = band.antennas.positions_m
    data = calibrated.data
    moved = target.radec != band.centre_radec
    if moved or model is not None:
        data = data.copy()  # the next target's data are made from it too
    if moved:
        predict.rotate_in_place(
            data, first, second, positions_m, band.frequency_hz, mjd_s, band.centre_radec,
            target.radec,
        )
    if model is not None:
        other_sources.add(data, first, second, model.seen_from(target.radec), mjd_s)
    data, weight, flag = averaging.average_channels(
        data, calibrated.weight, calibrated.flag, target.n_average
    )
    uvw = geometry.antenna_uvw_m(positions_m, *target.radec, mjd_s)
    writer.append(
        mjd_s, integration.interval_s, first, second, uvw[first] - uvw[second],
        data, flag, scan=integration.scan, weight=weight,
    )
