"""Captions of ``snakemake --report``: those of the report, chosen by the name of the file."""

from types import SimpleNamespace

import jinja2
import pytest

from lwacal.report import caption_text, figures

FILE = caption_text.FILE


def test_file_is_what_the_captions_say():
    assert FILE.read_text(encoding="utf-8") == caption_text.caption_text(figures.captions())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *((f"{n:02d}_{key}", key) for n, key in enumerate(figures.FIGURES, 1)),
        ("14_board_1", "board_page"),
        ("24_board_11", "board_page"),
    ],
)
def test_each_figure_has_its_own_caption(name, key):
    """The template is filled as Snakemake fills it."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    wildcards = SimpleNamespace(figure=name)
    text = environment.from_string(FILE.read_text(encoding="utf-8")).render(
        snakemake=SimpleNamespace(wildcards=wildcards)
    )
    words = figures.captions()[key]
    assert " ".join(text.split()) == f"{words['shows']} **Normal:** {words['normal']}"
