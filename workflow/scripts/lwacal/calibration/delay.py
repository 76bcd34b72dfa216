"""Diagnostic delays: the state of the signal paths.

A positive delay tau is G = exp(+2 pi i nu tau). They are measured twice: from the phases of the
bandpass over the whole band (lwacal.calibration.delay_fit), which is what counts; and from the
first integration, which says whether the beginning of an observation was like the whole: by our own
solver or by CASA's gaincal K (delay.engine). There each sub-band is solved by itself, because over
several at once gaincal's delays are aliased by the gaps between them; what they say is then
combined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.stats import mad_std

from lwacal.calibration import delay_casa, delay_fit, delay_reference, delay_stefcal
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.calibration.sub_band import SubBand
from lwacal.io.solutions import NO_ANTENNA, Bandpass
from lwacal.records.configuration.bandpass import Bandpass as BandpassSettings
from lwacal.records.configuration.delay import Delay
from lwacal.records.delay import Antpol, Board, Cable, DelayRecord, DelayStatus, Group
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime.robust import MAD_SIGMA
from lwacal.telescope import naming
from lwacal.telescope.antennas import on_fibre
from lwacal.telescope.boards import ANTENNAS_PER_BOARD
from lwacal.telescope.correlations import POLARIZATIONS

ENGINES = {"stefcal": delay_stefcal.solve_band, "casa": delay_casa.solve_band}
OUTLIER_SIGMA = 5.0
SMALLEST_SIGMA_NS = 0.1
PHASE_MHZ = 64.0  # phases are given here, in the middle of the usual range, every night
COLUMNS = (
    "antenna_index",
    "antenna",
    "pol",
    "delay_ns",
    "delay_err_ns",
    "phase_deg",
    "phase_err_deg",
    "coherence",
    "first_integration_ns",
    "first_integration_err_ns",
    "first_integration_bands",
    "reference_ns",
    "difference_ns",
    "status",
)


@dataclass(frozen=True)
class Measured:
    """Delays of the whole band, relative to an antenna (``reference``).

    ``phase_deg`` and ``phase_err_deg`` (antenna, 2): phases of the fitted lines at PHASE_MHZ.
    """

    reference: int
    delays: delay_fit.PhaseDelays
    phase_deg: np.ndarray
    phase_err_deg: np.ndarray

    @classmethod
    def nothing(cls, n_antennas: int, reference: int) -> Measured:
        """Return delays of which none is known."""
        unknown = np.full((n_antennas, 2), np.nan)
        delays = delay_fit.PhaseDelays(unknown, unknown, unknown, np.zeros(unknown.shape, bool))
        return cls(reference, delays, unknown, unknown)


@dataclass(frozen=True)
class Comparison:
    """Reference delays and the differences from them, ns, each (antenna, 2), NaN where unknown.

    ``path`` is the reference table, empty without one; ``message`` says why it is that one.
    """

    path: str
    message: str
    reference_ns: np.ndarray
    difference_ns: np.ndarray


def solve(
    manifest: ManifestRecord,
    sub_bands: Mapping[str, SubBand],
    model: SkyModelRecord,
    reference: ReferenceRecord,
    solutions: Bandpass,
    choice: Delay,
    bandpass: BandpassSettings,
    threads: int = 1,
) -> DelayRecord:
    """Return delay.json.

    ``sub_bands`` are those of the observation, by name; ``solutions`` of all of them; ``bandpass``
    says how the first integration is solved. Only sub-bands from delay.min_freq_mhz on are used.
    The status is ok, off, no_band, no_model or no_data; the message says why it is not ok.
    """
    names, order = manifest["antennas"]["names"], ReferenceOrder.of(reference)
    bands = usable_bands(sub_bands, choice)
    status, message = _whether(choice, bands, model)
    measured, solved = Measured.nothing(len(names), order.first), {}
    if status == "ok":
        measured = whole_band(solutions, bands, order)
        some = [sub_bands[band] for band in bands]
        solved = first_integration(some, measured.reference, choice, bandpass, threads)
        status, message = _success(measured)
    first = combine(list(solved.values()), len(names))
    compared = compare(measured.delays.delay_ns, manifest, choice)
    return {
        "status": status,
        "message": message,
        "bands": bands if status == "ok" else [],
        "engine": choice.engine,
        "first_integration_bands": list(solved),
        "reference_antenna": names[measured.reference],
        "reference_index": measured.reference,
        "phase_freq_mhz": PHASE_MHZ,
        "reference_table": compared.path,
        "reference_message": compared.message,
        "antennas": _antenna_records(names, measured, first, compared),
        "groups": group_records(measured.delays.delay_ns, compared, names),
        "boards": board_records(compared.difference_ns, choice),
    }


def usable_bands(sub_bands: Mapping[str, SubBand], choice: Delay) -> list[str]:
    """Return the sub-bands from delay.min_freq_mhz on, in order of frequency."""
    bands = naming.sort_bands(sub_bands)
    return [band for band in bands if naming.band_mhz(band) >= choice.min_freq_mhz]


def whole_band(solutions: Bandpass, bands: Sequence[str], order: ReferenceOrder) -> Measured:
    """Return delays and phases of the bandpass in these sub-bands."""
    channels = solutions.in_bands(bands)
    gain, flag = solutions.gain[:, channels], solutions.flag[:, channels]
    reference = order.with_solutions(flag)
    reference = order.first if reference == NO_ANTENNA else reference
    frequency_hz = solutions.frequency_hz[channels]
    delays = delay_fit.fit(gain, flag, frequency_hz, reference)
    phases = delay_fit.phase_at(gain, flag, frequency_hz, reference, delays, PHASE_MHZ * 1e6)
    return Measured(reference, delays, *phases)


def first_integration(
    sub_bands: Sequence[SubBand],
    reference: int,
    choice: Delay,
    bandpass: BandpassSettings,
    threads: int,
) -> dict[str, np.ndarray]:
    """Return delays in ns, (antenna, 2), of the sub-bands whose first integration gives any."""
    solve_band = ENGINES[choice.engine]
    delays = {
        band.name: solve_band(band, reference, bandpass, choice.min_snr, threads)
        for band in sub_bands
    }
    return {name: delay_ns for name, delay_ns in delays.items() if np.isfinite(delay_ns).any()}


def _success(measured: Measured) -> tuple[DelayStatus, str]:
    """Return status and message after the delays have been fitted."""
    if np.isfinite(measured.delays.delay_ns).any():
        return "ok", ""
    return "no_data", "no bandpass solutions to take delays from"


def _whether(choice: Delay, bands: Sequence[str], model: SkyModelRecord) -> tuple[DelayStatus, str]:
    """Return why nothing is solved (status, message), ok and no message if something can be."""
    if not choice.enabled:
        return "off", "delays are switched off (delay.enabled)"
    if not bands:
        return "no_band", (
            f"no sub-band is at or above delay.min_freq_mhz ({choice.min_freq_mhz:g} MHz)"
        )
    if model["message"]:
        return "no_model", model["message"]
    return "ok", ""


def combine(
    delays: Sequence[np.ndarray], n_antennas: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return delay and error in ns, and the number of sub-bands used, each (antenna, 2).

    The mean over sub-bands without those far from the median; its error from their scatter. With
    one sub-band there is no error (NaN), without any there is no delay (NaN).
    """
    if not delays:
        nothing = np.full((n_antennas, 2), np.nan)
        return nothing, nothing, np.zeros((n_antennas, 2), int)
    values = np.ma.masked_invalid(np.array(delays))
    away = np.abs(values - np.ma.median(values, axis=0))
    sigma = np.ma.maximum(MAD_SIGMA * np.ma.median(away, axis=0), SMALLEST_SIGMA_NS)
    kept = np.ma.masked_where(np.ma.filled(away > OUTLIER_SIGMA * sigma, False), values)
    count = kept.count(axis=0)
    scatter = np.ma.filled(kept.std(axis=0, ddof=1), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(count > 1, scatter / np.sqrt(count), np.nan)
    return np.ma.filled(kept.mean(axis=0), np.nan), error, count


def compare(delay_ns: np.ndarray, manifest: ManifestRecord, choice: Delay) -> Comparison:
    """Return the reference delays and the differences from them, aligned to a common reference.

    Delays are relative to a reference antenna; two tables with different ones differ by a constant
    a polarization, which is taken out as the median difference.
    """
    seen = manifest["observation"]
    path, message = delay_reference.choose(choice, seen["lst_hours"], seen["mid_mjd_s"])
    nothing = np.full(delay_ns.shape, np.nan)
    if path is None:
        return Comparison("", message, nothing, nothing)
    reference_ns = delay_reference.read_delays(
        path, manifest["antennas"]["names"], choice.min_freq_mhz
    )
    difference = delay_ns - reference_ns
    if np.isfinite(difference).any():
        difference = difference - np.nanmedian(difference, axis=0)
    return Comparison(str(path), message, reference_ns, difference)


def _antenna_records(
    names: Sequence[str],
    measured: Measured,
    first: tuple[np.ndarray, np.ndarray, np.ndarray],
    compared: Comparison,
) -> list[Antpol]:
    delays = measured.delays
    first_ns, first_err_ns, count = first
    return [
        {
            "index": index,
            "antenna": name,
            "pol": letter,
            "delay_ns": float(delays.delay_ns[index, pol]),
            "delay_err_ns": float(delays.error_ns[index, pol]),
            "phase_deg": float(measured.phase_deg[index, pol]),
            "phase_err_deg": float(measured.phase_err_deg[index, pol]),
            "coherence": float(delays.coherence[index, pol]),
            "flagged": not np.isfinite(delays.delay_ns[index, pol]),
            "ambiguous": bool(delays.ambiguous[index, pol]),
            "first_integration_ns": float(first_ns[index, pol]),
            "first_integration_err_ns": float(first_err_ns[index, pol]),
            "first_integration_bands": int(count[index, pol]),
            "reference_ns": float(compared.reference_ns[index, pol]),
            "difference_ns": float(compared.difference_ns[index, pol]),
        }
        for index, name in enumerate(names)
        for pol, letter in enumerate(POLARIZATIONS)
    ]


def group_records(
    delay_ns: np.ndarray, compared: Comparison, names: Sequence[str]
) -> dict[Cable, Group]:
    """Return typical delay and difference of antennas on coax and on fibre, which differ by nature.

    Medians over X and Y, and the robust standard deviation of the differences.
    """
    fibre = np.array([on_fibre(name) for name in names])
    records: dict[Cable, Group] = {}
    members_of: dict[Cable, np.ndarray] = {"coax": ~fibre, "fibre": fibre}
    for group, members in members_of.items():
        delays, differences = (
            values[members][np.isfinite(values[members])]
            for values in (delay_ns, compared.difference_ns)
        )
        records[group] = {
            "signals": len(delays),
            "median_ns": float(np.median(delays)) if len(delays) else None,
            "difference_median_ns": float(np.median(differences)) if len(differences) else None,
            "difference_sigma_ns": float(mad_std(differences)) if len(differences) else None,
        }
    return records


def board_records(difference_ns: np.ndarray, choice: Delay) -> list[Board]:
    """Return for each SNAP2 board how many of its antennas are off, of those that are compared."""
    known = np.isfinite(difference_ns).any(axis=1)
    with np.errstate(invalid="ignore"):
        off = (np.abs(difference_ns) > choice.difference_ns).any(axis=1)
    boards: list[Board] = []
    for start in range(0, len(known), ANTENNAS_PER_BOARD):
        rows = slice(start, start + ANTENNAS_PER_BOARD)
        compared, count = int(known[rows].sum()), int(off[rows].sum())
        percent = 100.0 * count / compared if compared else None
        boards.append(
            {
                "board": start // ANTENNAS_PER_BOARD + 1,
                "compared": compared,
                "off": count,
                "failed": percent is not None and percent >= choice.board_failure_percent,
            }
        )
    return boards


def _status(antenna: Antpol) -> str:
    if antenna["ambiguous"]:
        return "ambiguous"  # another delay fits as well
    return "flagged" if antenna["flagged"] else "ok"


def table_rows(record: DelayRecord) -> list[dict[str, Any]]:
    """Return the rows of delays.csv."""
    return [
        {
            **antenna,
            "antenna_index": antenna["index"],
            "status": _status(antenna),
        }
        for antenna in record["antennas"]
    ]
