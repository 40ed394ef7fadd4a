"""The explorer where it may be opened: on a phone, from a file, with hostile texts, of a hub; and its pictures for the documentation."""

import json
from pathlib import Path
from typing import Any

import pytest

from flows.explorer.explorer_file import write_explorer
from flows.home.homes import Home, open_home
from tests.flows.commands.running import chronokg, line, write_lines
from tests.flows.explorer.browsing import ARRHYTHMIAS, FALLEN, HCQ, PICTURES, Watched, needs_chromium, shown, standing, until
from tests.flows.explorer.served import served
from tests.pipeline.reporting.told import EVIL

pytestmark = needs_chromium


def test_a_phone_shows_it_without_scrolling_sideways(browser: Any, address: str) -> None:
    with Watched(browser, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        for state in (FALLEN, f"{FALLEN}&view=table", f"{HCQ}&view=days"):
            page.goto("about:blank")
            shown(page, address, state)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_file_tells_the_same_without_a_network(browser: Any, home: Home, tmp_path: Path) -> None:
    path = write_explorer(home, ["hydroxychloroquine"], tmp_path / "hcq.html")
    assert path.stat().st_size < 500_000
    with Watched(browser, offline=True) as page:
        shown(page, path.as_uri(), ARRHYTHMIAS)
        assert standing(page)["hydroxychloroquine causes cardiac arrhythmias"] == ["withdrawn", "0.00"]
        page.focus("#known")
        page.keyboard.press("Home")
        until(page, "location.hash.includes('known=')")
        until(page, "!document.querySelector('#fact .tag')?.textContent.includes('withdrawn')")
        assert standing(page)["hydroxychloroquine causes cardiac arrhythmias"][0] == "holds"
        page.fill("#search", "covid")
        page.wait_for_selector("[role=option]")
        page.keyboard.press("Enter")
        until(page, "document.title.startsWith('COVID-19')")
        assert "This file tells only of hydroxychloroquine." in page.locator("#part").inner_text()


def test_texts_of_documents_stay_texts(browser: Any, tmp_path: Path) -> None:
    lines = [
        {**line("PMID:1", "2001-03-01", "prevent", 0.8, quote=f"quote {EVIL}"), "journal": EVIL},
        line("PMID:2", "2010-03-01", "cause", 0.95, quote=f"\u202equote\x1b[2J {EVIL}"),
    ]
    for each in lines:
        each["head"] = {**each["head"], "name": f"drug {EVIL}"}
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", lines), home=tmp_path / "home")
    evil = open_home(tmp_path / "home", graph="memory:", reads_only=True)
    drug, illness = lines[0]["head"]["key"], lines[0]["tail"]["key"]
    state = f"e={drug}&head={drug}&is=prevent&tail={illness}"
    path = write_explorer(evil, [drug], tmp_path / "evil.html")
    with served(evil) as url:
        for place in (f"{url}/explorer", path.as_uri()):
            with (watched := Watched(browser)) as page:
                shown(page, place, state)
                assert f"drug {EVIL} prevents" in page.locator("#fact-heading").inner_text()
                assert f"quote {EVIL}" in page.locator(".papers q").first.inner_text()
                assert "\\u202equote" in page.locator(".changes q").last.inner_text() or "\\x1b" in page.locator("#fact").inner_text()
                assert "\u202e" not in page.locator("#fact").inner_text()
                assert page.locator("main img, main script, header script").count() == 0
                standing(page)
                page.fill("#search", drug)
                page.wait_for_selector("[role=option]")
                assert EVIL in page.locator("[role=option]").first.inner_text()
                assert watched.wrong == []
                # And where a text were taken for markup after all, the policy stands before it.
                refused = "(() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (e) { return e.name; } })()"
                assert page.evaluate(refused) == "TypeError"
                assert all("TrustedHTML" in each for each in watched.wrong)
                watched.wrong.clear()


def test_of_a_hub_a_bounded_part_is_loaded_and_it_follows_the_day(browser: Any, tmp_path: Path) -> None:
    many = [
        {
            **line(f"PMID:{n}", f"{1980 + n % 40}-03-01", "treat", 0.7 + (n % 20) / 100),
            "tail": {"key": f"MESH:X{n}", "type": "Disease", "name": f"illness {n}"},
        }
        for n in range(400)
    ]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", many), home=tmp_path / "home")
    hub = open_home(tmp_path / "home", graph="memory:", reads_only=True)
    with served(hub) as url, Watched(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        shown(page, f"{url}/explorer", f"e={many[0]['head']['key']}&view=table")
        assert page.locator("table.facts tbody tr").count() == 60
        assert "stand best of very many" in page.locator("#part").inner_text()
        page.fill("#day-field", "1980-06-01")
        until(page, "document.querySelectorAll('td.fact').length === 10")
        assert any("chosen_on=1980-06-01" in url for url in asked)
        held = json.loads(page.evaluate("JSON.stringify([...document.querySelectorAll('td.fact')].map(e => e.textContent))"))
        assert all(int(each.split("illness ")[1].rstrip("→")) % 40 == 0 for each in held)


@pytest.mark.skipif(not PICTURES, reason="pictures are made where CHRONOKG_TEST_PICTURES names a folder")
def test_pictures_of_the_documentation(browser: Any, address: str) -> None:
    for name, state, options in (
        ("explorer-fact", f"{FALLEN}&on=1985-01-01", {"viewport": {"width": 1200, "height": 900}}),
        ("explorer-table", f"{HCQ}&view=table", {"viewport": {"width": 1200, "height": 560}}),
        (
            "explorer-days",
            f"{HCQ}&view=days&from=2020-04-01&to=2022-01-01",
            {"viewport": {"width": 1200, "height": 860}, "color_scheme": "dark"},
        ),
        ("explorer-phone", f"{FALLEN}", {"viewport": {"width": 390, "height": 844}}),
    ):
        with Watched(browser, **options) as page:
            shown(page, address, state)
            page.wait_for_timeout(300)
            page.screenshot(path=str(Path(str(PICTURES)) / f"{name}.png"))
