"""A log of the size of MedKGent's graph: folding it, rebuilding the graph from it, reading the graph.

    python -m benchmarks.graph.size log DIR                    makes a log of 4.5 million observations, 156,000 entities, 3 million facts
    python -m benchmarks.graph.size fold DIR                   folds it in tables, and a part of it without conflicts
    python -m benchmarks.graph.size batches DIR --graph bolt://…   batches of 1,000 observations into the graph of that log
    python -m benchmarks.graph.size read --graph bolt://…      neighbourhoods as of a day, of entities drawn at random and by degree

The graph is built in between by `chronokg rebuild --bulk`; user and password are taken from CHRONOKG_GRAPH_USER and _PASSWORD.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import neo4j
import polars as pl

from benchmarks.common import BIOMEDICAL, graph_user, options_of, peak_mib
from benchmarks.graph.made import KINDS, OPPOSED, QUOTE, observations, relations
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.opening import open_store
from pipeline.believing.fold import fold_into_tables
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.line import bring_up_to_date, tables
from schema.ids import BatchId
from schema.observation import Polarity

ENTITIES, FACTS, OBSERVATIONS = 156_000, 3_000_000, 4_500_000
HUBS = 2.3
"""The greater, the larger the hubs: heads are drawn as a uniform number to this power. The largest then has about 16,000 facts."""
OPPOSED_SHARE = 0.03
AT_ONCE = 100_000


def triples(chance: random.Random) -> pl.DataFrame:
    """Distinct triples around hubs, some of them opposed to others."""
    allowed = relations()
    made: dict[tuple[int, str, int], None] = {}
    while len(made) < FACTS:
        head, tail = int(ENTITIES * chance.random() ** HUBS), chance.randrange(ENTITIES)
        names = allowed[KINDS[head % 3], KINDS[tail % 3]]
        if head == tail or not names:
            continue
        relation = chance.choice(names)
        if BIOMEDICAL.relations[relation].symmetric and f"MADE:{tail}" < f"MADE:{head}":
            head, tail = tail, head
        made[head, relation, tail] = None
        if OPPOSED.get(relation) in names and chance.random() < OPPOSED_SHARE * 4:
            made[head, OPPOSED[relation], tail] = None
    schema = {"head_no": pl.Int32, "relation": pl.String, "tail_no": pl.Int32}
    return pl.DataFrame(list(made)[:FACTS], schema=schema, orient="row")


def said(chance: random.Random) -> Iterator[pl.DataFrame]:
    """Observations as the log has them, so many at once: each triple once, and half of them again."""
    known = triples(chance)
    which = list(range(FACTS)) + [chance.randrange(FACTS) for _ in range(OBSERVATIONS - FACTS)]
    chance.shuffle(which)
    kind = dict(enumerate(KINDS))
    for start in range(0, OBSERVATIONS, AT_ONCE):
        rows = known[which[start : start + AT_ONCE]].with_row_index("number", offset=start)
        document = pl.col("number") // 4
        ends = [
            expression
            for side in ("head", "tail")
            for expression in (
                pl.format("MADE:{}", f"{side}_no").alias(side),
                (pl.col(f"{side}_no") % 3).replace_strict(kind, return_dtype=pl.String).alias(f"{side}_type"),
                pl.format("entity {}", f"{side}_no").alias(f"{side}_name"),
            )
        ]
        yield rows.with_columns(
            *ends,
            id=pl.format("made {}", "number"),
            at=pl.lit(datetime(2026, 1, 1, tzinfo=UTC)),
            document=pl.format("PMID:{}", document),
            published=pl.format("{}-{}", 1990 + document % 35, (1 + document % 12).cast(pl.String).str.zfill(2)),
            confidence=pl.Series([round(chance.uniform(0.6, 0.95), 2) for _ in range(rows.height)]),
            polarity=pl.lit(Polarity.ASSERTS.value),
            quote=pl.lit(QUOTE),
            source=pl.lit("pubmed"),
            publication_types=pl.lit([], dtype=pl.List(pl.String)),
        ).drop("number", "head_no", "tail_no")


def make_log(options: argparse.Namespace) -> None:
    begun = time.perf_counter()
    log = DeltaEvidenceLog(options.directory / "log")
    for number, rows in enumerate(said(random.Random(3))):
        log.append(BatchId(f"batch {number:04}"), [], rows)
    print(f"a log of {OBSERVATIONS:,} observations in {time.perf_counter() - begun:.0f} s")


def fold(options: argparse.Namespace) -> None:
    rules = Rules(BIOMEDICAL)
    log = DeltaEvidenceLog(options.directory / "log")
    begun = time.perf_counter()
    evidence = all_evidence(log, limited=False)
    print(f"read in {time.perf_counter() - begun:.1f} s")
    begun = time.perf_counter()
    folded = fold_into_tables(evidence, rules)
    took = time.perf_counter() - begun
    print(f"folded in {took:.1f} s, {OBSERVATIONS / took:,.0f} observations/s; questions with a conflict: {len(folded.walked):,}")
    plain = pl.DataFrame(evidence.table).join(
        pl.DataFrame([q.ends for q in folded.walked], schema={"low": pl.String, "high": pl.String}, orient="row"),
        left_on=[pl.min_horizontal("head", "tail"), pl.max_horizontal("head", "tail")],
        right_on=["low", "high"],
        how="anti",
    )
    del folded
    some = replace(evidence, table=plain)
    begun = time.perf_counter()
    fold_into_tables(some, rules)
    took = time.perf_counter() - begun
    print(f"{plain.height:,} observations about questions without conflict in {took:.1f} s, {plain.height / took:,.0f}/s")
    del some, plain, evidence
    begun = time.perf_counter()
    made = tables(log, rules)
    facts = pl.DataFrame(made.facts).height
    print(f"log to tables of {facts:,} facts in {time.perf_counter() - begun:.1f} s; peak memory {peak_mib():,.0f} MiB")


ONE_HOP = """
MATCH (e:Entity {key: $key})-[r]-(x:Entity)
WHERE r.valid_from <= $day AND (r.valid_to IS NULL OR r.valid_to > $day)
RETURN type(r) AS relation, x.key AS key, r.belief AS belief ORDER BY belief DESC LIMIT 30
"""
TWO_HOPS = """
MATCH (e:Entity {key: $key})-[r]-(x:Entity) WHERE r.valid_from <= $day AND (r.valid_to IS NULL OR r.valid_to > $day)
WITH e, x, r ORDER BY r.belief DESC LIMIT 20
CALL (e, x) {
  MATCH (x)-[s]-(y:Entity) WHERE y <> e AND s.valid_from <= $day AND (s.valid_to IS NULL OR s.valid_to > $day)
  RETURN y, s ORDER BY s.belief DESC LIMIT 5
}
RETURN x.key AS first, y.key AS second, r.belief AS belief, s.belief AS next_belief
"""


def read(options: argparse.Namespace) -> None:
    chance = random.Random(5)
    with neo4j.GraphDatabase.driver(options.graph, auth=graph_user()) as driver, driver.session(database="neo4j") as session:
        heads = session.run("MATCH (f:Fact) WITH f ORDER BY f.id LIMIT 20000 RETURN f.head AS key").value("key")
        at_random = [f"MADE:{chance.randrange(ENTITIES)}" for _ in range(options.queries)]
        by_degree = chance.sample(heads, options.queries)
        for name, statement in (("one hop, best 30", ONE_HOP), ("two hops, 20 x 5", TWO_HOPS)):
            for drawn, keys in (("at random", at_random), ("by degree", by_degree)):
                taken = []
                for turn in range(2):
                    taken = []
                    for key in keys:
                        day = date(chance.randint(1995, 2024), 1, 1)
                        begun = time.perf_counter()
                        session.run(statement, key=key, day=day).consume() if turn == 0 else list(session.run(statement, key=key, day=day))
                        taken.append((time.perf_counter() - begun) * 1000)
                cut = statistics.quantiles(taken, n=20)
                print(f"{name}, {drawn}: median {statistics.median(taken):.1f} ms, p95 {cut[18]:.1f} ms")


def batches(options: argparse.Namespace) -> None:
    """Batches of 1,000 observations more: log, index, fold and graph, the graph being up to date with the log before."""
    user, password = graph_user()
    store = open_store(options.graph, options.directory, user=user, password=password)
    rules, log = Rules(BIOMEDICAL), DeltaEvidenceLog(options.directory / "log")
    stream = observations(23_000, ENTITIES, seed=int(time.time()), first_document=int(time.time()))
    taken = []
    for number in range(23):
        more = list(islice(stream, 1_000))
        begun = time.perf_counter()
        log.append(BatchId(f"more {time.time()} {number}"), more)
        bring_up_to_date(log, store, rules)
        taken.append(time.perf_counter() - begun)
    print(f"at {store.counts()['facts']:,} facts: median {statistics.median(taken[3:]):.3f} s, worst {max(taken[3:]):.3f} s")
    store.close()


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("part", choices=["log", "fold", "batches", "read"])
    parser.add_argument("directory", type=Path, nargs="?")
    parser.add_argument("--graph")
    parser.add_argument("--queries", type=int, default=500)
    options = parser.parse_args()
    {"log": make_log, "fold": fold, "batches": batches, "read": read}[options.part](options)


if __name__ == "__main__":
    main()
