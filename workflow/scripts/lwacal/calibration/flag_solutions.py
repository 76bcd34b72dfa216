"""Rule flag_solutions in the order of its steps: which solutions of all sub-bands may be used."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.calibration import (
    ionosphere,
    reference_change,
    solution_flags,
    solution_products,
    solution_states,
    uv_range,
)
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.flagging import autocorrelation_checks
from lwacal.ingest import autocorrelations
from lwacal.io import caltable
from lwacal.io.solutions import CAUSES, unsolved
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.records.health import HealthRecord
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.solution_flags import Antpol, SolutionFlagsRecord
from lwacal.telescope.antpol_states import BAD, GOOD, AntpolStates

logger = logging.getLogger(__name__)

SHOWN = 4  # antpols that are named for each reason


def flag_solutions(
    manifest: ManifestRecord,
    health: HealthRecord,
    reference: ReferenceRecord,
    tables: Sequence[Path],
    summaries: Sequence[BandpassRecord],
    found: IonosphereRecord,
    settings: SolutionFlags,
    powers: Sequence[Path] = (),
) -> tuple[SolvedBandpass, SolutionFlagsRecord]:
    """Return the solutions of all sub-bands with their flags, and bandpass_flags.json.

    ``tables`` are the raw ones in order of frequency, ``summaries`` the solver's likewise;
    ``reference`` is reference.json, ``found`` ionosphere.json: what the ionosphere did to the
    gains is taken out of them. ``powers`` are the autocorrelations of the sub-bands; without, the
    noise is that of residuals.
    """
    known = AntpolStates.of_records(health["antennas"], manifest["antennas"]["names"])
    bandpass = gather(manifest, known, tables, summaries)
    positions_m = np.array(manifest["antennas"]["positions_m"]).reshape(-1, 3)
    bandpass.distance_m = np.linalg.norm(positions_m - np.median(positions_m, axis=0), axis=1)
    if powers:
        bandpass.power = typical_powers(powers)
        bandpass.group = autocorrelation_checks.groups(positions_m)
    ionosphere.take_out(bandpass, found, ionosphere.places_km(manifest))
    if settings.enabled:
        solution_flags.find(bandpass, settings)
    settled = reference_change.settle(bandpass, reference)
    if settings.enabled:
        solution_flags.fill(bandpass, settings.interpolate_max_channels)
    judged = solution_states.judge_antpols(bandpass, known, summaries, settings.noisy_ratio)
    restored = {item["band"]: item.get("restored_integrations", []) for item in summaries}
    return bandpass, solution_products.describe(bandpass, judged, known, settled, restored)


def gather(
    manifest: ManifestRecord,
    known: AntpolStates,
    tables: Sequence[Path],
    summaries: Sequence[BandpassRecord],
) -> SolvedBandpass:
    """Read the raw tables, in order of frequency, into one set of solutions.

    ``known`` are the states of health.json; ``summaries`` are the solver's, in the order of the
    tables. Antennas whose X and Y are swapped are flagged; where an antenna has too few baselines
    to be solved, that is the cause.
    """
    solutions = [caltable.read(path) for path in tables]
    gain = np.concatenate([item.gain for item in solutions], axis=1).astype(np.complex128)
    flag = np.concatenate([item.flag for item in solutions], axis=1)
    cause = unsolved(flag)
    band_index = np.repeat(np.arange(len(solutions)), [len(s.frequency_hz) for s in solutions])
    bad = known.bad()
    baselines = np.stack(
        [
            uv_range.matrix_in_range(manifest, item["band"], item["uv_range_lambda"])[
                :, ~bad.all(axis=1)
            ].sum(axis=1)
            for item in summaries
        ],
        axis=1,
    )
    few = baselines < [item["min_baselines_per_antenna"] for item in summaries]
    cause[few[:, band_index] & flag.all(axis=2)] |= CAUSES["baselines"]
    cause[np.broadcast_to(bad[:, None, :], cause.shape)] |= CAUSES["health"]
    names = manifest["antennas"]["names"]
    cause[np.isin(names, swapped_antennas(summaries))] |= CAUSES["swapped"]
    return SolvedBandpass(
        antenna_names=names,
        band_names=[item["band"] for item in summaries],
        reference=np.array([names.index(item["reference_antenna"]) for item in summaries]),
        gain=gain,
        cause=cause,
        interpolated=np.zeros(cause.shape, bool),
        frequency_hz=np.concatenate([item.frequency_hz for item in solutions]),
        band_index=band_index,
        error=np.concatenate([item.error for item in solutions], axis=1),
        baselines=baselines,
    )


def typical_powers(paths: Sequence[Path]) -> np.ndarray:
    """Return the median autocorrelation power over integrations, (antenna, channel, 2), or NaN.

    Of the channels of all sub-bands; ``paths`` are files of ingest.autocorrelations.
    """
    powers = [autocorrelations.read(path)["power"].astype(float) for path in paths]
    return np.concatenate(
        [
            np.median(power, axis=0) if len(power) else np.full(power.shape[1:], np.nan)
            for power in powers
        ],
        axis=1,
    )


def swapped_antennas(summaries: Sequence[BandpassRecord]) -> list[str]:
    """Return antennas whose X and Y are swapped in more than half of the solved sub-bands.

    ``summaries`` are the solver's, one per sub-band; one without solutions has not looked.
    """
    looked = [summary["swapped"] for summary in summaries if "swapped" in summary]
    found = Counter(name for names in looked for name in names)
    return sorted(name for name, number in found.items() if number > len(looked) / 2)


def log_what_is_wrong(antennas: Sequence[Antpol]) -> None:
    """Log one line per antpol that is not good."""
    for antenna in antennas:
        if antenna["status"] != GOOD:
            reasons = ", ".join(antenna["reasons"])
            logger.info(f"{antenna['antenna']} {antenna['pol']}: {antenna['status']} ({reasons})")


def found_words(antennas: Sequence[Antpol]) -> str:
    """Return how many antpols are bad, why, and the first few: the most frequent reason first."""
    bad = [record for record in antennas if record["status"] == BAD and record["reasons"]]
    names: dict[str, list[str]] = {}
    for record in bad:
        names.setdefault(record["reasons"][0], []).append(record["antenna"] + record["pol"])
    by_number = sorted(names.items(), key=lambda item: -len(item[1]))
    words = [
        f"{len(found)} {reason}: {', '.join(found[:SHOWN])}{', ...' * (len(found) > SHOWN)}"
        for reason, found in by_number
    ]
    return f"{len(bad)} of {len(antennas)} antpols are bad" + (f" ({'; '.join(words)})" * bool(bad))
