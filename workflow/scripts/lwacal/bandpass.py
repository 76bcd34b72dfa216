"""Solves the bandpass of one sub-band: a complex gain for each antenna, channel, polarization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import caltable, casa, sky_model, solver_set
from lwacal.concat import manifest_antennas, manifest_centre
from lwacal.records import say
from lwacal.scratch import scratch_directory

FEWEST_ANTENNAS = 3  # two antennas have one baseline: amplitudes cannot be told apart


def uv_range_lambda(model: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[float, float]:
    """Return the baselines to solve with, in wavelengths.

    Vir A is resolved: with it in the model the longer ones are left out.
    """
    names = {source["name"] for source in sky_model.model_sources(model)}
    longest = settings["uv_max_lambda_vir_a"] if "VirA" in names else settings["uv_max_lambda"]
    return settings["uv_min_lambda"], min(longest, settings["uv_max_lambda"])


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
    low, high = uv_range_lambda(model, settings)
    solutions, status, message = _attempt(
        manifest, band, concatenated, flags, model, reference, settings, (low, high)
    )
    antennas = manifest_antennas(manifest)
    caltable.write_bandpass(output, solutions, antennas, manifest_centre(manifest))
    if message:
        say(f"{band}: {message}")
    return {
        "schema": 1,
        "band": band,
        "engine": settings["engine"],
        "reference_antenna": reference["antenna"],
        "sources": [source["name"] for source in sky_model.model_sources(model)],
        "uv_range_lambda": [low, high],
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
    uv_range: tuple[float, float],
) -> tuple[caltable.Solutions, str, str]:
    """Return solutions, status (ok, no_data, no_model, failed) and a message in words."""
    concatenated, flags = Path(concatenated).absolute(), Path(flags).absolute()
    record = manifest["bands"][band]
    nothing = caltable.Solutions.all_flagged(
        len(manifest["antennas"]["names"]), np.array(record["frequency_hz"]),
        record["channel_width_hz"], manifest["observation"]["mid_mjd_s"],
    )
    if model["message"]:
        return nothing, "no_model", model["message"]
    with scratch_directory("bandpass") as directory:
        data = directory / "data.ms"
        unflagged = solver_set.write(manifest, band, concatenated, flags, model, data)
        if unflagged == 0:
            return nothing, "no_data", f"sub-band {band} has no unflagged data to solve with"
        table = directory / "solutions.bcal"
        problem = run_casa(data, table, reference["order"], settings, uv_range, directory)
        if not table.exists():
            return nothing, "failed", f"CASA's bandpass made no table for {band}. {problem}"
        solved = caltable.read(table)
    solutions = replace(
        nothing,
        values=np.where(solved.flag, 1, solved.values),
        flag=solved.flag, error=solved.error, snr=solved.snr, reference=reference["index"],
    )
    if solutions.flag.all():
        return solutions, "failed", (
            f"CASA's bandpass flagged every solution of {band}: signal-to-noise below"
            f" bandpass.min_snr, or fewer baselines than bandpass.min_baselines_per_antenna"
            f" between {uv_range[0]:g} and {uv_range[1]:g} wavelengths"
        )
    return solutions, "ok", ""


def run_casa(
    data: Path,
    table: Path,
    reference_order: Sequence[int],
    settings: Mapping[str, Any],
    uv_range: tuple[float, float],
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
            uvrange=f"{uv_range[0]}~{uv_range[1]}lambda", minsnr=settings["min_snr"],
            minblperant=settings["min_baselines_per_antenna"], solnorm=False, gaintable=[],
        )
    except RuntimeError as error:
        return f"It stopped with: {error}"
    finally:
        log = directory / "casa.log"
        if log.is_file():
            print(log.read_text(encoding="utf-8", errors="replace"))
    return "Its log is above; most often no baseline is within the uv range."
