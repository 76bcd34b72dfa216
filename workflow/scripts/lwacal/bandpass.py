"""Solves the bandpass of one sub-band: a complex gain for each antenna, channel, polarization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import caltable, casa, sky_model, solver_set, uv_range
from lwacal.concat import manifest_antennas, manifest_centre
from lwacal.records import say
from lwacal.scratch import scratch_directory


def solve(
    manifest: Mapping[str, Any],
    band: str,
    concatenated: Path,
    flags: Path,
    model: Mapping[str, Any],
    reference: Mapping[str, Any],
    settings: Mapping[str, Any],
    output: Path,
) -> dict[str, Any]:
    """Solve a sub-band, write the table, and return the summary.

    What cannot be solved (no data, no source, a solver that fails) gives a table that is all
    flagged and a summary that says why.
    """
    solutions, status, message, uv_lambda = _attempt(
        manifest, band, concatenated, flags, model, reference, settings
    )
    antennas = manifest_antennas(manifest)
    caltable.write_bandpass(output, solutions, antennas, manifest_centre(manifest))
    used = reference["index"] if solutions.reference < 0 else solutions.reference
    if used != reference["index"]:
        message += (" " if message else "") + (
            f"{reference['antenna']} has no solution: phases are relative to"
            f" {antennas.names[used]}"
        )
    if message:
        say(f"{band}: {message}")
    return {
        "schema": 1,
        "band": band,
        "engine": settings["engine"],
        "reference_antenna": antennas.names[used],
        "sources": [source["name"] for source in sky_model.model_sources(model)],
        "uv_range_lambda": list(uv_lambda),
        "n_solutions": int((~solutions.flag).sum()),
        "flagged_fraction": float(solutions.flag.mean()),
        "status": status,
        "message": message,
    }


def _attempt(
    manifest: Mapping[str, Any],
    band: str,
    concatenated: Path,
    flags: Path,
    model: Mapping[str, Any],
    reference: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> tuple[caltable.Solutions, str, str, tuple[float, float]]:
    """Return solutions, status (ok, no_data, no_model, failed), a message, and the uv range."""
    concatenated, flags = Path(concatenated).absolute(), Path(flags).absolute()
    record = manifest["bands"][band]
    nothing = caltable.Solutions.all_flagged(
        len(manifest["antennas"]["names"]), np.array(record["frequency_hz"]),
        record["channel_width_hz"], manifest["observation"]["mid_mjd_s"],
    )
    limits = uv_range.configured(model, settings)
    if model["message"]:
        return nothing, "no_model", model["message"], limits
    with scratch_directory("bandpass") as directory:
        data = directory / "data.ms"
        alive = solver_set.write(manifest, band, concatenated, flags, model, data)
        if not alive.any():
            message = f"sub-band {band} has no unflagged data to solve with"
            return nothing, "no_data", message, limits
        *limits, changed = uv_range.usable(data, model, settings)
        table = directory / "solutions.bcal"
        problem = run_casa(data, table, reference["order"], settings, limits, directory)
        if not table.exists():
            message = f"CASA's bandpass made no table for {band}. {problem}"
            return nothing, "failed", message, limits
        solved = caltable.read(table)
    flag = solved.flag | ~alive
    solutions = replace(
        nothing,
        values=np.where(flag, 1, solved.values), flag=flag, error=solved.error, snr=solved.snr,
        reference=solved.reference,
    )
    if solutions.flag.all():
        message = (
            f"CASA's bandpass flagged every solution of {band}: signal-to-noise below"
            f" bandpass.min_snr, or fewer baselines than bandpass.min_baselines_per_antenna"
            f" between {limits[0]:g} and {limits[1]:g} wavelengths"
        )
        return solutions, "failed", message, limits
    return solutions, "ok", changed, limits


def run_casa(
    data: Path,
    table: Path,
    reference_order: Sequence[int],
    settings: Mapping[str, Any],
    limits: Sequence[float],
    directory: Path,
) -> str:
    """Run CASA's bandpass task; return the problem in words if it failed.

    The range is written "5~350lambda": CASA takes ">5lambda,<350lambda" as either the one or the
    other, which is all baselines.
    """
    tasks = casa.start(directory / "casa.log")
    say("CASA bandpass")
    try:
        tasks.bandpass(
            vis=str(data), caltable=str(table), bandtype="B", solint="inf",
            combine="obs,scan,field", refant=",".join(map(str, reference_order[:10])),
            uvrange=f"{limits[0]}~{limits[1]}lambda", minsnr=settings["min_snr"],
            minblperant=settings["min_baselines_per_antenna"], solnorm=False, gaintable=[],
            corrdepflags=True,
        )
    except RuntimeError as error:
        return f"It stopped with: {error}"
    finally:
        log = directory / "casa.log"
        if log.is_file():
            print(log.read_text(encoding="utf-8", errors="replace"))
    return "Its log is above; most often no baseline is within the uv range."
