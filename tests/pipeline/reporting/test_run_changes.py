"""What a run changed its mind about: a line each, weightiest first, in a table and in words."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.believing.fold import Graph, fold
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.reporting.run_changes import changes_as_markdown, changes_as_text, changes_told
from pipeline.updating.changed_facts import ChangedFacts
from schema.ontology import Ontology
from tests.flows.commands.running import line
from tests.pipeline.reporting.test_digest import as_called
from tests.pipeline.reporting.told import EVIL, LINES, START, evidence_of

OLD, NEWER, CAUSE, DENIAL = LINES


def graph(ontology: Ontology, lines: list[dict[str, Any]], retracted: str | None = None, at: timedelta = timedelta(days=9)) -> Graph:
    rules = Rules(ontology)
    return fold(without_deleted(evidence_of(ontology, lines, retracted), rules), rules, known_at=START + at, histories=False)


def told(before: Graph, now: Graph, most: int = 10) -> dict[str, Any]:
    changed = ChangedFacts()
    states = {fact.id: fact.state for fact in before.facts}
    changed.take(states, now.facts, states.keys() - {fact.id for fact in now.facts})
    return changes_told(*changed.moved(most), before, now, as_called)


def test_an_overturned_fact_says_what_was_what_is_and_because_of_which_sentence(biomedical: Ontology) -> None:
    (line,) = told(graph(biomedical, [OLD, NEWER]), graph(biomedical, [OLD, NEWER, CAUSE]))["lines"]
    assert (line["kind"], line["fact"]) == ("overturned", "a drug prevents an illness")
    assert line["was"] == "holds since 2001-03-01 (belief 0.94, 2 documents)"
    assert line["now"] == "a drug causes an illness, from 2010-03-01"
    assert line["because"] == [
        {
            "document": "PMID:3",
            "published": "2010-03-01",
            "citation": "PMID:3, 2010-03-01",
            "page": "https://pubmed.ncbi.nlm.nih.gov/3/",
            "quote": "sentence of PMID:3",
            "retracted": False,
        }
    ]
    assert line["further"] == 0


def test_a_retraction_withdraws_one_fact_and_brings_back_the_other(biomedical: Ontology) -> None:
    before = graph(biomedical, [OLD, NEWER, CAUSE], "PMID:3", timedelta(hours=1))
    now = graph(biomedical, [OLD, NEWER, CAUSE], "PMID:3")
    lines = {line["kind"]: line for line in told(before, now)["lines"]}
    assert lines["withdrawn"]["now"] == "nothing supports it any more"
    assert [(each["document"], each["retracted"]) for each in lines["withdrawn"]["because"]] == [("PMID:3", True)]
    assert lines["reopened"]["was"] == "held 2001-03-01 to 2010-03-01"
    assert lines["reopened"]["now"] == "holds since 2001-03-01 (belief 0.94, 2 documents)"
    assert lines["reopened"]["because"][0]["retracted"]


def test_what_never_held_is_contested(biomedical: Ontology) -> None:
    weak = line("PMID:9", "2005-03-01", "cause", 0.65)
    (contested,) = told(graph(biomedical, [OLD, NEWER]), graph(biomedical, [OLD, NEWER, weak]))["lines"]
    assert (contested["kind"], contested["was"]) == ("contested", "not known")
    assert contested["now"].startswith("is contested")


def test_what_opened_or_was_reinforced_overturned_nothing(biomedical: Ontology) -> None:
    assert told(graph(biomedical, [OLD]), graph(biomedical, [OLD, NEWER])) == {"lines": [], "left_out": {}}
    assert changes_as_markdown({"lines": [], "left_out": {}}) == changes_as_text({"lines": [], "left_out": {}}) == ""


def about(number: int, each: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**each, "tail": {"key": f"MESH:D{number}", "type": "Disease", "name": f"illness {number}"}, **changed}


def test_the_weightiest_come_first_and_what_there_is_no_room_for_is_counted(biomedical: Ontology) -> None:
    before = [about(number, OLD, confidence=0.60 + number / 100) for number in range(2, 7)]
    after = [*before, *(about(number, CAUSE) for number in range(2, 7))]
    found = told(graph(biomedical, before), graph(biomedical, after), most=2)
    assert [line["fact"] for line in found["lines"]] == ["a drug prevents illness 6", "a drug prevents illness 5"]
    assert found["left_out"] == {"overturned": 3}
    assert changes_as_markdown(found).splitlines()[-1] == "And 3 more overturned."
    assert changes_as_text(found).splitlines()[-1] == "and 3 more overturned"


def test_of_many_documents_some_are_told_and_the_rest_counted(biomedical: Ontology) -> None:
    causes = [line(f"PMID:{number}", "2010-03-01", "cause", 0.90) for number in range(30, 37)]
    found = told(graph(biomedical, [OLD, NEWER]), graph(biomedical, [OLD, NEWER, *causes]))
    (overturned,) = found["lines"]
    assert (len(overturned["because"]), overturned["further"]) == (3, 4)
    assert "and 4 more" in changes_as_markdown(found)
    assert changes_as_text(found).endswith("; 4 more")


@pytest.mark.parametrize("evil", [EVIL, "a | b\n- **forged**", "[click](javascript:x)"])
def test_texts_of_others_break_neither_the_table_nor_a_line(biomedical: Ontology, evil: str) -> None:
    found = told(graph(biomedical, [OLD, NEWER]), graph(biomedical, [OLD, NEWER, {**CAUSE, "quote": evil}]))
    table = changes_as_markdown(found).splitlines()
    assert len(table) == 3
    assert table[2].replace("\\|", "").count("|") == 6
    assert "<script>" not in table[2].replace("\\<", "")
    assert len(changes_as_text(found).splitlines()) == 1


def test_a_line_of_text_says_all_of_it(biomedical: Ontology) -> None:
    words = changes_as_text(told(graph(biomedical, [OLD, NEWER]), graph(biomedical, [OLD, NEWER, CAUSE])))
    assert words == (
        "overturned: a drug prevents an illness; was: holds since 2001-03-01 (belief 0.94, 2 documents);"
        ' now: a drug causes an illness, from 2010-03-01; because of "sentence of PMID:3" PMID:3, 2010-03-01'
    )
