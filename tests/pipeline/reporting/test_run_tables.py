"""What a run came to as a table, a page and a picture."""

import xml.etree.ElementTree as ET
from typing import Any

from pipeline.reporting.run_bars import run_bars
from pipeline.reporting.run_tables import numbers_of_run, run_in_markdown

TOLD: dict[str, Any] = {
    "claim": {"submitted": 12, "committed": 11, "skipped": {"given": 1}, "set_aside": {}},
    "document": {"submitted": 1008, "committed": 1000, "skipped": {"read before": 5}, "set_aside": {"ModelFailed": 3}},
    "believed": {"claims": 11, "facts": {"opened": 4, "overturned": 1, "removed": 0}},
    "spent": {"requests": 9, "prompt_tokens": 100, "completion_tokens": 20, "money": None, "seconds": 1.5},
    "lag": {"files": 3, "days": None},
    "files": {"listed": 4},
    "text": "done",
}


def test_every_number_has_a_row_documents_first_and_what_is_not_known_has_none() -> None:
    rows = {row["what"]: row["number"] for row in numbers_of_run(TOLD)}
    assert list(rows)[:4] == [
        "documents submitted",
        "documents committed",
        "documents skipped: read before",
        "documents set aside: ModelFailed",
    ]
    assert (rows["facts opened"], rows["facts overturned"], rows["facts contested"]) == (4, 1, 0)
    assert (rows["tokens of prompts"], rows["seconds of reading"], rows["files behind the source"]) == (100, 1.5, 3)
    assert not {"money", "days behind the source"} & rows.keys()


def test_the_page_says_first_how_it_ended_and_last_what_changed_its_mind() -> None:
    page = run_in_markdown(TOLD, "3 of 1008 documents set aside", ("spent: 9 requests", ""), "| a | b |")
    lines = page.splitlines()
    assert lines[0] == "**3 of 1008 documents set aside**"
    assert "| documents | 1,008 | 1,000 | 5 | 3 |" in lines
    assert "- 3 documents set aside: ModelFailed" in lines
    assert "- spent: 9 requests" in lines
    assert lines[-3:] == ["### What changed its mind", "", "| a | b |"]
    assert "### " not in run_in_markdown(TOLD, "done")


def test_a_job_without_counts_has_a_page_and_no_picture() -> None:
    assert run_in_markdown({"text": "done"}, "done", ("rebuilt from 3 batches",)) == "**done**\n\n\n- rebuilt from 3 batches\n"
    assert numbers_of_run({"text": "done"}) == []
    assert run_bars({"text": "done"}) == ""


def test_the_picture_is_svg_with_a_bar_for_each_number_that_is_not_zero_and_words_for_who_cannot_see_it() -> None:
    drawn = ET.fromstring(run_bars(TOLD))
    names = {"svg": "http://www.w3.org/2000/svg"}
    bars = [each for each in drawn.findall("svg:rect", names) if each.get("rx") == "2"]
    assert len(bars) == 7
    assert all(0 < float(each.get("width") or 0) <= 380 for each in bars)
    title = drawn.find("svg:title", names)
    assert title is not None
    assert title.text == "documents: 1000 committed, 5 skipped, 3 set aside; claims: 11 committed, 1 skipped; facts: 4 opened, 1 overturned"
