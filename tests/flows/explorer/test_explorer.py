"""The explorer in a real browser: search, both clocks, sentences, links to every state, keyboard; and what axe finds."""

from typing import Any

import pytest

from tests.flows.explorer.browsing import ARRHYTHMIAS, FALLEN, FLECAINIDE, HCQ, Watched, needs_chromium, shown, standing, until

pytestmark = needs_chromium


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
    with Watched(page.context.browser) as other:
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
    with Watched(browser, color_scheme=scheme, bypass_csp=True) as page:
        shown(page, address, state) if state else page.goto(address)
        found = axe.run(page).response["violations"]
    assert {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]] for fault in found if fault["impact"] in {"serious", "critical"}
    } == {}
