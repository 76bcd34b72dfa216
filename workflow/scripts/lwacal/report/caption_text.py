"""Writes workflow/report/figures.rst, the captions of ``snakemake --report``, from captions.toml.

    lwacal captions

Snakemake takes one caption file for all figures of a folder. The file can choose a text by the
name of the figure, but cannot read other files.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from lwacal.report.figures import captions
from lwacal.runtime import paths

FILE = paths.TEMPLATES / "figures.rst"
WIDTH = 100
NAME = "snakemake.wildcards.figure"  # such as 03_gain_amplitude or 14_board_1


def caption_text(texts: Mapping[str, Mapping[str, str]]) -> str:
    """Return the template that selects the caption of each figure by its name."""
    return "\n".join([*_lines(texts), ""])


def _lines(texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield "{# Generated from captions.toml by lwacal captions. #}"
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


def main(words: Sequence[str] | None = None) -> int:
    """Write the file."""
    argparse.ArgumentParser(prog="lwacal captions", description=__doc__).parse_args(words)
    FILE.write_text(caption_text(captions()), encoding="utf-8")
    return 0
