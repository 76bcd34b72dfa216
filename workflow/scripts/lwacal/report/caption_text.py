"""Writes workflow/report/figures.rst, the captions of ``snakemake --report``, from captions.toml.

    PYTHONPATH=workflow/scripts python -m lwacal.report.caption_text > workflow/report/figures.rst

Snakemake takes one caption file for all figures of a folder. The file can choose a text by the
name of the figure, but cannot read other files.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping

from lwacal.report.figures import captions

WIDTH = 100
NAME = "snakemake.wildcards.figure"  # such as 03_gain_amplitude or 14_board_1


def caption_text(texts: Mapping[str, Mapping[str, str]]) -> str:
    """Return the template that selects the caption of each figure by its name."""
    return "\n".join([*_lines(texts), ""])


def _lines(texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "{# Generated from captions.toml by lwacal.report.caption_text. #}"
    yield f'{{% set key = {NAME}.partition("_")[2] %}}'
    word = "if"
    for key, text in texts.items():
        found = 'key.startswith("board_")' if key == "board_page" else f'key == "{key}"'
        yield f"{{% {word} {found} %}}"
        yield from textwrap.wrap(text["shows"], WIDTH)
        yield ""
        yield from textwrap.wrap(f"**Normal:** {text['normal']}", WIDTH)
        word = "elif"
    yield "{% endif %}"


if __name__ == "__main__":
    sys.stdout.write(caption_text(captions()))
