"""What rule flag_solutions says of the solutions, and the table of one sub-band made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lwacal.calibration.reference_change import Settled
from lwacal.calibration.solution_states import SolutionStates
from lwacal.io import caltable
from lwacal.io.solutions import CAUSES, OF_CHANNEL, Bandpass, SubBandSolutions
from lwacal.records.solution_flags import SolutionFlagsRecord, SubBand
from lwacal.telescope.antpol_states import NO_DATA, AntpolStates

DISAGREES = "its phases disagree with those of the other sub-bands: see ionosphere.json"


def describe(
    bandpass: Bandpass,
    judged: SolutionStates,
    health: AntpolStates,
    reference: Settled,
    restored: Mapping[str, list[int]],
) -> SolutionFlagsRecord:
    """Return bandpass_flags.json: the states of antpols, and flagged fractions by sub-band.

    ``health`` are the states of health.json, ``restored`` the restored integrations by sub-band.
    Antennas that are not in the data count in no
    fraction, unless none is.
    """
    names = bandpass.antenna_names
    present = np.array([NO_DATA not in health[n, 0].reasons for n in range(len(names))])
    present = present if present.any() else np.ones_like(present)
    return {
        "reference_antenna": reference.antenna,
        "reference_why": reference.why,
        "causes": CAUSES,
        "antennas": judged.records(),
        "bands": {
            name: _band_record(
                bandpass, present, number, bool(judged.failed[number]), restored[name]
            )
            for number, name in enumerate(bandpass.band_names)
        },
        "interpolated_fraction": float(bandpass.interpolated.mean()),
        "message": "no sub-band has solutions" if judged.failed.all() else "",
    }


def _band_record(
    bandpass: Bandpass, present: np.ndarray, number: int, failed: bool, restored: list[int]
) -> SubBand:
    """Return the record of a sub-band; only antennas that are ``present`` count in fractions."""
    channels = bandpass.band_index == number
    everybody = (bandpass.cause & OF_CHANNEL > 0).all(axis=(0, 2))
    # interpolated channels are usable again, but they were lost to interference all the same
    return {
        "flagged_fraction": float(bandpass.flag[present][:, channels].mean()),
        "interpolated_fraction": float(bandpass.interpolated[present][:, channels].mean()),
        "rfi_channels": [] if failed else bandpass.frequency_hz[channels & everybody].tolist(),
        "restored_integrations": restored,
        "solved": not failed,
        "reference_antenna": bandpass.antenna_names[bandpass.reference[number]],
        "message": DISAGREES if bandpass.has("disagrees")[:, channels].any() else "",
    }


def final_solutions(band_name: str, raw: Path, flags: Path) -> SubBandSolutions:
    """Return the solutions of one sub-band as the beamformer is to load them.

    Gains and flags come from bandpass_flags.npz, errors and signal-to-noise from the raw table. An
    interpolated solution is not flagged; its signal-to-noise of zero says that it was not solved.
    """
    bandpass = Bandpass.read(flags)
    number = bandpass.band_names.index(band_name)
    channels = bandpass.band_index == number
    cause, interpolated = bandpass.cause[:, channels], bandpass.interpolated[:, channels]
    table = caltable.read(raw)
    final = replace(
        table,
        cause=cause,
        interpolated=interpolated,
        snr=np.where(interpolated, 0, table.snr),
        reference=int(bandpass.reference[number]),
    )
    final.gain = np.where(final.flag, 1, bandpass.gain[:, channels])
    return final
