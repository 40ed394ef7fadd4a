"""Whoever follows a link on a page arrives."""

import re

from tests.conftest import ROOT
from tests.docs.pages import anchors, links, name_of, pages, prose


def test_links_in_the_pages_lead_somewhere() -> None:
    broken = [
        f"{name_of(page)}: {target}" for page in pages() for target, _ in links(page) if target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_links_of_the_documentation_lead_to_what_its_site_has() -> None:
    # `make docs` refuses others; whoever writes a page hears it here.
    leaving = [
        f"{name_of(page)}: {target}"
        for page in (ROOT / "docs").rglob("*.md")
        for target, _ in links(page)
        if target and not (page.parent / target).resolve().is_relative_to(ROOT / "docs") and not target.endswith(".md")
    ]
    assert leaving == []


def test_anchors_are_headings_of_the_page_that_a_link_leads_to() -> None:
    broken = [
        f"{name_of(page)}: {target}#{anchor}"
        for page in pages()
        for target, anchor in links(page)
        if anchor and anchor not in anchors((page.parent / target).resolve() if target else page)
    ]
    assert broken == []


def test_an_anchor_is_the_same_here_and_in_the_built_pages() -> None:
    # GitHub makes a hyphen of each space, the builder one of several in a row.
    told = {anchor for page in pages() for _, anchor in links(page)}
    assert [anchor for anchor in told if "--" in anchor] == []


def test_the_index_leads_to_every_page_of_the_documentation() -> None:
    there = {(ROOT / "docs" / target).resolve() for target, _ in links(ROOT / "docs" / "index.md") if target}
    missing = [name_of(page) for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "decisions" and page not in there]
    assert missing == ["docs/index.md"]


def test_a_page_has_one_title_and_says_it_first() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        titles = re.findall(r"^# (.+)$", prose(page), re.MULTILINE)
        assert len(titles) == 1, name_of(page)
        assert page.read_text(encoding="utf-8").startswith("# "), name_of(page)


def test_every_decision_has_a_number_of_its_own_and_says_it() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        assert record.read_text(encoding="utf-8").startswith(f"# {int(record.name[:4])}. "), record.name
