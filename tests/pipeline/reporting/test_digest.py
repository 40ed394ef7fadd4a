"""What a digest tells: only what changed between two moments, with the sentences that changed it."""

from datetime import timedelta
from typing import Any

from pipeline.believing.rules import Rules
from pipeline.reporting.digest import TOLD, digest_of
from pipeline.reporting.digest_in_words import HEADINGS, digest_in_words
from schema.observation import Entity
from schema.ontology import Ontology
from tests.pipeline.reporting.told import EVIL, LINES, START, evidence_of

A_DAY = timedelta(days=1)
LATER = START + 2 * A_DAY


def as_called(entities: Any) -> dict[Any, Entity]:
    return {entity.key: entity for entity in entities}


def digest(biomedical: Ontology, since: Any = START, *, retracted: str | None = None, most: int = 20, until: Any = LATER) -> dict[str, Any]:
    evidence = evidence_of(biomedical, [each for each in LINES if each["document"] != "PMID:4"], retracted)
    return digest_of(evidence, Rules(biomedical), since, until, as_called, most)


def test_what_was_overturned_names_what_holds_now_and_the_sentence_that_did_it(biomedical: Ontology) -> None:
    told = digest(biomedical)
    assert (told["documents"], told["facts"], told["retracted"]) == (3, {"opened": 1, "overturned": 1}, [])
    (fell,), (new,) = told["changes"]["overturned"], told["changes"]["opened"]
    assert (fell["fact"], fell["held"], fell["belief"]) == ("a drug prevents an illness", ["2001-03-01", "2010-03-01"], 0.94)
    assert fell["now"] == "a drug causes an illness"
    cause = {
        "document": "PMID:3",
        "published": "2010-03-01",
        "citation": "PMID:3, 2010-03-01",
        "page": "https://pubmed.ncbi.nlm.nih.gov/3/",
        "quote": "sentence of PMID:3",
        "retracted": False,
    }
    assert fell["because"] == new["because"] == [cause]


def test_what_was_so_before_is_no_news(biomedical: Ontology) -> None:
    told = digest(biomedical, START + A_DAY / 2)
    assert (told["documents"], told["facts"], told["changes"]) == (0, {}, {})
    assert digest_in_words(told).splitlines()[2] == "0 documents new; facts: nothing changed."
    assert digest(biomedical, START - A_DAY, until=START - A_DAY / 2)["facts"] == {}


def test_a_retraction_withdraws_what_it_alone_supported_and_lets_come_back_what_that_had_closed(biomedical: Ontology) -> None:
    told = digest(biomedical, START + A_DAY / 2, retracted="PMID:3")
    assert told["facts"] == {"reopened": 1, "withdrawn": 1}
    assert told["retracted"] == ["PMID:3, 2010-03-01"]
    (gone,) = told["changes"]["withdrawn"]
    assert [(each["quote"], each["retracted"]) for each in gone["because"]] == [("sentence of PMID:3", True)]
    (back,) = told["changes"]["reopened"]
    assert (back["held"], back["now"]) == (["2001-03-01", None], "holds")
    # First what let it come back, then what it rests on.
    assert [(each["document"], each["retracted"]) for each in back["because"]] == [("PMID:3", True), ("PMID:1", False), ("PMID:2", False)]


def test_a_denial_is_what_closed_a_fact(biomedical: Ontology) -> None:
    evidence = evidence_of(biomedical, [LINES[0], LINES[3]], None)
    (fell,) = digest_of(evidence, Rules(biomedical), START, LATER, as_called)["changes"]["overturned"]
    assert (fell["now"], [each["quote"] for each in fell["because"]]) == ("denied", ["sentence of PMID:4"])


def test_no_more_of_a_kind_is_told_than_there_is_room_for(biomedical: Ontology) -> None:
    more = [{**LINES[0], "tail": {"key": f"MESH:D{n}", "type": "Disease", "name": f"illness {n}"}} for n in range(2, 7)]
    told = digest_of(evidence_of(biomedical, more, None), Rules(biomedical), START, LATER, as_called, most=2)
    assert (len(told["changes"]["opened"]), told["left_out"]) == (2, {"opened": 3})
    assert digest_in_words(told).splitlines()[-1] == "- and 3 more"


def test_texts_of_others_are_no_markdown(biomedical: Ontology) -> None:
    lines = [{**LINES[0], "quote": f"# [click](javascript:x) {EVIL}\n- **forged**"}]
    words = digest_in_words(digest_of(evidence_of(biomedical, lines, None), Rules(biomedical), START, LATER, as_called))
    (quoted,) = [line for line in words.splitlines() if "click" in line]
    assert r"\# \[click\](javascript:x) \</script\>" in quoted
    assert r"\*\*forged\*\*" in quoted


def test_every_kind_that_is_told_has_a_heading() -> None:
    assert tuple(HEADINGS) == TOLD
