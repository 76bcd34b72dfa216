"""Fills the templates of workflow/report: pages that need no network and no other file."""

from __future__ import annotations

import base64
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).resolve().parents[2] / "report"


def render(template: str, **values: object) -> str:
    """Fill a template; everything is escaped, a missing value is a jinja2.UndefinedError."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )
    environment.filters["embedded"] = embedded
    return environment.get_template(template).render(**values)


def embedded(png: bytes) -> str:
    """Return a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
