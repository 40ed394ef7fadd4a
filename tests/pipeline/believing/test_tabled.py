"""The tables of a whole graph hold just what its facts say."""

from typing import Any

import polars as pl
from hypothesis import given, settings

from flows.home.configuration.settings import load_ontology
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.line import tables
from schema.records import Recorded
from tests.conftest import examples
from tests.graph_store.bulk.tabling import tables_of
from tests.histories import histories, rules_for
from tests.pipeline.believing.test_laws import log_of

ONTOLOGY = load_ontology("biomedical")
PARTS = ("facts", "edges", "reports", "successors", "entities", "documents")


def rows(table: Any) -> list[dict[str, Any]]:
    frame = pl.DataFrame(table)
    return sorted(frame.select(sorted(frame.columns)).to_dicts(), key=repr)


@given(histories(ONTOLOGY), rules_for(ONTOLOGY))
@settings(max_examples=examples(100), deadline=None)
def test_tables_made_at_once_equal_those_made_of_facts(history: list[tuple[Recorded[Any], ...]], rules: Rules) -> None:
    log = log_of(history)
    graph = fold(all_evidence(log), rules)
    one_by_one = tables_of([graph.facts], graph.entities, graph.documents, log.batches())
    at_once = tables(log, rules)
    for part in PARTS:
        assert rows(getattr(at_once, part)) == rows(getattr(one_by_one, part)), part
    assert at_once.batches == one_by_one.batches
