"""The modules that are mutated: those that compute something, by room."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path("workflow/scripts/lwacal")
SCIENCE = {
    "calibration": (
        "stefcal",
        "normal_equations",
        "channel_equations",
        "bandpass_stefcal",
        "residuals",
        "noise_weights",
        "swapped",
        "faint_signals",
        "solution_flags",
        "interpolation",
        "uncertain_channels",
        "delay_fit",
        "delay_stefcal",
        "delay",
        "reference_phase",
        "reference_change",
        "uv_range",
    ),
    "imaging": (
        "apply_gains",
        "averaging",
        "visibility_flux",
        "subtract_sources",
        "point_source_fit",
        "refraction_fit",
        "measure",
    ),
    "flagging": ("autocorrelation_checks", "bursts", "array_lines", "rfi_search", "data_pass"),
    "sky": (
        "predict",
        "band_model",
        "beam",
        "beam_memo178",
        "sources",
        "flux_scales",
        "analytic_shape",
        "bright_sources",
        "solar",
    ),
    "telescope": ("geometry", "phasors", "baselines", "site"),
    "runtime": ("robust",),
    "qa": ("metric", "antenna_status"),
    "nights": ("change_points", "time_series", "validity"),
}


def named(words: list[str]) -> list[str]:
    """Return the modules that the words name, as room/module; all of them without words.

    A word is a room (calibration), a module (stefcal) or both (calibration/stefcal). Raises
    SystemExit for a word that names nothing.
    """
    every = [f"{room}/{name}" for room, names in SCIENCE.items() for name in names]
    if not words:
        return every
    found = []
    for word in words:
        own = [module for module in every if word in (module, *module.split("/"))]
        if not own and (PACKAGE / f"{word}.py").is_file():
            own = [word]
        if not own:
            raise SystemExit(f"{word} is neither a room nor a module of {PACKAGE} (room/module)")
        found += own
    return list(dict.fromkeys(found))
