"""News with stated times: offices, memberships and seats, told over years in any order, and who held what on a day."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands.running import chronokg, counts, write_lines

NAMES = {
    "prime minister": ("role:uk-pm", "Role"), "secretary-general": ("role:un-sg", "Role"),
    "Blair": ("person:blair", "Person"), "Brown": ("person:brown", "Person"), "Cameron": ("person:cameron", "Person"),
    "Theresa May": ("person:may", "Person"), "Annan": ("person:annan", "Person"), "Ban": ("person:ban", "Person"),
    "Guterres": ("person:guterres", "Person"), "Boeing": ("org:boeing", "Organisation"), "Seattle": ("place:seattle", "Place"),
    "Chicago": ("place:chicago", "Place"), "Arlington": ("place:arlington", "Place"), "Croatia": ("org:croatia", "Organisation"),
    "Britain": ("org:britain", "Organisation"), "European Union": ("org:eu", "Organisation"),
}  # fmt: skip
HELD, SEAT, MEMBER = "held_by", "headquartered_in", "member_of"
PM, SG = "role:uk-pm", "role:un-sg"

# Day of publication, sentence, and what a model takes from it: head, relation, tail, its own words for start and end.
STORY: list[tuple[str, str, list[tuple[Any, ...]]]] = [
    ("1997-05-03", "Tony Blair became prime minister yesterday.", [(PM, HELD, "person:blair", None, None)]),
    ("2003-06-01", "Mr Blair has been prime minister since May 1997.", [(PM, HELD, "person:blair", "since May 1997", None)]),
    ("2007-06-28", "Mr Brown has been prime minister since 27 June 2007.", [(PM, HELD, "person:brown", "27 June 2007", None)]),
    ("2007-06-29", "On Wednesday Mr Blair resigned as prime minister.", [(PM, HELD, "person:blair", "Wednesday", None)]),
    ("2009-10-01", "Mr Blair, prime minister from 1997 to 2007, gave a lecture.", [(PM, HELD, "person:blair", "from 1997 to 2007", None)]),
    ("2010-05-14", "Mr Cameron became prime minister on 11 May.", [(PM, HELD, "person:cameron", "11 May", None)]),
    ("2012-02-02", "The former prime minister Mr Brown spoke in 2011.", [(PM, HELD, "person:brown", None, None)]),
    ("2016-07-13", "Theresa May becomes prime minister today, and Mr Cameron leaves.", [(PM, HELD, "person:may", "today", None)]),
    ("2016-07-15", "Mr Cameron was not prime minister after 13 July 2016.", []),
    ("2006-12-20", "Mr Annan is secretary-general until 31 December 2006.", [(SG, HELD, "person:annan", None, "until 31 December 2006")]),
    ("1998-01-05", "Mr Annan has been secretary-general since January 1997.", [(SG, HELD, "person:annan", "1997-01", None)]),
    ("2007-01-03", "Mr Ban took office as secretary-general on 1 January 2007.", [(SG, HELD, "person:ban", "2007-01-01", None)]),
    ("2018-03-01", "Mr Ban, secretary-general from 2007 to 2016, spoke.", [(SG, HELD, "person:ban", "2007", "2016")]),
    ("2017-01-02", "Mr Guterres became secretary-general this year.", [(SG, HELD, "person:guterres", "this year", None)]),
    ("2000-03-01", "Boeing has its seat in Seattle.", [("org:boeing", SEAT, "place:seattle", None, None)]),
    ("2001-10-01", "Boeing moved to Chicago last month.", [("org:boeing", SEAT, "place:chicago", "last month", None)]),
    ("2003-01-10", "Since September 2001 Boeing has had its seat in Chicago.", [("org:boeing", SEAT, "place:chicago", None, None)]),
    ("2022-05-06", "Boeing said it may move to Arlington.", [("org:boeing", SEAT, "place:arlington", "2031", None)]),
    ("2013-07-02", "Croatia has been in the European Union since 1 July 2013.", [("org:croatia", MEMBER, "org:eu", "1 July 2013", None)]),
    ("2019-11-01", "Britain is in the European Union from 1973 until January 2020.", [("org:britain", MEMBER, "org:eu", None, None)]),
]  # fmt: skip


def article(number: int, published: str, text: str) -> dict[str, Any]:
    title = f"Item {number}."
    mentions = [
        {"start": len(title) + 1 + m.start(), "end": len(title) + 1 + m.end(), "text": m[0], "type": kind, "identifier": key}
        for name, (key, kind) in NAMES.items()
        for m in re.finditer(rf"\b{name}\b", text)
    ]
    return {"id": f"NEWS:{number}", "title": title, "abstract": text, "published": published, "source": "paper", "mentions": mentions}


def answer(number: int, text: str, claims: list[tuple[Any, ...]]) -> dict[str, Any]:
    told = [
        {"head": h, "relation": r, "tail": t, "confidence": 0.9, "quote": text, "stated": [start, end]} for h, r, t, start, end in claims
    ]
    return {"document": f"NEWS:{number}", "claims": told}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    # Late news first: order does not matter.
    told = sorted(enumerate(STORY, 1), key=lambda each: each[1][0], reverse=True)
    articles = write_lines(folder / "news.jsonl", [article(n, day, text) for n, (day, text, _) in told])
    answers = write_lines(folder / "answers.jsonl", [answer(n, text, claims) for n, (_, text, claims) in told])
    output = chronokg("ingest", articles, "--model", f"scripted:{answers}", "--ontology", "general", "--json", home=folder / "home")
    assert counts(output)["committed"] == len(STORY)
    assert counts(output, "claim")["set_aside"] == {}
    assert counts(output, "stated time")["skipped"] == {"no date": 2}  # a weekday, and a year that the text has not
    assert counts(output, "hedged claim")["committed"] == 1
    return folder / "home"


@pytest.fixture(scope="module")
def facts(home: Path) -> dict[tuple[str, str], dict[str, Any]]:
    lines = [json.loads(line) for line in chronokg("export", home=home).splitlines()]
    return {(fact["head"], fact["tail"]): fact for fact in lines if fact["kind"] == "fact"}


def on(day: str, head: str, facts: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    return sorted(
        tail
        for (start, tail), fact in facts.items()
        if start == head and any(opens <= day and (closes is None or day < closes) for opens, closes in fact["intervals"])
    )


@pytest.mark.parametrize(
    ("head", "day", "holders"),
    [
        (PM, "1997-05-01", ["person:blair"]),  # "since May 1997", "from 1997": the earliest day that it can mean
        (PM, "2005-01-01", ["person:blair"]),
        (PM, "2007-06-26", ["person:blair"]),
        (PM, "2007-06-27", ["person:brown"]),
        (PM, "2009-12-31", ["person:brown"]),
        (PM, "2010-05-10", ["person:brown"]),
        (PM, "2010-05-11", ["person:cameron"]),
        (PM, "2012-02-03", ["person:cameron"]),  # a former one spoke: nothing changes
        (PM, "2016-07-12", ["person:cameron"]),
        (PM, "2016-07-13", ["person:may"]),
        (SG, "1996-12-31", []),
        (SG, "2001-09-01", ["person:annan"]),
        (SG, "2006-12-31", ["person:annan"]),
        (SG, "2007-01-01", ["person:ban"]),
        (SG, "2016-06-01", ["person:ban"]),
        (SG, "2017-01-01", ["person:guterres"]),
        ("org:boeing", "2001-08-31", ["place:seattle"]),
        ("org:boeing", "2001-09-01", ["place:chicago"]),
        ("org:boeing", "2023-01-01", ["place:chicago"]),  # "may move" is too weak, whatever year the model made up
        ("org:croatia", "2013-06-30", []),
        ("org:croatia", "2013-07-01", ["org:eu"]),
        ("org:britain", "2020-01-31", ["org:eu"]),
        ("org:britain", "2020-02-01", []),
    ],
)
def test_who_held_what_on_a_day(head: str, day: str, holders: list[str], facts: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert on(day, head, facts) == holders


def test_no_fact_begins_or_ends_on_a_day_that_no_text_gives(facts: dict[tuple[str, str], dict[str, Any]]) -> None:
    days = {day for fact in facts.values() for interval in fact["intervals"] for day in interval if day}
    published = {day for day, _, _ in STORY}
    stated = {
        "1973-01-01",
        "1997-01-01",
        "1997-05-01",
        "2007-06-27",
        "2010-05-11",
        "2007-01-01",
        "2017-01-01",
        "2001-09-01",
        "2013-07-01",
        "2020-02-01",
    }
    assert days <= published | stated
