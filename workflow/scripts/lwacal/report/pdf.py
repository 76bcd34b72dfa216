"""The report as PDF: a first page to decide from, numbered figures, tables, how it was made."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from PIL import Image as PillowImage
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

from lwacal.report import content
from lwacal.report.content import Cell
from lwacal.report.figures import Drawn
from lwacal.report.inputs import ReportRecords
from lwacal.report.plots import style
from lwacal.runtime import atomic

MARGIN = 18 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
THUMBNAILS = ("antenna_board", "gain_amplitude", "calibrator_spectra", "all_sky")
SHOWN_REASONS = 6
LINK = "#0072B2"
CONTENTS = {
    "figures": "figures",
    "metrics": "quantities that decide",
    "antennas": "bad antennas",
    "bands": "sub-bands",
    "calibrators": "calibrators",
    "faults": "faults in the raw data",
    "boards": "every antenna",
    "made": "how it was made",
}
INK, QUIET, LINE, PALE = (HexColor(c) for c in ("#1c2429", "#5d6a72", "#c9d1d6", "#f3f6f7"))
STATUS_FILL = {
    "pass": "#2C7F74",
    "warn": "#F2B134",
    "fail": "#A3172B",
    "n/a": "#8A949A",
    "good": "#6FB7AC",
    "suspect": "#F2B134",
    "bad": "#A3172B",
}
STATUS_TINT = {"warn": "#FCEBC4", "fail": "#F3CFD4", "suspect": "#FCEBC4", "bad": "#F3CFD4"}
DARK_TEXT = ("warn", "suspect", "good")


def _fonts() -> None:
    """Use the fonts of the figures; they come with matplotlib and have all the signs we need."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name, file in (
        ("Text", "DejaVuSans"),
        ("Text-Bold", "DejaVuSans-Bold"),
        ("Text-Italic", "DejaVuSans-Oblique"),
    ):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{file}.ttf")))
    pdfmetrics.registerFontFamily("Text", "Text", "Text-Bold", "Text-Italic", "Text-Bold")


def _styles() -> dict[str, ParagraphStyle]:
    text = ParagraphStyle("text", fontName="Text", fontSize=8, leading=11, textColor=INK)
    return {
        "text": text,
        "small": ParagraphStyle("small", text, fontSize=6.6, leading=8.4),
        "number": ParagraphStyle("number", text, fontSize=6.6, leading=8.4, alignment=TA_RIGHT),
        "head": ParagraphStyle("head", text, fontName="Text-Bold", fontSize=6.6, leading=8.4),
        "headnumber": ParagraphStyle(
            "headnumber", text, fontName="Text-Bold", fontSize=6.6, leading=8.4, alignment=TA_RIGHT
        ),
        "caption": ParagraphStyle("caption", text, fontSize=7.2, leading=9.8, textColor=QUIET),
        "title": ParagraphStyle("title", text, fontName="Text-Bold", fontSize=15, leading=19),
        "section": ParagraphStyle(
            "section",
            text,
            fontName="Text-Bold",
            fontSize=11.5,
            leading=15,
            spaceBefore=6,
            spaceAfter=4,
        ),
        "figure": ParagraphStyle(
            "figure",
            text,
            fontName="Text-Bold",
            fontSize=9,
            leading=12,
            spaceBefore=4,
            spaceAfter=2,
        ),
        "reason": ParagraphStyle("reason", text, leftIndent=9, bulletIndent=0, spaceAfter=1),
    }


class _Mark(Flowable):
    """Takes no room; makes an entry in the reader's outline and a target for links."""

    def __init__(self, key: str, title: str, level: int = 0) -> None:
        super().__init__()
        self.key, self.title, self.level = key, title, level

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.bookmarkHorizontal(self.key, 0, 14)
        self.canv.addOutlineEntry(self.title, self.key, self.level, closed=self.level > 0)


class _Bar(Flowable):
    """A score from 0 to 1 as a bar."""

    def __init__(self, score: float | None, status: str, width: float = 24 * mm) -> None:
        super().__init__()
        self.score, self.status, self.width, self.height = score, status, width, 3 * mm

    def draw(self) -> None:
        self.canv.setFillColor(HexColor("#e4e9ec"))
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.score is not None:
            self.canv.setFillColor(HexColor(STATUS_FILL[self.status]))
            self.canv.rect(0, 0, max(0.6, self.width * self.score), self.height, stroke=0, fill=1)


def write(
    report: ReportRecords, figures: Sequence[Drawn], boards: Sequence[Drawn], path: Path
) -> None:
    """Write the report; the same records give the same bytes. ``boards`` follow the tables."""
    _fonts()
    styles = _styles()
    story: list[Any] = [
        *_first_page(report, figures, styles),
        PageBreak(),
        *_figure_pages("figures", "Figures", figures, styles),
        PageBreak(),
        *_tables(report, styles),
        PageBreak(),
        *_figure_pages("boards", "Every antenna", boards, styles),
        PageBreak(),
        *_how_it_was_made(report, styles),
    ]
    drawn = io.BytesIO()
    _document(drawn, report.qa).build(story)
    with atomic.whole(path) as part:
        part.write_bytes(drawn.getvalue())


def _document(target: io.BytesIO, qa: dict[str, Any]) -> BaseDocTemplate:
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

    def furniture(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFont("Text", 6.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 8 * mm, f"OVRO-LWA calibration  {name}  {qa['verdict']}")
        canvas.drawRightString(A4[0] - MARGIN, 8 * mm, f"page {canvas.getPageNumber()}")

    document.addPageTemplates(PageTemplate("page", [frame], onPage=furniture))
    return document


def _paragraph(text: str, look: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(text), look)


def _first_page(
    report: ReportRecords, figures: Sequence[Drawn], styles: dict[str, ParagraphStyle]
) -> list[Any]:
    qa = report.qa
    return [
        _Mark("top", "Verdict"),
        _banner(qa, styles),
        Spacer(1, 3 * mm),
        *_reasons(qa["reasons"], styles),
        Spacer(1, 3 * mm),
        _facts(content.facts(qa), styles, 32 * mm),
        Spacer(1, 3 * mm),
        _table(content.sources(qa), styles),
        Spacer(1, 4 * mm),
        _stages(qa["stages"], styles),
        Spacer(1, 2 * mm),
        Paragraph(_contents(), styles["small"]),
        Spacer(1, 3 * mm),
        _Thumbnails(figures, styles),
    ]


def _link(key: str, words: str) -> str:
    return f'<a href="#{key}" color="{LINK}">{escape(words)}</a>'


def _contents() -> str:
    links = [_link(key, words) for key, words in CONTENTS.items()]
    return "Further on: " + " \N{MIDDLE DOT} ".join(links)


def _banner(qa: dict[str, Any], styles: dict[str, ParagraphStyle]) -> Table:
    verdict = qa["verdict"]
    dark = verdict in DARK_TEXT
    colour = INK if dark else HexColor("#ffffff")
    big = ParagraphStyle(
        "verdict", styles["title"], fontSize=22, leading=26, alignment=1, textColor=colour
    )
    left = [
        _paragraph("OVRO-LWA calibration", styles["caption"]),
        _paragraph(qa["observation"]["id"], styles["title"]),
        _paragraph(content.VERDICT_WORDS[verdict], styles["text"]),
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


def _reasons(reasons: Sequence[str], styles: dict[str, ParagraphStyle]) -> list[Paragraph]:
    shown = [
        Paragraph(escape(text), styles["reason"], bulletText="•")
        for text in reasons[:SHOWN_REASONS]
    ]
    if len(reasons) > SHOWN_REASONS:
        more = len(reasons) - SHOWN_REASONS
        link = _link("metrics", "the quantities that decide")
        shown.append(Paragraph(f"and {more} more: see {link}", styles["reason"], bulletText="•"))
    return shown


def _facts(
    facts: Sequence[tuple[str, str]], styles: dict[str, ParagraphStyle], label_width: float
) -> Table:
    rows = [
        [_paragraph(label, styles["head"]), _paragraph(value, styles["small"])]
        for label, value in facts
    ]
    return Table(rows, [label_width, TEXT_WIDTH - label_width], style=_plain())


def _plain() -> list[tuple]:
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 1.4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE),
    ]


def _stages(stages: Sequence[dict[str, Any]], styles: dict[str, ParagraphStyle]) -> Table:
    rows = [
        [
            _paragraph(text, styles["head"])
            for text in ("stage", "score", "", "status", "what weighs most")
        ]
    ]
    look = [
        *_plain(),
        ("BACKGROUND", (0, 0), (-1, 0), PALE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    for number, stage in enumerate(stages, 1):
        score = "–" if stage["score"] is None else f"{stage['score']:.2f}"
        status = stage["status"]
        target = content.STAGE_FIGURES[stage["stage"]]
        rows.append(
            [
                Paragraph(_link(target, stage["stage"]), styles["small"]),
                _Bar(stage["score"], status),
                _paragraph(score, styles["number"]),
                _badge(status, styles),
                _paragraph(stage["message"], styles["small"]),
            ]
        )
        look.append(("BACKGROUND", (3, number), (3, number), HexColor(STATUS_FILL[status])))
    widths = [20 * mm, 27 * mm, 10 * mm, 12 * mm]
    return Table(rows, [*widths, TEXT_WIDTH - sum(widths)], style=look)


def _badge(status: str, styles: dict[str, ParagraphStyle]) -> Paragraph:
    colour = INK if status in DARK_TEXT else HexColor("#ffffff")
    return Paragraph(
        escape(status), ParagraphStyle("badge", styles["head"], alignment=1, textColor=colour)
    )


class _Thumbnails(Flowable):
    """Small figures with links, in two rows if the page has room for them, else in one."""

    def __init__(self, figures: Sequence[Drawn], styles: dict[str, ParagraphStyle]) -> None:
        super().__init__()
        self.figures = [f for key in THUMBNAILS for f in figures if f.key == key and f.png]
        self.styles = styles
        self.table: Table | None = None

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
            f"{_link(figure.key, f'Figure {figure.number}')}: {escape(figure.title)}",
            self.styles["small"],
        )
        return _picture(figure, scale, thumbnail=True), name

    def draw(self) -> None:
        self.table.drawOn(self.canv, 0, 0)


def _picture(figure: Drawn, scale: float, thumbnail: bool = False) -> Image:
    """Return the figure at points per inch of its own; a thumbnail keeps few dots."""
    content = io.BytesIO(figure.png)
    if thumbnail:
        picture = PillowImage.open(content).convert("RGB")
        picture.thumbnail((640, 640))
        content = io.BytesIO()
        picture.save(content, "png")
    return Image(content, figure.width_in * scale, figure.height_in * scale, hAlign="LEFT")


def _figure_pages(
    key: str, title: str, figures: Sequence[Drawn], styles: dict[str, ParagraphStyle]
) -> list[Any]:
    story: list[Any] = [_Mark(key, title), _paragraph(title, styles["section"])]
    for figure in figures:
        name = f"Figure {figure.number}. {figure.title}"
        head = [_Mark(figure.key, name, 1), _paragraph(name, styles["figure"])]
        if not figure.png:
            text = f"Not drawn: {figure.message}."
            story.append(
                KeepTogether([*head, _paragraph(text, styles["caption"]), Spacer(1, 3 * mm)])
            )
            continue
        scale = TEXT_WIDTH / style.WIDTH_IN
        caption = Paragraph(
            f"{escape(figure.shows)} <b>Normal:</b> {escape(figure.normal)}", styles["caption"]
        )
        story.append(KeepTogether([*head, _picture(figure, scale), caption, Spacer(1, 5 * mm)]))
    return story


def _tables(report: ReportRecords, styles: dict[str, ParagraphStyle]) -> list[Any]:
    qa = report.qa
    story: list[Any] = [_Mark("tables", "Tables"), _paragraph("Tables", styles["section"])]
    tables = (
        content.metrics(qa),
        content.antennas(qa, everything=False),
        content.bands(qa),
        content.calibrators(qa),
        content.positions(qa),
        content.faults(qa),
    )
    for number, table in enumerate(tables, 1):
        story += _titled(table, f"Table {number}. {table.title}", styles)
    return story


def _titled(table: content.Table, name: str, styles: dict[str, ParagraphStyle]) -> list[Any]:
    story: list[Any] = [
        CondPageBreak(35 * mm),
        _Mark(table.key, name, 1),
        _paragraph(name, styles["figure"]),
    ]
    if table.note and table.rows:
        story += [_paragraph(table.note, styles["caption"]), Spacer(1, 1 * mm)]
    return [*story, _table(table, styles), Spacer(1, 5 * mm)]


def _table(table: content.Table, styles: dict[str, ParagraphStyle]) -> Flowable:
    if not table.rows:
        return _paragraph(table.empty, styles["caption"])
    total = sum(column.width for column in table.columns)
    rows = [
        [
            _paragraph(column.title, styles["headnumber" if column.numeric else "head"])
            for column in table.columns
        ]
    ]
    look = [*_plain(), ("BACKGROUND", (0, 0), (-1, 0), PALE)]
    for y, row in enumerate(table.rows, 1):
        rows.append(
            [_cell(cell, column.numeric, styles) for cell, column in zip(row, table.columns)]
        )
        look += [
            ("BACKGROUND", (x, y), (x, y), HexColor(STATUS_TINT[cell.status]))
            for x, cell in enumerate(row)
            if cell.status in STATUS_TINT
        ]
    widths = [TEXT_WIDTH * column.width / total for column in table.columns]
    return Table(rows, widths, style=look, repeatRows=1)


def _cell(cell: Cell, numeric: bool, styles: dict[str, ParagraphStyle]) -> Paragraph:
    return _paragraph(cell.text, styles["number" if numeric else "small"])


def _how_it_was_made(report: ReportRecords, styles: dict[str, ParagraphStyle]) -> list[Any]:
    run = report.run
    story: list[Any] = [
        _Mark("made", "How it was made"),
        _paragraph("How it was made", styles["section"]),
    ]
    facts = content.run_facts(run)
    if facts:
        story += [_facts(facts, styles, 22 * mm), Spacer(1, 3 * mm)]
    for table in (content.differences(run), content.run_times(run), content.versions(run)):
        story += [
            _paragraph(table.title, styles["figure"]),
            _table(table, styles),
            Spacer(1, 3 * mm),
        ]
    return story
