"""Fills the templates of workflow/report; the pages need no network and no other file."""

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
    """The script of a page, and the content security policy that allows only this script."""

    text: str
    policy: str


def script(names: Sequence[str]) -> Script:
    """Join scripts of workflow/report in this order.

    The policy allows this script, and images and styles embedded in the page; the browser loads
    nothing else.
    """
    text = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return Script(
        text,
        f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:;"
        " style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    )


def render(template: str, **values: object) -> str:
    """Fill a template with escaped values; a missing value raises jinja2.UndefinedError."""
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
