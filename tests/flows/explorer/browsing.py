"""A browser for tests: pages on which nothing goes wrong unseen, and what is read from them."""

import os
import shutil
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURES = os.environ.get("CHRONOKG_TEST_PICTURES")
"""Where the pictures of the documentation go, when they are to be made anew."""

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (.ci/chromium.sh installs one)")

FLECAINIDE = "e=MESH:D005424"
FALLEN = f"{FLECAINIDE}&head=MESH:D005424&is=prevent&tail=MESH:D001145"
HCQ = "e=MESH:D006886"
ARRHYTHMIAS = f"{HCQ}&head=MESH:D006886&is=cause&tail=MESH:D001145"


class Watched:
    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "color_scheme": "light", **options})
        self.wrong: list[str] = []

    def __enter__(self) -> Any:
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        return page

    def __exit__(self, kind: object, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert [each for each in self.wrong if "404 (Not Found)" not in each] == []


def shown(page: Any, address: str, state: str) -> Any:
    """The page in a state, once its facts are there."""
    page.goto(f"{address}#{state}")
    page.wait_for_selector("#explored:not([hidden])")
    if "head=" in state:
        page.wait_for_selector("#fact-heading")
    return page


def until(page: Any, so: str) -> None:
    """Wait for something to be so; Playwright's own way would evaluate text, which the page's policy refuses."""
    for _ in range(200):
        if page.evaluate(so):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never so: {so}")


def standing(page: Any) -> dict[str, list[str]]:
    """What the table says: of each fact its standing and its belief."""
    page.click("#tab-table")
    rows = page.locator("table.facts tbody tr").all()
    return {
        row.locator("td.fact button").first.inner_text(): [row.locator("td").nth(n).inner_text().strip() for n in (0, 2)] for row in rows
    }
