"""Whether a graph is the fold of the log: totals, definitions, and what is in it, all of it or a sample."""

from collections.abc import Iterator
from itertools import chain

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Folded, fold, fold_into_tables, name_entities
from pipeline.believing.fold_tables import graph_tables
from pipeline.believing.gathering import all_evidence, evidence_about
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.updating.graph_changes import whole_graph
from schema.columns import GraphTables
from schema.fact import Triple
from schema.ports import EvidenceLog, GraphChange, GraphStore


def graph_differences(log: EvidenceLog, store: GraphStore, rules: Rules, sample: int | None, seed: int) -> Iterator[str]:
    """Where a graph that has followed the whole log is not its fold, in words; nothing is written.

    Totals and definitions are always compared; facts with their edges, reports and successors, entities and documents all (`sample`
    None), or so many facts with what belongs to them, chosen by the seed.
    """
    yield from store.undefined(rules.ontology)
    evidence = without_deleted(all_evidence(log, limited=False), rules).identified()
    folded = fold_into_tables(evidence, rules)
    told = graph_tables(folded, name_entities(None, evidence, rules), log.batches())
    wanted, found = _totals(told), store.totals()
    yield from (f"{found[name]} {name} instead of {number}" for name, number in wanted.items() if found[name] != number)
    yield from chain.from_iterable(store.unlike(part) for part in _parts(log, folded, evidence, rules, told, sample, seed))


def _parts(
    log: EvidenceLog, folded: Folded, evidence: Evidence, rules: Rules, told: GraphTables, sample: int | None, seed: int
) -> Iterator[GraphChange]:
    facts = pl.DataFrame(told.facts)
    if sample is None or facts.height <= sample:
        yield from whole_graph(folded, evidence, rules)
        return
    chosen = {Triple(*cells) for cells in facts.select("head", "relation", "tail").sample(sample, seed=seed).iter_rows()}
    questions = {rules.question(triple) for triple in chosen}
    graph = fold(evidence_about(log, questions), rules, questions=questions, histories=False)
    yield GraphChange(batches=(), facts=graph.facts, entities=graph.entities, documents=graph.documents)


def _totals(told: GraphTables) -> dict[str, int]:
    rows = {name: pl.DataFrame(getattr(told, name)).height for name in ("entities", "documents", "facts", "edges", "reports", "successors")}
    return {**rows, "batches": len(told.batches), "heads": rows["facts"], "tails": rows["facts"]}
