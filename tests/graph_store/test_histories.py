"""Any sequence of changes gives the same graph in every store."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_store.cypher.cypher_store import CypherStore
from graph_store.memory_store import MemoryStore
from schema.fact import Closure, Fact, Holding, Interval, Report, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity
from schema.ports import GraphChange
from tests.conftest import examples
from tests.graph_store.builders import FINGERPRINT, KNOWN, ONTOLOGY, change, entity, source, state
from tests.graph_store.conftest import emptied

KEYS = [EntityKey(f"MESH:{letter}") for letter in "ABC"]
TRIPLES = [Triple(head, relation, tail) for head in KEYS for tail in KEYS if head != tail for relation in ("stimulate", "inhibit")]
DOCUMENTS = [DocumentId(f"PMID:{number}") for number in range(4)]
some_triples = st.sampled_from(TRIPLES)
beliefs = st.integers(0, 1_000_000).map(lambda millionths: millionths / 1_000_000)


@st.composite
def holdings(draw: st.DrawFn) -> tuple[Holding, ...]:
    lengths = draw(st.lists(st.integers(1, 900), max_size=5))
    start, found = date(2000, 1, 1), []
    for place, length in enumerate(lengths):
        end = start + timedelta(days=length)
        last = place == len(lengths) - 1
        closes = end if not last or draw(st.booleans()) else None
        if place % 2 == 0:
            found.append(Holding(Interval(start, closes), draw(beliefs), draw(st.integers(0, 9))))
        start = end
    return tuple(found)


closures = st.builds(
    Closure,
    on=st.dates(date(2000, 1, 1), date(2009, 1, 1)),
    by=st.none() | some_triples,
    because=st.lists(st.sampled_from(DOCUMENTS), unique=True, max_size=2).map(tuple),
    rule=st.sampled_from(["weighted_by_recency", "denied", "ruling"]),
)
reports = st.builds(
    Report,
    document=st.sampled_from(DOCUMENTS),
    polarity=st.sampled_from(Polarity),
    confidence=beliefs,
    quote=st.text(max_size=5),
    method=st.just("labels"),
    model=st.just("m"),
    prompt=st.just("1"),
    recorded_at=st.just(KNOWN),
)
facts = st.builds(
    Fact,
    triple=some_triples,
    belief=beliefs,
    status=st.sampled_from(Status),
    support=st.integers(0, 5),
    first_seen=st.none() | st.dates(date(1990, 1, 1), date(2020, 1, 1)),
    last_seen=st.none() | st.dates(date(1990, 1, 1), date(2020, 1, 1)),
    holdings=holdings(),
    closed=st.lists(closures, max_size=3, unique_by=lambda each: (each.on, each.by)).map(tuple),
    reports=st.lists(reports, max_size=3, unique_by=lambda each: (each.document, each.polarity)).map(tuple),
)


@st.composite
def changes(draw: st.DrawFn) -> GraphChange:
    written = draw(st.lists(facts, max_size=4, unique_by=lambda each: each.triple))
    named = {each.document for one in written for each in one.reports}
    return change(
        *written,
        batch=draw(st.sampled_from("abcdef")),
        entities=[entity(key, draw(st.sampled_from(["Gene", "Chemical"])), draw(st.sampled_from(["x", "y"]))) for key in KEYS],
        documents=[source(key, title=draw(st.text(max_size=3))) for key in sorted(named)],
        gone_facts=draw(st.lists(some_triples.filter(lambda each: each not in {one.triple for one in written}), unique=True, max_size=4)),
        gone_documents=draw(st.lists(st.sampled_from(DOCUMENTS).filter(lambda each: each not in named), unique=True, max_size=2)),
    )


@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(changes(), min_size=1, max_size=5))
def test_every_store_shows_the_same_after_the_same_changes(server: CypherStore, history: list[GraphChange]) -> None:
    memory = MemoryStore()
    assert memory.prepare(ONTOLOGY, FINGERPRINT)
    emptied(server)
    for step in history:
        for store in (memory, server):
            store.apply(step)
        assert state(server) == state(memory), server.name
