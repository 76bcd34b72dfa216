"""The report as PDF: a first page with the verdict, numbered figures, tables, provenance."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
)

from lwacal.records.quality import QualityRecord
from lwacal.report import cells, pdf_first_page, pdf_parts, pdf_style, result_tables, run_tables
from lwacal.report.figures import Drawn
from lwacal.report.inputs import ReportRecords
from lwacal.report.pdf_style import MARGIN, QUIET, TEXT_WIDTH, Styles
from lwacal.report.plots import style
from lwacal.runtime import atomic


def write(
    report: ReportRecords, figures: Sequence[Drawn], boards: Sequence[Drawn], path: Path
) -> None:
    """Write the report; the same records give the same bytes.

    ``figures`` precede the tables, ``boards`` (one page of gains per SNAP2 board) follow them.
    """
    pdf_style.register_fonts()
    styles = pdf_style.paragraph_styles()
    story: list[Any] = [
        *pdf_first_page.build(report, figures, styles),
        PageBreak(),
        *_figure_pages("figures", "Figures", figures, styles),
        PageBreak(),
        *_tables(report, styles),
        PageBreak(),
        *_figure_pages("boards", "Antennas by board", boards, styles),
        PageBreak(),
        *_provenance(report, styles),
    ]
    drawn = io.BytesIO()
    _document(drawn, report.qa).build(story)
    with atomic.output(path) as part:
        part.write_bytes(drawn.getvalue())


def _document(target: io.BytesIO, qa: QualityRecord) -> BaseDocTemplate:
    rl_config.invariant = 1
    name = qa["observation"]["id"]
    document = BaseDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
        title=f"OVRO-LWA calibration {name}",
        author="OVRO-LWA calibration",
        invariant=1,
        initialFontName="Text",
    )
    frame = Frame(MARGIN, 15 * mm, TEXT_WIDTH, A4[1] - 30 * mm, 0, 0, 0, 0)

    def footer(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFont("Text", 6.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 8 * mm, f"OVRO-LWA calibration  {name}  {qa['verdict']}")
        canvas.drawRightString(A4[0] - MARGIN, 8 * mm, f"page {canvas.getPageNumber()}")

    document.addPageTemplates(PageTemplate("page", [frame], onPage=footer))
    return document


def _figure_pages(key: str, title: str, figures: Sequence[Drawn], styles: Styles) -> list[Any]:
    story: list[Any] = [
        pdf_parts.Bookmark(key, title),
        pdf_parts.paragraph(title, styles["section"]),
    ]
    for figure in figures:
        name = f"Figure {figure.number}. {figure.title}"
        head = [
            pdf_parts.Bookmark(figure.key, name, 1),
            pdf_parts.paragraph(name, styles["figure"]),
        ]
        if not figure.png:
            text = f"Not drawn: {figure.message}."
            story.append(
                KeepTogether(
                    [*head, pdf_parts.paragraph(text, styles["caption"]), Spacer(1, 3 * mm)]
                )
            )
            continue
        scale = TEXT_WIDTH / style.WIDTH_IN
        caption = Paragraph(
            f"{escape(figure.shows)} <b>Normal:</b> {escape(figure.normal)}", styles["caption"]
        )
        story.append(
            KeepTogether([*head, pdf_parts.picture(figure, scale), caption, Spacer(1, 5 * mm)])
        )
    return story


def _tables(report: ReportRecords, styles: Styles) -> list[Any]:
    qa = report.qa
    story: list[Any] = [
        pdf_parts.Bookmark("tables", "Tables"),
        pdf_parts.paragraph("Tables", styles["section"]),
    ]
    tables = (
        result_tables.metrics(qa),
        result_tables.antennas(qa, everything=False),
        result_tables.bands(qa),
        result_tables.calibrators(qa),
        result_tables.positions(qa),
        result_tables.faults(qa),
    )
    for number, table in enumerate(tables, 1):
        story += _titled(table, f"Table {number}. {table.title}", styles)
    return story


def _titled(table: cells.Table, name: str, styles: Styles) -> list[Any]:
    story: list[Any] = [
        CondPageBreak(35 * mm),
        pdf_parts.Bookmark(table.key, name, 1),
        pdf_parts.paragraph(name, styles["figure"]),
    ]
    if table.note and table.rows:
        story += [pdf_parts.paragraph(table.note, styles["caption"]), Spacer(1, 1 * mm)]
    return [*story, pdf_parts.table(table, styles), Spacer(1, 5 * mm)]


def _provenance(report: ReportRecords, styles: Styles) -> list[Any]:
    run = report.run
    story: list[Any] = [
        pdf_parts.Bookmark("made", "Provenance"),
        pdf_parts.paragraph("Provenance", styles["section"]),
    ]
    facts = run_tables.run_facts(run)
    if facts:
        story += [pdf_parts.facts_table(facts, styles, 22 * mm), Spacer(1, 3 * mm)]
    for table in (run_tables.differences(run), run_tables.run_times(run), run_tables.versions(run)):
        story += [
            pdf_parts.paragraph(table.title, styles["figure"]),
            pdf_parts.table(table, styles),
            Spacer(1, 3 * mm),
        ]
    return story
