"""A headless Chromium of the distribution, to use the report as a reader does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

# Chromium's own sandbox does not start as root; the rest keeps it from looking for the network.
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
READY = "body[data-ready='yes']"


def program() -> str:
    """Return the path of Chromium; without it, skip the test, or fail if REQUIRE_BROWSER is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and os.environ.get("REQUIRE_BROWSER"):
        pytest.fail("REQUIRE_BROWSER is set, but chromium is not installed: `make env` does it")
    if found is None:
        pytest.skip("chromium is not installed: `make env` does it")
    return found


@contextmanager
def opened() -> Iterator[Reader]:
    """Start the browser with a window of 1400 x 1000 pixels, and close it at the end."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program(), args=list(OPTIONS))
        yield Reader(chromium.new_page(viewport={"width": 1400, "height": 1000}))
        chromium.close()


class Reader:
    """A page in the browser, and in ``errors`` what its console complained of."""

    def __init__(self, page: Page):
        self.page = page
        self.errors: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} ({message.location})")

    def open(self, address: str | Path) -> None:
        """Load a page, from a file or an address, and wait until its script has drawn all."""
        self.errors.clear()
        self.page.goto(address.as_uri() if isinstance(address, Path) else address)
        # A selector: functions to wait for are eval'ed in the page, which its policy forbids.
        self.page.locator(READY).wait_for(state="attached", timeout=20_000)

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        return self.page.evaluate(expression)

    def text(self, selector: str) -> str:
        """Return the text that an element shows."""
        return self.page.locator(selector).first.inner_text()

    def click(self, selector: str) -> None:
        """Scroll to the first such element and click it, if nothing lies over it."""
        self.page.locator(selector).first.click()

    def hover(self, selector: str, across: float = 0.5) -> str:
        """Hover over the first such element and return what is then said there.

        ``across`` is where, as a share of its width; half its height down.
        """
        element = self.page.locator(selector).first
        element.scroll_into_view_if_needed()
        self.page.wait_for_timeout(100)  # scrolling hides what an earlier hover said
        box = element.bounding_box()
        element.hover(position={"x": across * box["width"], "y": box["height"] / 2})
        self.page.locator("#tip").wait_for(state="visible")
        return self.text("#tip")

    def press(self, key: str) -> None:
        """Press a key, at the element that has the focus."""
        self.page.keyboard.press(key)

    def picture(self, path: Path, width: int, height: int) -> Path:
        """Save a picture of the window at a size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.screenshot(path=path)
        return path
