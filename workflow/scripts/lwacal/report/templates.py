"""Fills the templates of workflow/report: pages that need no network and no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import jinja2

from lwacal.runtime import paths

TEMPLATES = paths.TEMPLATES


@dataclass(frozen=True)
class Script:
    """The script of a page, and the policy by which a browser runs it and nothing else."""

    text: str
    policy: str


def script(names: Sequence[str]) -> Script:
    """Join scripts of workflow/report in this order.

    The policy lets a browser run this text alone, show pictures and styles that are in the page,
    and load nothing from anywhere.
    """
    text = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return Script(
        text,
        f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:;"
        " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    )


def render(template: str, **values: object) -> str:
    """Fill a template; everything is escaped, a missing value is a jinja2.UndefinedError."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["embedded"] = embedded
    return environment.get_template(template).render(**values)


def embedded(png: bytes) -> str:
    """Return a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
