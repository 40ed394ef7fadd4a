"""What is retrieved of some entities is what the fold of the whole log has of them, on any day and as known at any moment."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.home.settings import load_ontology
from pipeline.believing.fold import Graph, fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules, source_name
from pipeline.finding.found_entities import FoundEntity
from pipeline.finding.question_names import NameAsked
from pipeline.retrieving.chosen_facts import Retrieval
from pipeline.retrieving.context import ONLY_DENIED, context
from pipeline.retrieving.fact_filter import FactFilter, wanted_facts
from pipeline.retrieving.kept_neighbourhoods import KeptNeighbourhoods
from pipeline.retrieving.neighbourhood import TOLD_CHANGES, all_facts, facts_on, neighbourhood_of
from pipeline.updating.graph_changes import current_names
from schema.events import EventKind
from schema.fact import Fact, Status, Triple
from schema.ids import EntityKey
from schema.observation import Entity, Polarity
from schema.ports import EvidenceLog
from tests.conftest import examples
from tests.histories import CHEMICALS, DISEASES, GENES, NAMED, SOURCES, TYPES, days, histories, moments, rules_for
from tests.pipeline.believing.test_laws import History, log_of

ONTOLOGY = load_ontology("biomedical")
KEYS = [entity.key for entity in [*CHEMICALS, *DISEASES, *GENES, *NAMED]]
SOME_KEYS = st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True)
LIMITS = st.tuples(st.none() | days(), st.none() | moments(20))
FILTERS = st.builds(
    FactFilter,
    statuses=st.frozensets(st.sampled_from(Status), min_size=1),
    relations=st.frozensets(st.sampled_from(["treat", "cause", "inhibit"]), max_size=2),
    types=st.frozensets(st.sampled_from(["Chemical", "Disease"]), max_size=1),
    least_belief=st.sampled_from([0.0, 0.0, 0.7]),
    sources=st.frozensets(st.sampled_from(SOURCES), max_size=1),
    publication_types=st.frozensets(st.sampled_from([kind for kinds in TYPES for kind in kinds]), max_size=1),
)


def whole(log: EvidenceLog, rules: Rules, as_of: date | None, known_at: datetime | None) -> Graph:
    return fold(all_evidence(log), rules, as_of=as_of, known_at=known_at)


def beside(facts: Collection[Fact], keys: Collection[EntityKey]) -> list[Fact]:
    return [fact for fact in facts if fact.triple.head in keys or fact.triple.tail in keys]


def called_in(log: EvidenceLog, rules: Rules, known_at: datetime | None) -> Any:
    def called(keys: Collection[EntityKey]) -> Mapping[EntityKey, Entity]:
        return {entity.key: entity for entity in current_names(log, rules, sorted(set(keys)), known_at)}

    return called


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), LIMITS, SOME_KEYS)
@settings(max_examples=examples(120), deadline=None)
def test_the_facts_of_entities_are_those_of_the_whole_fold(history: History, rules: Rules, limits: Any, keys: list[EntityKey]) -> None:
    log, (as_of, known_at) = log_of(history), limits
    expected = beside(whole(log, rules, as_of, known_at).facts, keys)
    found = neighbourhood_of(log, rules, keys, as_of=as_of, known_at=known_at)
    triples = [Triple(*cells) for cells in found.facts.select("head", "relation", "tail").iter_rows()]
    assert sorted(triples) == [fact.triple for fact in expected]
    assert found.as_facts(sorted(triples)) == expected
    rows = {Triple(*cells[:3]): cells[3:] for cells in found.facts.iter_rows()}
    assert all(rows[fact.triple] == (fact.belief, fact.support, fact.first_seen, fact.last_seen, fact.status.value) for fact in expected)
    everything = all_facts(log, rules, as_of=as_of, known_at=known_at)
    assert everything.facts.height == len(whole(log, rules, as_of, known_at).facts)
    questions = {rules.question(triple) for triple in triples}
    assert facts_on(log, rules, questions, as_of=as_of, known_at=known_at).as_facts(sorted(triples)) == expected


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), LIMITS, SOME_KEYS)
@settings(max_examples=examples(80), deadline=None)
def test_what_changed_is_what_a_walk_of_every_question_tells(history: History, rules: Rules, limits: Any, keys: list[EntityKey]) -> None:
    log, (as_of, known_at) = log_of(history), limits
    walked = whole(log, rules, as_of, known_at).histories
    changed = [event for events in walked.values() for event in events if event.kind in TOLD_CHANGES]
    found = all_facts(log, rules, as_of=as_of, known_at=known_at)
    told = [event for event in changed if event.side.polarity is Polarity.ASSERTS or event.kind is EventKind.CONTESTED]
    assert sorted(map(repr, found.events())) == sorted(map(repr, told))
    since, until = date(2000, 6, 1), date(2005, 1, 1)
    assert sorted(map(repr, found.events(since, until))) == sorted(repr(event) for event in told if since <= event.on < until)
    near = neighbourhood_of(log, rules, keys, as_of=as_of, known_at=known_at)
    triples = {event.side.triple for event in changed if {event.side.triple.head, event.side.triple.tail} & set(keys)}
    of_triples = near.events_of(triples)
    assert of_triples == {triple: [event for event in changed if event.side.triple == triple] for triple in triples}


@given(histories(ONTOLOGY), rules_for(ONTOLOGY), LIMITS, SOME_KEYS, FILTERS)
@settings(max_examples=examples(120), deadline=None)
def test_what_is_wanted_is_what_a_loop_over_all_facts_lets_through(
    history: History, rules: Rules, limits: Any, keys: list[EntityKey], wanted: FactFilter
) -> None:
    log, (as_of, known_at) = log_of(history), limits
    graph, called = whole(log, rules, as_of, known_at), called_in(log, rules, known_at)
    sources = {source.id: source for source in graph.documents}

    def has(fact: Fact, asked: frozenset[str], of: Any) -> bool:
        said = [sources[r.document] for r in fact.reports if r.polarity is Polarity.ASSERTS]
        return not asked or any(source_name(one) in map(source_name, asked) for source in said for one in of(source))

    def lets_through(fact: Fact) -> bool:
        head, _, tail = fact.triple
        ends = [(head, tail), (tail, head)]
        kinds = {key: entity.type for key, entity in called([head, tail]).items()}
        one = wanted.sources
        # Source and publication type have to be those of one and the same document.
        both = not (one and wanted.publication_types) or any(
            has_all(sources[r.document]) for r in fact.reports if r.polarity is Polarity.ASSERTS
        )
        return (
            fact.status in wanted.statuses
            and (not wanted.relations or fact.triple.relation in wanted.relations)
            and fact.belief >= wanted.least_belief
            and (not wanted.types or any(here in keys and kinds.get(there) in wanted.types for here, there in ends))
            and has(fact, wanted.sources, lambda source: [source.source])
            and has(fact, wanted.publication_types, lambda source: source.publication_types)
            and both
        )

    def has_all(source: Any) -> bool:
        return source_name(source.source) in map(source_name, wanted.sources) and bool(
            wanted.publication_types & set(source.publication_types)
        )

    found = neighbourhood_of(log, rules, keys, as_of=as_of, known_at=known_at)
    rows = wanted_facts(found, wanted, keys, called)
    expected = [fact.triple for fact in beside(graph.facts, keys) if lets_through(fact)]
    assert sorted(Triple(*cells) for cells in rows.select("head", "relation", "tail").iter_rows()) == expected


@given(
    histories(ONTOLOGY),
    rules_for(ONTOLOGY),
    LIMITS,
    SOME_KEYS,
    st.sampled_from(["what of it?", "does it still treat?"]),
    st.integers(1, 30),
)
@settings(max_examples=examples(120), deadline=None)
def test_a_context_tells_no_closed_fact_as_current_and_all_that_holds(
    history: History, rules: Rules, limits: Any, keys: list[EntityKey], question: str, limit: int
) -> None:
    log, (as_of, known_at) = log_of(history), limits
    graph = whole(log, rules, as_of, known_at)
    facts = {fact.triple: fact for fact in graph.facts}
    asked = [NameAsked(key, FoundEntity(key, key, "Chemical", 1.0, "its key")) for key in keys]
    told = context(
        question, asked, KeptNeighbourhoods(log, rules), Retrieval(as_of, known_at, limit=limit), called_in(log, rules, known_at)
    )
    of_change = "still" in question
    shown = [(Triple(each["head"], each["relation"], each["tail"]), each) for each in told["facts"]]
    for number, (triple, item) in enumerate(shown):
        fact = facts.get(triple)
        is_inner = triple.head in keys and triple.tail in keys
        assert (number < told["between"]) == is_inner
        assert item["status"] == (ONLY_DENIED if fact is None else fact.status.value)
        assert is_inner or of_change or item["status"] == Status.CURRENT
        if item["status"] != Status.CURRENT:
            assert f"[{item['marker']}] {item['head_name']} {item['relation']} {item['tail_name']} ({item['status']}" in told["text"]
        else:
            assert item["until"] is None
            assert fact is not None
            assert as_of is None or fact.holds_on(as_of)
    wanted = [
        fact.triple
        for fact in beside(graph.facts, keys)
        if of_change or fact.status is Status.CURRENT or {fact.triple.head, fact.triple.tail} <= set(keys)
    ]
    denied = {triple for triple in graph.reports if {triple.head, triple.tail} <= set(keys) and triple not in facts}
    assert len(shown) == len({triple for triple, _ in shown}) == min(limit, len(wanted) + len(denied))
    assert told["left_out"] == len(wanted) + len(denied) - len(shown)
    assert len(shown) < limit or told["left_out"] >= 0
    assert {triple for triple, _ in shown} <= {*wanted, *denied}
