"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import jinja2

from lwacal import records, report_content
from lwacal.report_figures import Drawn
from lwacal.report_records import ReportRecords

TEMPLATES = Path(__file__).resolve().parents[2] / "report"


def write(report: ReportRecords, figures: Sequence[Drawn], path: Path) -> None:
    """Write the report; the same records give the same bytes."""
    qa, run = report.qa, report.run
    records.write_text(path, render(
        "report.html.j2",
        qa=qa,
        verdict_words=report_content.VERDICT_WORDS[qa["verdict"]],
        facts=report_content.facts(qa),
        sources=report_content.sources(qa),
        figures=figures,
        tables=[report_content.metrics(qa), report_content.bands(qa),
                report_content.calibrators(qa), report_content.faults(qa)],
        antennas=report_content.antennas(qa, everything=True),
        reasons=sorted({reason for a in qa["antennas"] for reason in a["reasons"]}),
        boards=sorted({row[2].sort for row in report_content.antennas(qa, True).rows}),
        run_facts=report_content.run_facts(run),
        run_tables=[report_content.differences(run), report_content.run_times(run),
                    report_content.versions(run)],
    ))


def render(template: str, **values: object) -> str:
    """Fill a template of workflow/report; everything is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )
    environment.filters["embedded"] = embedded
    return environment.get_template(template).render(**values)


def embedded(png: bytes) -> str:
    """Return a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
