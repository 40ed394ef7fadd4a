"""Raw replies of the kinds that small models give, replayed from files: each is repaired, or refused with its reason and kept.

A file `NAME.xN.txt` holds what is repeated N times.
"""

import asyncio
import json
from pathlib import Path

import pytest

from agents.adjudication.adjudicator import ModelAdjudicator
from agents.names.names_by_votes import VoteNames
from agents.relations.relations_by_votes import VoteRelations
from schema.document import Document, Passage
from schema.errors import ModelFailed
from schema.ids import DocumentId
from tests.agents.adjudication.examples import conflict
from tests.agents.fakes import BIOMEDICAL, FakeModel, aspirin

FOLDER = Path(__file__).parent

NO_ANSWER = {
    "brackets": "more than 64 deep",
    "chinese-prose": "no JSON in it",
    "empty": "is empty",
    "one-character": "no JSON in it",
    "prose": "no JSON in it",
    "think-without-end": "a thought and no answer",
}
REPAIRED = [
    "byte-order-mark", "code-fence", "comments", "json-lines", "python-dict", "schema-then-answer", "smart-quotes", "think",
    "trailing-commas", "unquoted-keys", "wrapped-keys",
]  # fmt: skip

BOTH_NAMES = ["Chemical Aspirin", "Disease headache"]
MENTIONS = {
    **dict.fromkeys([*REPAIRED, "by-type", "lists-in-lists", "nested-lists", "not-a-number", "numbers"], BOTH_NAMES),
    **dict.fromkeys(["absurd-names", "duplicate-keys", "unknown-types"], BOTH_NAMES[1:]),
    "none": [],
    "truncated": BOTH_NAMES[:1],
}
NO_MENTIONS = NO_ANSWER | {
    "chinese-types": "is none of the ontology's",
    "german-keys": "is none of the ontology's",
    "not-in-the-text": "'Paracetamol' is not in the text",
    "schema-echo": "names nothing",
    "whitespace-loop": "cut off before its first name",
}

BOTH_CLAIMS = ["MESH:D001241 treat MESH:D006261 asserts", "MESH:D007052 cause MESH:D005756 denies"]
CLAIMS = {
    **dict.fromkeys([*REPAIRED, "nested-lists", "numbers-as-text"], BOTH_CLAIMS),
    **dict.fromkeys(["duplicate-keys", "not-a-number", "subject-predicate-object", "truncated", "unknown-ids"], BOTH_CLAIMS[:1]),
}
NO_CLAIMS = NO_ANSWER | {
    "chinese-keys": "makes no claim",
    "german-relation": "'behandelt' is not a relation of the ontology",
    "none": "say none",
    "only-unknown-ids": "'Aspirine' is not an entity of the document",
    "schema-echo": "makes no claim",
    "whitespace-loop": "cut off before its first claim",
}

RULED = [*REPAIRED, "truncated"]
NO_RULING = NO_ANSWER | {
    "duplicate-keys": "'verdict' twice with different values",
    "german": "gives no verdict",
    "schema-echo": "gives no verdict",
    "unknown-verdict": "none of both, newer, older",
    "whitespace-loop": "gives no verdict",
}


def replies(kind: str) -> dict[str, str]:
    found = {}
    for path in (FOLDER / kind).glob("*.txt"):
        name, _, times = path.stem.partition(".x")
        found[name] = path.read_text(encoding="utf-8") * int(times or 1)
    return found


def plain_text() -> Document:
    return Document(DocumentId("PMID:1"), aspirin().title, (Passage(aspirin().passages[0].text),))


def found_in(reply: str, model: FakeModel | None = None) -> list[str]:
    found = asyncio.run(VoteNames(model or FakeModel(answers=[reply]), BIOMEDICAL).find(plain_text()))
    return [f"{mention.type} {mention.text}" for mention in found.mentions]


@pytest.mark.parametrize(("kind", "known"), [("mentions", MENTIONS | NO_MENTIONS), ("votes", CLAIMS | NO_CLAIMS)])
def test_every_reply_is_replayed(kind, known):
    assert replies(kind).keys() == known.keys()
    assert replies("rulings").keys() == {*RULED, *NO_RULING}


@pytest.mark.parametrize("name", MENTIONS)
def test_names_are_read_from_what_can_mean_one_thing_only(name):
    assert found_in(replies("mentions")[name]) == MENTIONS[name]


@pytest.mark.parametrize("name", NO_MENTIONS)
def test_a_reply_that_names_nothing_usable_ends_the_document_after_few_requests_and_is_kept(name):
    reply = replies("mentions")[name]
    model = FakeModel(answers=[reply])
    with pytest.raises(ModelFailed, match=NO_MENTIONS[name]) as caught:
        found_in(reply, model)
    assert caught.value.reply == reply
    assert len(str(caught.value)) < 1000
    assert len(model.sampled) <= 6


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_are_read_from_what_can_mean_one_thing_only(name):
    claims = asyncio.run(VoteRelations(FakeModel(answers=[replies("votes")[name]]), BIOMEDICAL, votes=4).read(aspirin())).claims
    assert sorted(f"{claim.head} {claim.relation} {claim.tail} {claim.polarity}" for claim in claims) == CLAIMS[name]


@pytest.mark.parametrize("name", NO_CLAIMS)
def test_a_reply_that_claims_nothing_usable_ends_the_document_after_few_requests_and_is_kept(name):
    reply = replies("votes")[name]
    model = FakeModel(answers=[reply])
    with pytest.raises(ModelFailed, match=NO_CLAIMS[name]) as caught:
        asyncio.run(VoteRelations(model, BIOMEDICAL, votes=9).read(aspirin()))
    assert caught.value.reply == reply
    assert len(str(caught.value)) < 1000
    assert sum(n for _, n, _, _ in model.sampled) <= 9


@pytest.mark.parametrize("name", RULED)
def test_a_ruling_is_read_from_what_can_mean_one_thing_only(name):
    opinion = asyncio.run(ModelAdjudicator(FakeModel(answers=[replies("rulings")[name]]), BIOMEDICAL).rule(conflict()))
    assert (opinion.verdict, opinion.reason[:21]) == ("both", "Different patients we")


@pytest.mark.parametrize("name", NO_RULING)
def test_a_reply_without_a_usable_ruling_leaves_the_conflict_open_and_is_kept(name):
    reply = replies("rulings")[name]
    with pytest.raises(ModelFailed, match=NO_RULING[name]) as caught:
        asyncio.run(ModelAdjudicator(FakeModel(answers=[reply]), BIOMEDICAL).rule(conflict()))
    assert caught.value.reply == reply


def test_one_bad_answer_of_three_is_outvoted():
    good = json.dumps({"mentions": [{"type": "Chemical", "text": "Aspirin"}]})
    for name in NO_MENTIONS:
        assert found_in("", FakeModel(answers=[replies("mentions")[name], good, good])) == BOTH_NAMES[:1]
