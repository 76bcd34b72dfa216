"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from lwacal import (
    antenna_drawing,
    antenna_history,
    bandpass_pixels,
    html_page,
    packed,
    records,
    report_content,
    sky_pixels,
    spectrum_drawing,
)
from lwacal.plots.antennas import LETTERS
from lwacal.report_figures import Drawn, expected_fluxes, flux_tolerance
from lwacal.report_records import ReportRecords

SCRIPTS = ("tools.js", "packed.js", "tip.js", "table.js", "axes.js", "bandpass.js",
           "bandpass_plot.js", "history_plot.js", "panel.js", "antennas.js", "waterfall.js",
           "sky.js", "report.js")
STAGE_SECTIONS = {
    "data": "bands", "antennas": "antennas", "solutions": "solutions", "delays": "delays",
    "calibrators": "calibrators", "images": "sky",
}
COLOURS = {"amplitude": "PuOr", "phase": "twilight", "sky": "inferno"}


def write(report: ReportRecords, figures: Sequence[Drawn], path: Path) -> None:
    """Write the report; the same records give the same bytes."""
    qa, run = report.qa, report.run
    antennas = antenna_drawing.antennas(qa["antennas"], report.delay.get("antennas", []))
    sky = sky_pixels.all_sky(*report.allsky, report.sky_model.get("sources", []))
    solved = bool(report.solutions.solved().any())
    bandpass = bandpass_pixels.bandpass(report.solutions) if solved else None
    records.write_text(path, html_page.render(
        "report.html.j2",
        qa=qa,
        verdict_words=report_content.VERDICT_WORDS[qa["verdict"]],
        facts=report_content.facts(qa),
        stage_sections=STAGE_SECTIONS,
        sources=report_content.sources(qa),
        figures=figures,
        tables=[report_content.metrics(qa), report_content.calibrators(qa),
                report_content.positions(qa), report_content.bands(qa),
                report_content.faults(qa)],
        antennas=report_content.antennas(qa, everything=True),
        antennas_by_index={antenna["index"]: antenna for antenna in antennas},
        board=antenna_drawing.board(antennas),
        maps=antenna_drawing.maps(antennas, _positions_m(report)),
        letters=_letters(qa),
        reference=qa["observation"]["reference_antenna"]["antenna"],
        reasons=sorted({reason for a in qa["antennas"] for reason in a["reasons"]}),
        boards=sorted({antenna["board"] for antenna in antennas}),
        bandpass_message="" if solved else "There are no bandpass solutions.",
        steps=bandpass and (bandpass["amplitude_step_db"], bandpass["phase_step_deg"]),
        sky=sky,
        sky_message=report.allsky[0].get("message") or "No all-sky image is kept.",
        spectra=spectrum_drawing.spectra(
            qa["calibrators"], expected_fluxes(report), flux_tolerance(report)),
        run_facts=report_content.run_facts(run),
        run_tables=[report_content.differences(run), report_content.run_times(run),
                    report_content.versions(run)],
        records=packed.as_json({
            "antennas": antennas,
            "bandpass": bandpass,
            "sky": sky,
            "history": antenna_history.histories(report.nights),
            "colours": {use: colours(name) for use, name in COLOURS.items()},
        }),
        script=html_page.script(SCRIPTS),
    ))


def _positions_m(report: ReportRecords) -> np.ndarray:
    return np.array(report.manifest["antennas"]["positions_m"], float).reshape(-1, 3)


def _letters(qa: dict[str, Any]) -> list[tuple[str, str]]:
    used = {reason for record in qa["antennas"] for reason in record["reasons"]}
    return [(letter, reason.replace("_", " "))
            for reason, letter in LETTERS.items() if reason in used]


def colours(name: str, number: int = 256) -> str:
    """Return a colour map as hexadecimal digits, six a colour, from the lowest to the highest."""
    scale = matplotlib.colormaps[name]
    return "".join(to_hex(scale(k / (number - 1)))[1:] for k in range(number))
