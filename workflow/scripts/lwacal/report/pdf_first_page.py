"""The first page of the PDF: verdict, reasons, observation, stages and thumbnails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph, Spacer, Table

from lwacal.records.quality import QualityRecord, Stage
from lwacal.report import overview, pdf_parts
from lwacal.report.figures import Drawn
from lwacal.report.inputs import ReportRecords
from lwacal.report.pdf_style import DARK_TEXT, INK, PALE, STATUS_FILL, TEXT_WIDTH, Styles

THUMBNAILS = ("antenna_board", "gain_amplitude", "calibrator_spectra", "all_sky")
SHOWN_REASONS = 6
CONTENTS = {
    "figures": "figures",
    "metrics": "metrics",
    "antennas": "bad antennas",
    "bands": "sub-bands",
    "calibrators": "calibrators",
    "faults": "faults in the raw data",
    "boards": "antennas by board",
    "made": "provenance",
}


def build(report: ReportRecords, figures: Sequence[Drawn], styles: Styles) -> list[Any]:
    """Return the elements of the first page; ``figures`` are those it links to."""
    qa = report.qa
    return [
        pdf_parts.Bookmark("top", "Verdict"),
        _banner(qa, styles),
        Spacer(1, 3 * mm),
        *_reasons(qa["reasons"], styles),
        Spacer(1, 3 * mm),
        pdf_parts.facts_table(overview.facts(qa, report.ionosphere), styles, 32 * mm),
        Spacer(1, 3 * mm),
        pdf_parts.table(overview.sources(qa), styles),
        Spacer(1, 4 * mm),
        _stages(qa["stages"], styles),
        Spacer(1, 2 * mm),
        Paragraph(_contents(), styles["small"]),
        Spacer(1, 3 * mm),
        _Thumbnails(figures, styles),
    ]


def _contents() -> str:
    links = [pdf_parts.link(key, words) for key, words in CONTENTS.items()]
    return "Contents: " + " \N{MIDDLE DOT} ".join(links)


def _banner(qa: QualityRecord, styles: Styles) -> Table:
    verdict = qa["verdict"]
    dark = verdict in DARK_TEXT
    colour = INK if dark else HexColor("#ffffff")
    big = ParagraphStyle(
        "verdict", styles["title"], fontSize=22, leading=26, alignment=1, textColor=colour
    )
    left = [
        pdf_parts.paragraph("OVRO-LWA calibration", styles["caption"]),
        pdf_parts.paragraph(qa["observation"]["id"], styles["title"]),
        pdf_parts.paragraph(overview.VERDICT_WORDS[verdict], styles["text"]),
    ]
    return Table(
        [[left, Paragraph(verdict.upper(), big)]],
        [TEXT_WIDTH - 42 * mm, 42 * mm],
        style=[
            ("BACKGROUND", (1, 0), (1, 0), HexColor(STATUS_FILL[verdict])),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (0, 0), 0),
            ("BOTTOMPADDING", (1, 0), (1, 0), 8),
        ],
    )


def _reasons(reasons: Sequence[str], styles: Styles) -> list[Paragraph]:
    shown = [
        Paragraph(escape(text), styles["reason"], bulletText="•")
        for text in reasons[:SHOWN_REASONS]
    ]
    if len(reasons) > SHOWN_REASONS:
        more = len(reasons) - SHOWN_REASONS
        metrics = pdf_parts.link("metrics", "the metrics")
        shown.append(Paragraph(f"and {more} more: see {metrics}", styles["reason"], bulletText="•"))
    return shown


def _stages(stages: Sequence[Stage], styles: Styles) -> Table:
    rows = [
        [
            pdf_parts.paragraph(text, styles["head"])
            for text in ("stage", "score", "", "status", "worst metric")
        ]
    ]
    look = [
        *pdf_parts.ruled_lines(),
        ("BACKGROUND", (0, 0), (-1, 0), PALE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    for number, stage in enumerate(stages, 1):
        score = "–" if stage["score"] is None else f"{stage['score']:.2f}"
        status = stage["status"]
        target = overview.STAGE_FIGURES[stage["stage"]]
        rows.append(
            [
                Paragraph(pdf_parts.link(target, stage["stage"]), styles["small"]),
                pdf_parts.ScoreBar(stage["score"], status),
                pdf_parts.paragraph(score, styles["number"]),
                _badge(status, styles),
                pdf_parts.paragraph(stage["message"], styles["small"]),
            ]
        )
        look.append(("BACKGROUND", (3, number), (3, number), HexColor(STATUS_FILL[status])))
    widths = [20 * mm, 27 * mm, 10 * mm, 12 * mm]
    return Table(rows, [*widths, TEXT_WIDTH - sum(widths)], style=look)


def _badge(status: str, styles: Styles) -> Paragraph:
    colour = INK if status in DARK_TEXT else HexColor("#ffffff")
    return Paragraph(
        escape(status), ParagraphStyle("badge", styles["head"], alignment=1, textColor=colour)
    )


class _Thumbnails(Flowable):
    """Small figures with links, in two rows if they fit on the page, else in one."""

    def __init__(self, figures: Sequence[Drawn], styles: Styles) -> None:
        super().__init__()
        self.figures = [f for key in THUMBNAILS for f in figures if f.key == key and f.png]
        self.styles = styles
        self.table = Table([[""]])

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        rows = 2 if height > 92 * mm and len(self.figures) > 2 else 1
        columns = max(1, -(-len(self.figures) // rows))
        room = min(80 * mm, height / rows - 9 * mm)
        room = room if room > 15 * mm else 34 * mm
        cells = [self._cells(figure, width / columns, room) for figure in self.figures]
        lines = [
            [cell[part] for cell in cells[first : first + columns]]
            for first in range(0, len(cells), columns)
            for part in (0, 1)
        ]
        lines = [line + [""] * (columns - len(line)) for line in lines] or [[""]]
        self.table = Table(
            lines,
            [width / columns] * columns,
            style=[
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
            ],
        )
        return self.table.wrap(width, height)

    def _cells(self, figure: Drawn, width: float, height: float) -> tuple[Image, Paragraph]:
        scale = min((width - 3 * mm) / figure.width_in, height / figure.height_in)
        name = Paragraph(
            f"{pdf_parts.link(figure.key, f'Figure {figure.number}')}: {escape(figure.title)}",
            self.styles["small"],
        )
        return pdf_parts.picture(figure, scale, thumbnail=True), name

    def draw(self) -> None:
        self.table.drawOn(self.canv, 0, 0)
