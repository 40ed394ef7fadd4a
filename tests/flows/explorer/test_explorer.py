"""The explorer in a real browser: search, both clocks, sentences, links to every state, keyboard, hostile text, phones."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.explorer.explorer_file import write_explorer
from flows.home.homes import Home, open_home
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, line, write_lines
from tests.flows.explorer.served import served
from tests.pipeline.reporting.told import EVIL

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURES = os.environ.get("CHRONOKG_TEST_PICTURES")
"""Where the pictures of the documentation go, when they are to be made anew."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (.ci/chromium.sh installs one)")

FLECAINIDE = "e=MESH:D005424"
FALLEN = f"{FLECAINIDE}&head=MESH:D005424&is=prevent&tail=MESH:D001145"
HCQ = "e=MESH:D006886"
ARRHYTHMIAS = f"{HCQ}&head=MESH:D006886&is=cause&tail=MESH:D001145"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo's curated data, and then a retraction."""
    place = tmp_path_factory.mktemp("explorer") / "home"
    chronokg("observe", ROOT / "examples/demo/curated.jsonl", home=place)
    chronokg("retract", "DEMO:hcq-registry-2020", "--on", "2020-06-05", home=place)
    return open_home(place, graph="memory:", reads_only=True)


@pytest.fixture(scope="module")
def address(home: Home) -> Iterator[str]:
    with served(home) as url:
        yield f"{url}/explorer"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page on which nothing may go wrong unseen: errors, what the policy refuses, dialogs."""
    with _watched(browser) as opened:
        yield opened


class _watched:
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


def test_an_entity_is_found_by_typing_and_arrow_keys_and_its_facts_are_shown(page: Any, address: str) -> None:
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("flecai")
    page.wait_for_selector("[role=option]")
    field = page.locator("#search")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert "flecainide" in chosen.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector("#explored:not([hidden])")
    assert page.url.endswith(f"#{FLECAINIDE.replace(':', '%3A')}")
    assert page.locator(".network .edge").count() == 3
    assert page.title() == "flecainide · ChronoKG"


def test_the_day_moves_from_change_to_change_and_says_what_held_then(page: Any, address: str) -> None:
    shown(page, address, FLECAINIDE)
    assert standing(page)["flecainide prevents cardiac arrhythmias"] == ["overturned", "0.99"]
    page.focus("#day")
    page.keyboard.press("ArrowLeft")  # 1991, a third paper that it causes them
    page.keyboard.press("ArrowLeft")  # 1989, the trial
    assert page.locator("#day-said").inner_text() == "10 August 1989"
    assert standing(page)["flecainide prevents cardiac arrhythmias"][0] == "overturned"
    page.focus("#day")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#day").get_attribute("aria-valuetext") == "1 March 1988"
    then = standing(page)
    assert then["flecainide prevents cardiac arrhythmias"] == ["holds", "0.99"]
    assert then["flecainide causes cardiac arrhythmias"] == ["contested", "0.32"]
    page.focus("#day")
    page.keyboard.press("Home")
    until(page, "document.querySelectorAll('td.fact').length === 0")
    assert "No fact on this day." in page.locator("#view-table").inner_text()


def test_what_was_known_before_a_retraction_is_told_by_the_other_slider(page: Any, address: str) -> None:
    shown(page, address, ARRHYTHMIAS)
    assert standing(page)["hydroxychloroquine causes cardiac arrhythmias"] == ["withdrawn", "0.00"]
    assert page.locator("#fact .paper.retracted").count() >= 1
    page.focus("#known")
    page.keyboard.press("Home")
    until(page, "location.hash.includes('known=')")
    until(page, "!document.querySelector('#fact .tag')?.textContent.includes('withdrawn')")
    assert standing(page)["hydroxychloroquine causes cardiac arrhythmias"][0] == "holds"
    assert page.locator("#fact .paper.retracted").count() == page.locator("#fact .legend .paper.retracted").count()


def test_an_opened_fact_tells_what_overturned_it_with_the_sentence_and_its_papers(page: Any, address: str) -> None:
    shown(page, address, FLECAINIDE)
    page.click("#tab-table")
    page.click("td.fact button:has-text('flecainide prevents cardiac arrhythmias')")
    page.wait_for_selector("#fact-heading")
    assert page.evaluate("document.activeElement.id") == "fact-heading"
    closed = page.locator(".changes li", has_text="Stopped holding").first
    assert "overturned by flecainide causes cardiac arrhythmias" in closed.inner_text()
    assert "the drugs cause what they were meant to prevent, and both arms were stopped." in closed.locator("q").inner_text()
    assert page.locator(".curve .paper.up").count() == 3
    assert page.locator(".curve .line.rival").count() >= 2
    page.locator(".curve .paper").first.focus()
    page.keyboard.press("ArrowRight")
    assert "DEMO:flecainide-quinidine-1983 asserts it" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.paper") == "DEMO:flecainide-quinidine-1983-asserts"
    page.click("#fact .close")
    page.wait_for_selector("#fact", state="hidden")


def test_every_state_has_a_link_and_the_way_back_works(page: Any, address: str) -> None:
    shown(page, address, f"{FALLEN}&on=1985-01-01&view=table&hide=contested")
    assert page.locator("#tab-table").get_attribute("aria-selected") == "true"
    assert "As of 1985-01-01: holds since 1981-08-27" in " ".join(page.locator("#fact").inner_text().split())
    assert list(standing(page)) == ["flecainide prevents cardiac arrhythmias", "flecainide is compared with quinidine"]
    page.locator("td.fact .go").first.click()
    until(page, "document.title.startsWith('cardiac arrhythmias')")
    page.go_back()
    until(page, "document.title.startsWith('flecainide')")
    with _watched(page.context.browser) as other:
        other.goto(page.url)
        other.wait_for_selector("#fact-heading")
        assert other.locator("#day-said").inner_text() == "1 January 1985"


def test_two_days_are_compared(page: Any, address: str) -> None:
    shown(page, address, f"{FLECAINIDE}&view=days&from=1985-01-01&to=1995-01-01")
    told = page.locator("#days-list").inner_text()
    assert "1 began to hold\nflecainide causes cardiac arrhythmias belief 0.32 → 1.00" in told
    assert "1 stopped holding\nflecainide prevents cardiac arrhythmias belief 0.96 → 0.99" in told
    assert page.locator("#days-graph .edge.change-began").count() == 2  # the line, and its place in the legend
    page.fill("#from", "1990-01-01")
    until(page, "location.hash.includes('from=1990-01-01')")
    assert "stopped holding" not in page.locator("#days-list").inner_text()


def test_a_graph_is_gone_through_by_keyboard(page: Any, address: str) -> None:
    shown(page, address, FLECAINIDE)
    assert page.locator(".network [tabindex='0']").count() == 1
    page.locator(".network [tabindex='0']").focus()
    page.keyboard.press("End")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("flecainide")
    assert "belief" in label
    page.keyboard.press("Enter")
    page.wait_for_selector("#fact-heading")
    assert page.locator("#fact-heading").inner_text() == label.split(":")[0]


def test_several_entities_share_a_picture(page: Any, address: str) -> None:
    shown(page, address, FLECAINIDE)
    page.fill("#add", "encainide")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.chip').length === 2")
    assert page.url.count("e=MESH") == 2
    assert "encainide prevents cardiac arrhythmias" in standing(page)
    page.click("[aria-label='Leave out flecainide']")
    until(page, "document.querySelectorAll('.chip').length === 1")
    assert page.title() == "encainide · ChronoKG"


def test_what_cannot_be_shown_is_said(page: Any, address: str) -> None:
    page.goto(f"{address}#e=no-such-drug")
    page.wait_for_selector("#problem:not([hidden])")
    assert "nothing is known of 'no-such-drug'" in page.locator("[role=alert]").inner_text()
    page.fill("#search", "xyzzy plugh")
    until(page, "document.getElementById('found').textContent.startsWith('Nothing like')")


def test_the_first_paint_is_quick_and_the_page_is_small(page: Any, address: str) -> None:
    shown(page, address, FLECAINIDE)
    page.reload()
    page.wait_for_selector("#explored:not([hidden])")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    sizes = page.evaluate(
        "[performance.getEntriesByType('navigation')[0], ...performance.getEntriesByType('resource')].map(e => e.transferSize)"
    )
    assert painted <= 1500
    assert sum(sizes) < 500_000
    assert page.evaluate("performance.getEntriesByType('resource').every(e => e.name.startsWith(location.origin))")


@pytest.mark.parametrize(
    ("state", "scheme"), [(FALLEN, "light"), (FALLEN, "dark"), (f"{HCQ}&view=table", "light"), (f"{HCQ}&view=days", "dark"), ("", "light")]
)
def test_axe_finds_no_serious_fault(browser: Any, address: str, state: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # Axe puts its own script into the page, which the page's policy rightly refuses to others.
    with _watched(browser, color_scheme=scheme, bypass_csp=True) as page:
        shown(page, address, state) if state else page.goto(address)
        found = axe.run(page).response["violations"]
    assert {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]] for fault in found if fault["impact"] in {"serious", "critical"}
    } == {}


def test_a_phone_shows_it_without_scrolling_sideways(browser: Any, address: str) -> None:
    with _watched(browser, viewport={"width": 360, "height": 740}, has_touch=True) as page:
        for state in (FALLEN, f"{FALLEN}&view=table", f"{HCQ}&view=days"):
            page.goto("about:blank")
            shown(page, address, state)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_file_tells_the_same_without_a_network(browser: Any, home: Home, tmp_path: Path) -> None:
    path = write_explorer(home, ["hydroxychloroquine"], tmp_path / "hcq.html")
    assert path.stat().st_size < 500_000
    with _watched(browser, offline=True) as page:
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
            with (watched := _watched(browser)) as page:
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
    with served(hub) as url, _watched(browser) as page:
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
        with _watched(browser, **options) as page:
            shown(page, address, state)
            page.wait_for_timeout(300)
            page.screenshot(path=str(Path(str(PICTURES)) / f"{name}.png"))
