"""The report as one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lwacal import html_page, records, report_content
from lwacal.report_figures import Drawn
from lwacal.report_records import ReportRecords


def write(report: ReportRecords, figures: Sequence[Drawn], path: Path) -> None:
    """Write the report; the same records give the same bytes."""
    qa, run = report.qa, report.run
    records.write_text(path, html_page.render(
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
