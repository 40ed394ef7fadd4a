"""The files of the bulk import, without a server."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest

from graph_store.bulk.import_files import ARGUMENTS, Held, write_import_files
from schema.columns import GraphTables
from schema.errors import StoreFailed
from schema.fact import Fact, Source
from schema.observation import Entity
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, closure, entity, fact, holding, report, source, triple
from tests.graph_store.bulk.tabling import tables_of

CAUSE = triple(relation="cause")
ENDS = (entity("MESH:C1"), entity("MESH:D1"))


def tables(*facts: Fact, entities: Iterable[Entity] = ENDS, documents: Iterable[Source] = (source(),)) -> GraphTables:
    return tables_of([facts], entities, documents, ["b1"])


def written(made: GraphTables, folder: Path) -> Held:
    return write_import_files(made, ONTOLOGY, FINGERPRINT, folder)


def arguments(folder: Path) -> list[str]:
    lines = (folder / ARGUMENTS).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_files_hold_every_node_and_relationship_once(tmp_path: Path) -> None:
    closed = fact(triple(), holding(2001, 2003), closed=[closure(2003, CAUSE)], reports=[report()])
    held = written(tables(closed, fact(CAUSE, holding(2003))), tmp_path)
    assert held.nodes == {"Entity": 2, "Document": 1, "Fact": 2, "Batch": 1, "Meta": 1}
    assert held.relationships == {"HEAD": 2, "TAIL": 2, "REPORTS": 1, "SUPERSEDED_BY": 1, "TREAT": 1, "CAUSE": 1}
    for option in arguments(tmp_path):
        if option.startswith(("--nodes", "--relationships")):
            kind, file = option.split("=")[1:]
            assert pl.read_csv(tmp_path / file, separator="\t").height == (held.nodes | held.relationships)[kind]


def test_nodes_are_numbered_in_the_order_of_the_files(tmp_path: Path) -> None:
    written(tables(fact(triple()), fact(CAUSE)), tmp_path)
    files = [option.split("=")[2] for option in arguments(tmp_path) if option.startswith("--nodes")]
    numbers = [n for file in files for n in pl.read_csv(tmp_path / file, separator="\t")[":ID"]]
    assert numbers == list(range(len(numbers)))


def test_an_entity_that_no_fact_has_as_an_end_is_left_out(tmp_path: Path) -> None:
    assert written(tables(fact(), entities=(*ENDS, entity("MESH:D9"))), tmp_path).nodes["Entity"] == 2


def test_an_empty_graph_still_says_what_it_was_folded_by(tmp_path: Path) -> None:
    held = written(tables_of([], [], [], []), tmp_path)
    assert held == Held({"Meta": 1}, {})
    assert FINGERPRINT in (tmp_path / "Meta.tsv").read_text(encoding="utf-8")


def test_only_relationships_with_line_breaks_are_read_slowly(tmp_path: Path) -> None:
    broken = [report("PMID:1", quote="one\nline"), report("PMID:2", quote="and\rnone")]
    documents = (source("PMID:1"), source("PMID:2"), source("PMID:3"))
    held = written(tables(fact(reports=[*broken, report("PMID:3")]), documents=documents), tmp_path)
    assert held.relationships["REPORTS"] == 3
    assert "--multiline-fields=./REPORTS-lines.tsv" in arguments(tmp_path)
    assert pl.read_csv(tmp_path / "REPORTS.tsv", separator="\t")["quote"].to_list() == ["so it is"]


def test_the_delimiter_of_lists_is_one_that_no_list_contains(tmp_path: Path) -> None:
    written(tables(fact(), documents=[source(publication_types=("a\x1fb", "c\x1ed"))]), tmp_path)
    assert "--array-delimiter=U+001D" in arguments(tmp_path)


def test_the_tool_is_told_of_texts_longer_than_its_buffer(tmp_path: Path) -> None:
    written(tables(fact(reports=[report(quote='"' * 5_000_000)])), tmp_path)
    size = next(int(option.split("=")[1]) for option in arguments(tmp_path) if option.startswith("--read-buffer-size"))
    assert size > 10_000_000


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (tables(fact(triple(tail="MESH:D9"))), "lack what facts name: MESH:D9"),
        (tables(fact(reports=[report("PMID:9")])), "lack what reports name: PMID:9"),
        (tables(fact(closed=[closure(2003, CAUSE)])), f"lack what successions name: {CAUSE.fact_id}"),
        (tables(fact(), entities=(*ENDS, ENDS[0])), "hold MESH:C1 twice"),
        (tables(fact(), fact(), documents=[source()]), f"hold {triple().fact_id} twice"),
        (tables(fact(), documents=[source(), source()]), "hold PMID:1 twice"),
        (tables(fact(triple(relation="married_to"))), "'married_to' is not in the ontology biomedical"),
        (tables(fact(), entities=(ENDS[0], entity("MESH:D1", "Person"))), "'Person' is not in the ontology biomedical"),
    ],
)
def test_tables_that_contradict_themselves_are_refused_with_what_is_wrong(tmp_path: Path, made: GraphTables, said: str) -> None:
    with pytest.raises(StoreFailed, match=said):
        written(made, tmp_path)
