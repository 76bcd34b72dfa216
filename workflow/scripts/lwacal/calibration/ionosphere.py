"""Rule ionosphere in the order of its steps: ionosphere and instrument are separated.

Gains hold what the ionosphere does to all sources alike, a plane of phase ~ 1 / nu over the array.
First the shifts of sources say how far the gains of the sub-bands differ in that; then each
sub-band is compared with the last good tables and with the others; then clock-TEC separation over
those that agree gives the plane itself. Tables without it hold the instrument.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.calibration import (
    band_agreement,
    ionosphere_record,
    last_tables,
    plane_errors,
    source_shifts,
    tec_screen,
    usual_ionosphere,
)
from lwacal.calibration.antpol_columns import Phases
from lwacal.calibration.band_agreement import Agreement
from lwacal.calibration.ionosphere_record import Found
from lwacal.calibration.path_forms import PLANE
from lwacal.calibration.source_shifts import REFERENCE_HZ, Shifts
from lwacal.calibration.tec_screen import SHIFT_ARCMIN, Screen
from lwacal.ingest.manifest_record import manifest_antennas
from lwacal.io import caltable
from lwacal.io.solutions import CAUSES, NO_ANTENNA, Bandpass
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.ionosphere import Ionosphere
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.telescope import geometry

FEWEST_BANDS = 3
LEAST_RATIO = 1.3  # of the highest frequency to the lowest
LARGEST_ERROR_ARCMIN = 3.0  # at 40 MHz
MOST_SIGMA = 5.0  # of a plane over its error and what is usual


def measure(
    manifest: ManifestRecord,
    model: SkyModelRecord,
    tables: Sequence[Path],
    summaries: Sequence[BandpassRecord],
    settings: Ionosphere,
    last_paths: Sequence[Path] = (),
) -> IonosphereRecord:
    """Return ionosphere.json; ``tables`` are the raw ones in order of frequency, as summaries.

    ``last_paths`` are the tables in the folder ionosphere.last_tables. Raises LastTablesError.
    """
    last_tables.check(settings.last_tables, last_paths)
    solutions = [caltable.read(path) for path in tables]
    gain = np.concatenate([one.gain for one in solutions], axis=1).astype(np.complex128)
    bandpass = Bandpass(
        antenna_names=manifest["antennas"]["names"],
        frequency_hz=np.concatenate([one.frequency_hz for one in solutions]),
        gain=gain,
        cause=np.concatenate([one.cause for one in solutions], axis=1),
        interpolated=np.zeros(gain.shape, bool),
        band_names=[summary["band"] for summary in summaries],
        band_index=np.repeat(np.arange(len(solutions)), [one.gain.shape[1] for one in solutions]),
        reference=np.array([one.reference for one in solutions]),
    )
    error = np.concatenate([one.error for one in solutions], axis=1)
    place_km = places_km(manifest)
    last = last_tables.compare(solutions, manifest_antennas(manifest), place_km, last_paths)
    shifts = source_shifts.combine(summaries)
    offsets = shifts.offset / SHIFT_ARCMIN
    for number, channels in enumerate(bandpass.channels()):
        column = tec_screen.column(place_km, offsets[number])
        bandpass.gain[:, channels] *= turn(-column, bandpass.frequency_hz[channels])
    phases = Phases.average(bandpass, error)
    agreement = band_agreement.compare(phases, place_km, last)
    phases = phases.without(band_agreement.disagreeing(agreement))
    message = too_narrow(phases)
    usual = usual_ionosphere.tecu(shifts, model)
    screens: list[Screen | None] = [None] * 3
    if not message:
        screens = tec_screen.separate(phases, place_km, bandpass.antenna_names)
        if screens[0] is not None:
            screens[0] = screens[0].with_covariance(_of_planes(phases, shifts, agreement))
        message = too_uncertain(screens[0]) or unlikely(screens[0], usual)
    screen = screens[0].expected(usual) if screens[0] else None
    folder = str(last_paths[0].parent) if last_paths else ""
    found = Found(shifts, agreement, last, folder, screen, screens[1:], message)
    return ionosphere_record.build(bandpass, model, summaries, found, settings.take_out)


def _of_planes(phases: Phases, shifts: Shifts, agreement: Sequence[Agreement]) -> np.ndarray:
    """Return the covariance of the screen (5, 5) from errors of the planes of sub-bands."""
    error = np.where(
        np.isfinite(shifts.error_of_gains), shifts.error_of_gains, plane_errors.UNKNOWN_ARCMIN
    )
    offset, offset_error = np.full((2, len(error), 2), np.nan)
    for number in np.unique(phases.band):
        hz = float(phases.frequency_hz[phases.band == number].mean())
        one, scale = agreement[number], (hz / REFERENCE_HZ) ** 2
        offset[number], offset_error[number] = one.offset_arcmin * scale, one.error_arcmin * scale
    return plane_errors.covariance(phases, error, offset, offset_error) / SHIFT_ARCMIN**2


def places_km(manifest: ManifestRecord) -> np.ndarray:
    """Return the places of antennas, (antenna, 2), east and north of the centre in km."""
    positions_m = np.array(manifest["antennas"]["positions_m"]).reshape(-1, 3)
    return geometry.local_enu_m(positions_m)[:, :2] / 1e3


def too_narrow(phases: Phases) -> str:
    """Return why no separation is tried; empty if it can be."""
    seen = (phases.weight > 0).any(axis=(0, 2))
    number = len(set(phases.band[seen].tolist()))
    if number < FEWEST_BANDS:
        return (
            "ionosphere and instrument are separated by their phases in at least"
            f" {FEWEST_BANDS} sub-bands with solutions; there {'is' if number == 1 else 'are'}"
            f" {number}. Nothing is taken out of the tables."
        )
    low, high = phases.frequency_hz[seen].min(), phases.frequency_hz[seen].max()
    if high / low < LEAST_RATIO:
        return (
            f"{low / 1e6:.0f} to {high / 1e6:.0f} MHz is too narrow a band to separate ionosphere"
            f" and instrument: a ratio of {LEAST_RATIO:g} is needed. Nothing is taken out of the"
            " tables."
        )
    return ""


def too_uncertain(screen: Screen | None) -> str:
    """Return why a separation is not used; empty if it is."""
    if screen is None:
        return "too few antennas have solutions in three sub-bands to separate the ionosphere"
    error = float(np.hypot(*screen.error[PLANE])) * SHIFT_ARCMIN
    if error > LARGEST_ERROR_ARCMIN:
        return (
            f"the ionosphere's mean shift is uncertain by {error:.1f} arcmin at 40 MHz, which is"
            " more than usual shifts. Nothing is taken out of the tables."
        )
    return ""


def unlikely(screen: Screen | None, usual: np.ndarray) -> str:
    """Return why a plane is not taken for ionosphere; empty if it may be.

    ``usual`` (5,) is the rms to be expected. A sub-band with wrong gains can look like a plane much
    larger than the shifts of sources against each other make likely.
    """
    if screen is None:
        return ""
    plane = screen.value[PLANE]
    covariance = screen.covariance[PLANE, PLANE] + np.diag(usual[PLANE] ** 2)
    if float(plane @ np.linalg.solve(covariance, plane)) < MOST_SIGMA**2:
        return ""
    return (
        f"the phases of the sub-bands differ like those of a shift of"
        f" {float(np.hypot(*plane)) * SHIFT_ARCMIN:.1f} arcmin at 40 MHz, but sources move against"
        " each other so little that this is no ionosphere. Nothing is taken out of the tables."
    )


def turn(column_tecu: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return the phase factors, (antenna, channel, 1), of columns (antenna,)."""
    return np.asarray(np.exp(1j * tec_screen.phase(column_tecu, frequency_hz))[..., None])


def column_in_gains(record: IonosphereRecord, band: str, place_km: np.ndarray) -> np.ndarray:
    """Return the column, (antenna,) TECU, that the raw gains of a sub-band hold."""
    one = record["bands"][band]
    gradient = [one["east_tecu_per_km"], one["north_tecu_per_km"]]
    return tec_screen.column(place_km, np.array([*gradient, *one["curvature_tecu_per_km2"]]))


def take_out(bandpass: Bandpass, record: IonosphereRecord, place_km: np.ndarray) -> None:
    """Take the ionosphere out of raw gains, if the record says so, and flag sub-bands, in place.

    The phases of the reference antennas stay zero. All solutions of a sub-band that does not agree
    with the others get the cause "disagrees".
    """
    for number, channels in enumerate(bandpass.channels()):
        name = bandpass.band_names[number]
        if record["bands"][name]["agrees"] is False:
            bandpass.cause[:, channels] |= np.uint16(CAUSES["disagrees"])
        if record["taken_out"]:
            column = column_in_gains(record, name, place_km)
            reference = int(bandpass.reference[number])
            column = column - (column[reference] if reference != NO_ANTENNA else 0)
            bandpass.gain[:, channels] *= turn(-column, bandpass.frequency_hz[channels])


def put_back(
    gain: np.ndarray,
    record: IonosphereRecord,
    band: str,
    place_km: np.ndarray,
    frequency_hz: np.ndarray,
) -> np.ndarray:
    """Return gains (antenna, channel, 2) of a table with the ionosphere of the observation."""
    if not record["taken_out"]:
        return gain
    return gain * turn(column_in_gains(record, band, place_km), frequency_hz)
