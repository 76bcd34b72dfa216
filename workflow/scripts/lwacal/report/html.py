"""The report as one self-contained HTML file: no network, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from lwacal.records.quality import QualityRecord
from lwacal.report import (
    antenna_board,
    antenna_history,
    array_encoding,
    bandpass_data,
    overview,
    result_tables,
    run_tables,
    sky_data,
    spectrum_svg,
    templates,
)
from lwacal.report.figures import Drawn, expected_fluxes, flux_tolerance
from lwacal.report.inputs import ReportRecords
from lwacal.runtime import products
from lwacal.telescope.antpol_states import REASONS

SCRIPTS = (
    "tools.js",
    "packed.js",
    "tip.js",
    "table.js",
    "axes.js",
    "bandpass.js",
    "bandpass_plot.js",
    "history_plot.js",
    "panel.js",
    "antennas.js",
    "waterfall.js",
    "sky.js",
    "report.js",
)
STAGE_SECTIONS = {
    "data": "bands",
    "antennas": "antennas",
    "solutions": "solutions",
    "delays": "delays",
    "calibrators": "calibrators",
    "images": "sky",
}
COLOURS = {"amplitude": "PuOr", "phase": "twilight", "sky": "inferno"}


def write(report: ReportRecords, figures: Sequence[Drawn], path: Path) -> None:
    """Write the report; the same records give the same bytes."""
    qa, run = report.qa, report.run
    antennas = antenna_board.antennas(qa["antennas"], report.delay.get("antennas", []))
    sky = sky_data.all_sky(*report.allsky, report.sky_model.get("sources", []))
    solved = bool(report.solutions.solved().any())
    bandpass = bandpass_data.bandpass(report.solutions) if solved else None
    products.write_text(
        path,
        templates.render(
            "report.html.j2",
            qa=qa,
            verdict_words=overview.VERDICT_WORDS[qa["verdict"]],
            facts=overview.facts(qa, report.ionosphere),
            stage_sections=STAGE_SECTIONS,
            sources=overview.sources(qa),
            figures=figures,
            tables=[
                result_tables.metrics(qa),
                result_tables.calibrators(qa),
                result_tables.positions(qa),
                result_tables.bands(qa),
                result_tables.faults(qa),
            ],
            antennas=result_tables.antennas(qa, everything=True),
            antennas_by_index={antenna["index"]: antenna for antenna in antennas},
            board=antenna_board.board(antennas),
            maps=antenna_board.maps(antennas, _positions_m(report)),
            letters=_letters(qa),
            reference=qa["observation"]["reference_antenna"]["antenna"],
            reasons=sorted({reason for a in qa["antennas"] for reason in a["reasons"]}),
            boards=sorted({antenna["board"] for antenna in antennas}),
            bandpass_message="" if solved else "There are no bandpass solutions.",
            steps=bandpass and (bandpass["amplitude_step_db"], bandpass["phase_step_deg"]),
            sky=sky,
            sky_message=report.allsky[0].get("message") or "No all-sky image was kept.",
            spectra=spectrum_svg.spectra(
                qa["calibrators"], expected_fluxes(report), flux_tolerance(report)
            ),
            run_facts=run_tables.run_facts(run),
            run_tables=[
                run_tables.differences(run),
                run_tables.run_times(run),
                run_tables.versions(run),
            ],
            records=array_encoding.as_json(
                {
                    "antennas": antennas,
                    "bandpass": bandpass,
                    "sky": sky,
                    "history": antenna_history.histories(report.nights),
                    "colours": {use: colours(name) for use, name in COLOURS.items()},
                }
            ),
            script=templates.script(SCRIPTS),
        ),
    )


def _positions_m(report: ReportRecords) -> np.ndarray:
    return np.array(report.manifest["antennas"]["positions_m"], float).reshape(-1, 3)


def _letters(qa: QualityRecord) -> list[tuple[str, str]]:
    used = {reason for record in qa["antennas"] for reason in record["reasons"]}
    return [
        (words.letter, reason.replace("_", " "))
        for reason, words in REASONS.items()
        if reason in used
    ]


def colours(name: str, number: int = 256) -> str:
    """Return a colour map as hexadecimal digits, six per colour, lowest first."""
    scale = matplotlib.colormaps[name]
    return "".join(to_hex(scale(k / (number - 1)))[1:] for k in range(number))
