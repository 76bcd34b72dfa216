"""Draws docs/trends.png: the top of the page of thirty simulated nights with planted faults.

PYTHONPATH=tests/helpers python -m trends_picture docs/trends.png
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import browser
import many_nights
from lwacal.nights import trends_database
from lwacal.records.configuration.trends import Trends
from lwacal.report import trends_page

WIDTH = 1000
DRIFTING = many_nights.real_names(352)[many_nights.FAULTY.drift[0]]


def main() -> None:
    picture = Path(sys.argv[1])
    with TemporaryDirectory() as name:
        folder = Path(name)
        many_nights.write(folder / "results", many_nights.template(folder), 30, many_nights.FAULTY)
        page = write_page(folder / "results")
        with browser.opened() as reader:
            reader.page.set_viewport_size({"width": WIDTH, "height": 900})
            reader.open(page)
            reader.page.select_option("#history-antenna", DRIFTING)
            end = reader.value(
                "document.querySelector('#changes').getBoundingClientRect().top + scrollY"
            )
            drawn = reader.page.screenshot(full_page=True)
    image = Image.open(io.BytesIO(drawn)).convert("RGB").crop((0, 0, WIDTH, int(end)))
    image.save(picture, optimize=True)
    sys.stdout.write(f"{picture} is drawn, {picture.stat().st_size / 1000:.0f} kB\n")


def write_page(results: Path) -> Path:
    """Make database and page of the records below a folder as the rule trends does."""
    choice = Trends()
    database, page = results / "trends.sqlite", results / "trends.html"
    suggested, problems = trends_database.build(trends_database.find(results), database, choice)
    trends_page.write(database, suggested, problems, choice, page)
    return page


if __name__ == "__main__":
    main()
