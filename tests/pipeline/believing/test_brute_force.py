"""The fold against facts worked out from the definitions: several terms of a document, and several sources with trust."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from graph_store.memory_store import MemoryStore
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date
from schema.dates import PartialDate
from schema.document import Document
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ontology import Ontology
from schema.records import Deletion, Restoration, Retraction, RetractionWithdrawal
from tests.conftest import examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.histories import batch_of, days, moments, observations, readings, recorded_in_turn, sourced_histories
from tests.pipeline.believing.brute_force import BruteForce
from tests.pipeline.believing.test_laws import History, exported, log_of, partition

BIOMEDICAL, GENERAL = load_ontology("biomedical"), load_ontology("general")
OFFICE = Entity(EntityKey("office:z"), "Role", "office z")
HOUSE = Entity(EntityKey("org:h"), "Organisation", "the house")
PERSONS = [Entity(EntityKey(f"person:{letter}"), "Person", letter) for letter in "abc"]
STATED = [None, "1990", "1990-03", "1991-05-05", "1993", "1993-12-31", "1994", "1994-01-01", "2003", "2003-05-05", "2010"]


def terms() -> st.SearchStrategy[Observation]:
    """A few documents that state, several times and by several sources, who held an office, belonged to a house or married whom."""
    said = st.one_of(
        st.tuples(st.just(OFFICE), st.just("held_by"), st.sampled_from(PERSONS)),
        st.tuples(st.sampled_from(PERSONS[:1]), st.just("member_of"), st.just(HOUSE)),
        st.permutations(PERSONS[:2]).map(lambda pair: (pair[0], "married_to", pair[1])),
    )
    return st.builds(
        lambda number, when, source, said, confidence, denies, start, end: Observation(
            document=DocumentId(f"N:{number}"),
            published=PartialDate.parse(when),
            source=source,
            head=said[0],
            relation=said[1],
            tail=said[2],
            confidence=confidence,
            polarity=Polarity.DENIES if denies else Polarity.ASSERTS,
            stated_start=PartialDate.parse(start) if start else None,
            stated_end=PartialDate.parse(end) if end else None,
        ),
        st.integers(1, 4),
        st.sampled_from(["1994", "2004", "2004-06-01"]),
        st.sampled_from(["news", "blog", " Blog", "gossip"]),
        said,
        st.sampled_from([0.5, 0.6, 0.7, 0.9, 0.99]),
        st.sampled_from([False, False, False, True]),
        st.sampled_from(STATED),
        st.sampled_from(STATED),
    )


def notices(prefix: str, sources: list[str | None]) -> st.SearchStrategy[Any]:
    """Retractions, deletions and what takes them back, of the same documents, by sources and by a person."""
    keys, by = st.integers(1, 4).map(lambda n: DocumentId(f"{prefix}:{n}")), st.sampled_from(sources)
    return st.one_of(
        st.builds(Retraction, keys, st.none(), st.none() | keys, by),
        st.builds(RetractionWithdrawal, keys, st.just("command"), by),
        st.builds(Deletion, keys, st.just("file"), by),
        st.builds(Restoration, keys, st.just("command"), st.none()),
    )


@st.composite
def offices(draw: Any) -> History:
    said = draw(st.lists(terms(), min_size=1, max_size=14))
    return recorded_in_turn([[record] for record in [*said, *draw(st.lists(notices("N", [None, "news", "blog"]), max_size=2))]])


def stated_days() -> st.SearchStrategy[Any]:
    """First days of what is stated: the days on which something begins or is over."""
    return st.sampled_from([PartialDate.parse(text).first for text in STATED if text])


TRUST = st.sampled_from(
    [
        {},
        {"blog": 0.3},
        {"news": 1.0, "blog": 0.3, "default": 0.4},
        {"news": 0.8, "blog": 0.8, "gossip": 0.0},
        {"default": 0.4},
        {"BLOG": 0.0, "news": 0.6, "default": 0.6},
    ]
)
MEDICAL_TRUST = st.sampled_from(
    [
        {},
        {"preprints": 0.5},
        {"Preprints ": 0.3, "default": 0.6, "pubmed": 1.0},
        {"default": 0.4},
        {"pubmed": 0.9, "preprints": 0.9, "default": 0.0},
        {"preprints": 0.0},
    ]
)


def said_by(history: History, ontology: Ontology, trust: dict[str, float], day: Any, moment: Any) -> tuple[list[Any], list[Any]]:
    graph = fold(all_evidence(log_of(history)), Rules(ontology, trust=trust), as_of=day, known_at=moment, histories=False)
    brute = BruteForce([r for records in history for r in records], ontology, trust, day, moment)
    return [json.loads(line) for line in canonical_lines(graph.facts, [], [])], brute.facts()


def by_triple(facts: list[Any]) -> list[Any]:
    return sorted(facts, key=lambda fact: (fact["head"], fact["relation"], fact["tail"]))


@given(
    offices(), TRUST, st.none() | st.sampled_from(STATED[1:]).map(lambda text: PartialDate.parse(str(text)).first), st.none() | moments(16)
)
@settings(max_examples=examples(400), deadline=None)
def test_terms_of_documents_come_to_what_the_definitions_say(history: History, trust: dict[str, float], day: Any, moment: Any) -> None:
    found, wanted = said_by(history, GENERAL, trust, day, moment)
    assert by_triple(found) == by_triple(wanted)


@given(sourced_histories(BIOMEDICAL), MEDICAL_TRUST, st.none() | days(), st.none() | moments(16))
@settings(max_examples=examples(400), deadline=None)
def test_several_sources_with_trust_come_to_what_the_definitions_say(
    history: History, trust: dict[str, float], day: Any, moment: Any
) -> None:
    found, wanted = said_by(history, BIOMEDICAL, trust, day, moment)
    assert by_triple(found) == by_triple(wanted)


@given(offices(), TRUST, st.dates(PartialDate.parse("1989").first, PartialDate.parse("2011").first))
@settings(max_examples=examples(200), deadline=None)
def test_the_offices_held_on_a_day_are_those_of_the_fold_up_to_that_day(history: History, trust: dict[str, float], day: Any) -> None:
    rules, evidence = Rules(GENERAL, trust=trust), all_evidence(log_of(history))
    whole, then = fold(evidence, rules), fold(evidence, rules, as_of=day)
    assert {f.triple for f in whole.facts if f.holds_on(day)} == {f.triple for f in then.facts if f.status == "current"}


@given(offices(), TRUST, st.integers(0, 10**6))
@settings(max_examples=examples(150), deadline=None)
def test_terms_come_to_the_same_graph_in_any_order_and_any_partition(history: History, trust: dict[str, float], seed: int) -> None:
    store, log, rules = MemoryStore(), MemoryEvidenceLog(), Rules(GENERAL, trust=trust)
    for records in partition(history, seed):
        log.append(batch_of(records), records)
        bring_up_to_date(log, store, rules)
    assert exported(store) == exported(fold(all_evidence(log_of(history)), rules))


@st.composite
def planted(draw: Any) -> History:
    """What a source that nobody trusts brings: lines, editions that claim to be newer, readings of them, notices."""
    units: list[list[Any]] = [[replace(o, source="Spam ")] for o in draw(st.lists(observations(4), max_size=4))]
    for _, reading, *said in draw(st.lists(readings(BIOMEDICAL, 4), max_size=2)):
        document = Document(reading.document, "Planted", published=PartialDate.parse("1990"), source="spam", version=99)
        again = replace(reading, revision=document.revision)
        units.append(
            [document, again, *(replace(o, source="spam", revision=document.revision) for o in said if isinstance(o, Observation))]
        )
    units += [[event] for event in draw(st.lists(notices("PMID", ["spam", "SPAM"]), max_size=3)) if not isinstance(event, Restoration)]
    return recorded_in_turn(units)


@given(
    sourced_histories(BIOMEDICAL), planted(), st.sampled_from([{"spam": 0.0}, {"pubmed": 0.9, "preprints": 0.9, "default": 0.8, "spam": 0}])
)
@settings(max_examples=examples(200), deadline=None)
def test_what_a_source_without_trust_plants_changes_neither_facts_nor_what_documents_are(
    history: History, more: History, trust: dict[str, float]
) -> None:
    rules = Rules(BIOMEDICAL, trust=trust)
    before, after = (fold(all_evidence(log_of(some)), rules, histories=False) for some in (history, [*more, *history]))
    known = {document.id for document in before.documents}
    told = [r.record for records in history for r in records]
    spoken = {getattr(record, "document", getattr(record, "id", None)) for record in told if isinstance(record, Observation | Document)}
    assert after.facts == before.facts
    assert [document for document in after.documents if document.id in spoken & known] == list(before.documents)
