"""How fast the graph is built and read on a real Neo4j: `python benchmarks/graph/constructing.py PART --graph bolt://… [options]`.

Parts: `write` (against the same rows written plainly), `growth` (a batch at 10,000 and at a million facts, and about questions that
thousands of documents speak of), `peer` (against MedKGent's writer, whose kg.py lies in --medkgent). The server's user and password
are taken from CHRONOKG_GRAPH_USER and CHRONOKG_GRAPH_PASSWORD. The graph is cleared.
"""

import argparse
import importlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import neo4j

from benchmarks.common import BIOMEDICAL, graph_user, options_of
from benchmarks.graph.made import AT, observations
from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.driver import Connection
from graph_store.log.delta_log import DeltaEvidenceLog
from pipeline.believing.rules import Rules
from pipeline.line import bring_up_to_date
from schema.ids import BatchId, DocumentId
from schema.observation import Entity, Observation
from schema.records import Recorded

RULES = Rules(BIOMEDICAL)
Said = list[Recorded[Observation]]


def opened(uri: str) -> CypherStore:
    store = CypherStore(Connection(uri, *graph_user(), "neo4j"))
    store.clear()
    store.prepare(RULES.ontology, RULES.fingerprint)
    return store


def seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def ours(store: CypherStore, said: Said, at_once: int, *, each: bool) -> None:
    """What `observe` does once lines are parsed: log, fold, history, graph; the graph follows at the end, or after `each` batch."""
    with tempfile.TemporaryDirectory() as directory:
        log = DeltaEvidenceLog(Path(directory) / "log")
        for start in range(0, len(said), at_once):
            log.append(BatchId(f"batch {start}"), said[start : start + at_once])
            if each:
                bring_up_to_date(log, store, RULES)
        bring_up_to_date(log, store, RULES)
        log.close()


def plainly(driver: neo4j.Driver, said: Said, at_once: int) -> None:
    """The limit: the same rows into the same model by plain statements; no evidence kept, nothing folded, no conflict settled."""
    seen: set[tuple[str, str, str]] = set()
    with driver.session(database="neo4j") as session:
        for start in range(0, len(said), at_once):
            session.execute_write(_plain_batch, [r.record for r in said[start : start + at_once]], seen)


def _plain_batch(tx: neo4j.ManagedTransaction, batch: list[Observation], seen: set[tuple[str, str, str]]) -> None:
    def run(statement: str, rows: list[Any]) -> None:
        tx.run(statement, rows=rows).consume()  # type: ignore[arg-type]

    run("UNWIND $rows AS x MATCH (f:Fact {id: x}) OPTIONAL MATCH (f)<-[r:REPORTS]-(d:Document) RETURN f.id, collect(r.confidence)",
        [fact(o) for o in batch])  # fmt: skip
    run("UNWIND $rows AS x MERGE (d:Document {id: x.id}) ON CREATE SET d.published = x.published, d.source = x.source",
        list({o.document: {"id": o.document, "published": o.published.first, "source": o.source} for o in batch}.values()))  # fmt: skip
    for kind in BIOMEDICAL.entity_types:
        ends = {e.key: {"key": e.key, "name": e.name} for o in batch for e in (o.head, o.tail) if e.type == kind}
        if ends:
            run(f"UNWIND $rows AS x MERGE (e:Entity {{key: x.key}}) ON CREATE SET e.name = x.name, e:{kind}", list(ends.values()))
    new = {key(o): o for o in batch if key(o) not in seen}
    seen.update(new)
    rows = [
        {"id": fact(o), "head": o.head.key, "relation": o.relation, "tail": o.tail.key, "belief": o.confidence, "day": o.published.first}
        for o in new.values()
    ]
    run("UNWIND $rows AS x MATCH (h:Entity {key: x.head}) MATCH (t:Entity {key: x.tail}) "
        "CREATE (f:Fact {id: x.id, head: x.head, relation: x.relation, tail: x.tail, belief: x.belief, status: 'current', support: 1, "
        "first_seen: x.day, last_seen: x.day, closed: '[]'}) CREATE (f)-[:HEAD]->(h) CREATE (f)-[:TAIL]->(t)", rows)  # fmt: skip
    for relation in sorted({o.relation for o in new.values()}):
        some = [row for row in rows if row["relation"] == relation]
        run(f"UNWIND $rows AS x MATCH (h:Entity {{key: x.head}}) MATCH (t:Entity {{key: x.tail}}) CREATE (h)-[:{relation.upper()} "
            "{fact: x.id, belief: x.belief, support: 1, valid_from: x.day}]->(t)", some)  # fmt: skip
    said = {(o.document, fact(o)): o for o in batch}
    run("UNWIND $rows AS x MATCH (d:Document {id: x.document}) MATCH (f:Fact {id: x.fact}) "
        "CREATE (d)-[:REPORTS {confidence: x.confidence, quote: x.quote, polarity: 'asserts'}]->(f)",
        [{"document": d, "fact": f, "confidence": o.confidence, "quote": o.quote} for (d, f), o in said.items()])  # fmt: skip


def key(o: Observation) -> tuple[str, str, str]:
    return BIOMEDICAL.triple(o.head.key, o.relation, o.tail.key)


def fact(o: Observation) -> str:
    return BIOMEDICAL.triple(o.head.key, o.relation, o.tail.key).fact_id


def write(options: argparse.Namespace) -> None:
    """Ours and the plain writer, in turn, on one server; constraints and indexes are the same."""
    store = opened(options.graph)
    driver = neo4j.GraphDatabase.driver(options.graph, auth=graph_user())
    said = list(observations(options.observations, options.observations * 3 // 10))
    rates: dict[str, list[float]] = {}
    for turn in range(options.turns + 1):
        for name, work in (
            ("plain rows", lambda: plainly(driver, said, options.batch)),
            ("log first, then the graph", lambda: ours(store, said, options.batch, each=False)),
            ("graph after every batch", lambda: ours(store, said, options.batch, each=True)),
        ):
            store.clear()
            store.prepare(RULES.ontology, RULES.fingerprint)
            took = seconds(work)
            if turn:  # the first turn warms the server up
                rates.setdefault(name, []).append(len(said) / took)
                print(f"{name:28s} {len(said) / took:8.0f} observations/s  {store.counts()}", flush=True)
    limit = statistics.median(rates["plain rows"])
    for name, found in rates.items():
        print(f"{name:28s} median {statistics.median(found):8.0f} observations/s, {statistics.median(found) / limit:.2f} of the plain rows")
    store.close()
    driver.close()


def growth(options: argparse.Namespace) -> None:
    """The time of a batch of 1,000 observations as the graph grows, and of one about questions with 5,000 documents."""
    store = opened(options.graph)
    entities = 156_000
    stream = observations(options.facts + 200_000, entities, seed=11)
    with tempfile.TemporaryDirectory() as directory:
        log = DeltaEvidenceLog(Path(directory) / "log")
        number = 0

        def take(count: int) -> float:
            nonlocal number
            number += 1
            said = list(islice(stream, count))
            log_took = seconds(lambda: log.append(BatchId(f"batch {number}"), said))
            return log_took + seconds(lambda: bring_up_to_date(log, store, RULES))

        for size in sorted({10_000, options.facts}):
            while store.counts()["facts"] < size:
                take(5_000)
            times = [take(1_000) for _ in range(21)][1:]
            print(f"at {store.counts()['facts']:9,d} facts: median {statistics.median(times):.3f} s, worst {max(times):.3f} s", flush=True)
        crowd = crowds(log, store)
        for number in (1, len(crowd)):
            print(f"with {number} of each 1,000 about questions that 5,000 documents speak of: {crowded(log, store, crowd[:number])}")
        log.close()
    store.close()


def crowds(log: DeltaEvidenceLog, store: CypherStore) -> list[Observation]:
    """Ten observations, each said by 5,000 documents more."""
    said = [r.record for r in islice(observations(100, 156_000, seed=5), 10)]
    for start in range(0, 5_000, 500):
        more = [Recorded(replace(o, document=DocumentId(f"PMID:9{start + n:07d}")), AT) for o in said for n in range(500)]
        log.append(BatchId(f"crowd {start}"), more)
        bring_up_to_date(log, store, RULES)
    return said


def crowded(log: DeltaEvidenceLog, store: CypherStore, crowd: list[Observation]) -> str:
    """Batches of 1,000 in which each of these is said once more."""
    stream = observations(25_000, 156_000, seed=13 + len(crowd), first_document=5_000_000 * len(crowd))
    times = []
    for number in range(21):
        document = DocumentId(f"PMID:8{len(crowd):02d}{number:05d}")
        said = [Recorded(replace(o, document=document), AT) for o in crowd] + list(islice(stream, 1_000 - len(crowd)))
        begun = time.perf_counter()
        log.append(BatchId(f"crowded {len(crowd)} {number}"), said)
        bring_up_to_date(log, store, RULES)
        times.append(time.perf_counter() - begun)
    return f"median {statistics.median(times[1:]):.3f} s, worst {max(times[1:]):.3f} s"


def peer(options: argparse.Namespace) -> None:
    """MedKGent's writer (its kg.py, in the folder --medkgent) and ours, on one server; conflicts are settled without its model."""
    sys.path.insert(0, str(options.medkgent))
    kg = importlib.import_module("kg")
    store = opened(options.graph)
    said = list(observations(options.observations, options.observations // 3))
    ours(store, said, options.batch, each=False)  # warms the server up
    store.clear()
    store.prepare(RULES.ontology, RULES.fingerprint)
    rate = len(said) / seconds(lambda: ours(store, said, options.batch, each=False))
    driver = neo4j.GraphDatabase.driver(options.graph, auth=graph_user())
    processor = kg.Neo4jProcessor(options.graph, *graph_user(), "neo4j", Agreeing(), "none")
    processor.driver = driver
    store.clear()
    theirs = len(said) / seconds(lambda: processor.process_triplets([as_their_triplet(r.record) for r in said]))
    print(f"ChronoKG {rate:.0f}/s, MedKGent {theirs:.0f}/s: {rate / theirs:.0f} times")
    with driver.session(database="neo4j") as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS").consume()
    driver.close()
    store.close()


class Agreeing:
    """Stands for the peer's model where it is asked about a conflict; costs nothing."""

    def get_response(self, *_: Any, **__: Any) -> list[str]:
        return ["Y"]


def as_their_triplet(o: Observation) -> dict[str, Any]:
    def end(e: Entity) -> dict[str, str]:
        return {"identifier": e.key, "text": e.name, "name": e.name, "type": e.type, "database": "made", "database_url": "made"}

    return {"head": end(o.head), "tail": end(o.tail), "type": o.relation.title(), "score": o.confidence}


PARTS = {"write": write, "growth": growth, "peer": peer}


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("part", choices=list(PARTS))
    parser.add_argument("--graph", required=True)
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--medkgent", type=Path)
    parser.add_argument("--facts", type=int, default=1_000_000)
    options = parser.parse_args()
    PARTS[options.part](options)


if __name__ == "__main__":
    main()
