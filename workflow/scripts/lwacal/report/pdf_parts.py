"""Building blocks of the PDF: bookmarks, links, score bars, tables and pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image as PillowImage
from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph
from reportlab.platypus import Table as PdfTable

from lwacal.report.cells import Cell, Table
from lwacal.report.figures import Drawn
from lwacal.report.pdf_style import LINE, LINK, PALE, STATUS_FILL, STATUS_TINT, TEXT_WIDTH, Styles


class Bookmark(Flowable):
    """An invisible element: an entry in the outline of the PDF and a target for links."""

    def __init__(self, key: str, title: str, level: int = 0) -> None:
        super().__init__()
        self.key, self.title, self.level = key, title, level

    def wrap(self, *_: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.bookmarkHorizontal(self.key, 0, 14)
        self.canv.addOutlineEntry(self.title, self.key, self.level, closed=self.level > 0)


class ScoreBar(Flowable):
    """A bar whose length is a score from 0 to 1."""

    def __init__(self, score: float | None, status: str, width: float = 24 * mm) -> None:
        super().__init__()
        self.score, self.status, self.width, self.height = score, status, width, 3 * mm

    def draw(self) -> None:
        self.canv.setFillColor(HexColor("#e4e9ec"))
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        if self.score is not None:
            self.canv.setFillColor(HexColor(STATUS_FILL[self.status]))
            self.canv.rect(0, 0, max(0.6, self.width * self.score), self.height, stroke=0, fill=1)


def paragraph(text: str, look: ParagraphStyle) -> Paragraph:
    """Return plain text as a paragraph; markup in it is escaped."""
    return Paragraph(escape(text), look)


def link(key: str, words: str) -> str:
    """Return the markup of a link to the bookmark with this key."""
    return f'<a href="#{key}" color="{LINK}">{escape(words)}</a>'


def facts_table(facts: Sequence[tuple[str, str]], styles: Styles, label_width: float) -> PdfTable:
    """Return labels and values as a table of two columns; ``label_width`` in points."""
    rows = [
        [paragraph(label, styles["head"]), paragraph(value, styles["small"])]
        for label, value in facts
    ]
    return PdfTable(rows, [label_width, TEXT_WIDTH - label_width], style=ruled_lines())


def ruled_lines() -> list[tuple[Any, ...]]:
    """Return the style of a table with a thin line below each row."""
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 1.4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, LINE),
    ]


def table(content: Table, styles: Styles) -> Flowable:
    """Return a table of the report in the width of the page, or its ``empty`` text."""
    if not content.rows:
        return paragraph(content.empty, styles["caption"])
    total = sum(column.width for column in content.columns)
    rows = [
        [
            paragraph(column.title, styles["headnumber" if column.numeric else "head"])
            for column in content.columns
        ]
    ]
    look = [*ruled_lines(), ("BACKGROUND", (0, 0), (-1, 0), PALE)]
    for y, row in enumerate(content.rows, 1):
        rows.append(
            [_cell(cell, column.numeric, styles) for cell, column in zip(row, content.columns)]
        )
        look += [
            ("BACKGROUND", (x, y), (x, y), HexColor(STATUS_TINT[cell.status]))
            for x, cell in enumerate(row)
            if cell.status in STATUS_TINT
        ]
    widths = [TEXT_WIDTH * column.width / total for column in content.columns]
    return PdfTable(rows, widths, style=look, repeatRows=1)


def _cell(cell: Cell, numeric: bool, styles: Styles) -> Paragraph:
    return paragraph(cell.text, styles["number" if numeric else "small"])


def picture(figure: Drawn, scale: float, thumbnail: bool = False) -> Image:
    """Return a figure drawn at ``scale`` points per inch; a thumbnail has fewer pixels."""
    data = io.BytesIO(figure.png)
    if thumbnail:
        reduced = PillowImage.open(data).convert("RGB")
        reduced.thumbnail((640, 640))
        data = io.BytesIO()
        reduced.save(data, "png")
    return Image(data, figure.width_in * scale, figure.height_in * scale, hAlign="LEFT")
