"""The look of the PDF: page size, colours, fonts and paragraph styles."""

from __future__ import annotations

from pathlib import Path

import matplotlib
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from lwacal.report.plots import style

MARGIN = 18 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN
LINK = "#0072B2"
INK, QUIET, LINE, PALE = (HexColor(c) for c in ("#1c2429", "#5d6a72", "#c9d1d6", "#f3f6f7"))
STATUS_FILL = {
    "pass": "#2C7F74",
    "warn": "#F2B134",
    "fail": "#A3172B",
    "n/a": "#8A949A",
    **style.STATUS_COLOURS,
}
STATUS_TINT = {"warn": "#FCEBC4", "fail": "#F3CFD4", "suspect": "#FCEBC4", "bad": "#F3CFD4"}
DARK_TEXT = ("warn", "suspect", "good")
Styles = dict[str, ParagraphStyle]


def register_fonts() -> None:
    """Register the fonts of the figures: matplotlib ships them, with every symbol needed here."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name, file in (
        ("Text", "DejaVuSans"),
        ("Text-Bold", "DejaVuSans-Bold"),
        ("Text-Italic", "DejaVuSans-Oblique"),
    ):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{file}.ttf")))
    pdfmetrics.registerFontFamily("Text", "Text", "Text-Bold", "Text-Italic", "Text-Bold")


def paragraph_styles() -> Styles:
    """Return the paragraph styles of the report by name."""
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
