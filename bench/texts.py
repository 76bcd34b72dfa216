"""Writes the results for people: tables, plot, cost model, and the table of README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench import plot, scaling_text, tables
from bench.options import Options
from bench.project import PROJECT
from lwacal.runtime import products

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


def write(found: dict[str, Any], options: Options) -> list[Path]:
    """Write docs/benchmarks.md and .png, docs/scaling.md and README's table; return the paths.

    A quick run, or one with another ``--output``, writes them next to its results instead.
    """
    for_project = options.output == Options().output and not options.quick
    docs = PROJECT / "docs" if for_project else options.output.parent
    made = [docs / "benchmarks.md"]
    products.write_text(made[0], tables.page(found))
    picture = plot.draw(found)
    if picture:
        made.append(docs / "benchmarks.png")
        made[-1].write_bytes(picture)
    scaling = scaling_text.page(found)
    if scaling:
        made.append(docs / "scaling.md")
        products.write_text(made[-1], scaling)
    if for_project:
        readme = PROJECT / "README.md"
        products.write_text(readme, between_markers(readme.read_text(), tables.short(found)))
        made.append(readme)
    return made


def between_markers(text: str, new: str) -> str:
    """Return a text with the part between the markers replaced; ValueError without markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n{new.rstrip()}\n{END}{after}"
