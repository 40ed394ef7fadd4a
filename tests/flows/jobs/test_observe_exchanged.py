"""`observe` takes what others exchange: KGX and INDRA statements that ChronoKG never wrote."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.home.homes import Home, open_home
from flows.jobs.observing import given_by, observe_file
from schema.errors import WrongUse
from schema.records import SetAside, Tally
from tests.flows.commands.running import write_lines

NODES = [
    {"id": "CHEBI:45783", "category": ["biolink:SmallMolecule", "biolink:ChemicalEntity"], "name": "imatinib"},
    {"id": "MONDO:0011996", "category": ["biolink:Disease"], "name": "chronic myelogenous leukaemia"},
    {"id": "NCBIGene:25", "category": ["biolink:Gene"], "name": "ABL1"},
    {"id": "DBSNP:rs121913459", "category": ["biolink:SequenceVariant"], "name": "T315I"},
    {"id": "UBERON:0002371", "category": ["biolink:AnatomicalEntity"], "name": "bone marrow"},
]
DOWN = {"qualified_predicate": "biolink:causes", "object_direction_qualifier": "downregulated", "object_aspect_qualifier": "activity"}


def edge(number: int, head: str, predicate: str, tail: str, **more: Any) -> dict[str, Any]:
    told = {"id": f"e{number}", "subject": head, "predicate": f"biolink:{predicate}", "object": tail}
    return {**told, "primary_knowledge_source": "infores:somebody", "publications": [f"PMID:{number}"], **more}


EDGES = [
    edge(1, "CHEBI:45783", "treats", "MONDO:0011996", publications=["PMID:1", "PMC:77"]),
    edge(2, "CHEBI:45783", "affects", "NCBIGene:25", **DOWN),
    edge(3, "CHEBI:45783", "causes", "MONDO:0011996", negated=True, supporting_text=["It does not cause it."]),
    edge(4, "NCBIGene:25", "related_to", "MONDO:0011996"),
    edge(5, "CHEBI:45783", "treats", "UBERON:0002371"),
    edge(6, "MONDO:0011996", "gene_associated_with_condition", "DBSNP:rs121913459", publications=[]),
    edge(7, "CHEBI:45783", "treats", "MONDO:999"),
]


def home_in(path: Path) -> Home:
    return open_home(path, {"graph": "memory:", "confidence": {"*": 0.7}})


def taken(home: Home, path: Path) -> Tally:
    return observe_file(home, path, given_by(home, published="2003-05"), into_graph=False)[0]


def said_in(home: Home) -> set[tuple[str, str, str, str, str, str]]:
    told = pl.DataFrame(home.log.table()).select("document", "head", "relation", "tail", "polarity", "source")
    return set(told.iter_rows())


def reasons(home: Home) -> list[str]:
    return sorted(each.record.reason for each in home.log.records(SetAside))


WANTED = {
    ("PMID:1", "CHEBI:45783", "treat", "MONDO:0011996", "asserts", "somebody"),
    ("PMC77", "CHEBI:45783", "treat", "MONDO:0011996", "asserts", "somebody"),
    ("PMID:2", "CHEBI:45783", "inhibit", "NCBIGene:25", "asserts", "somebody"),
    ("PMID:3", "CHEBI:45783", "cause", "MONDO:0011996", "denies", "somebody"),
    ("infores:somebody", "MONDO:0011996", "associate", "dbSNP:rs121913459", "asserts", "somebody"),
}


_EXPECTED = (
    "relation 'related_to' is not one of the ontology biomedical",
    "AnatomicalEntity",
    "tail.type",
)


def as_tsv(rows: list[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))

    def cell(value: Any) -> str:
        return "|".join(value) if isinstance(value, list) else "" if value is None else str(value)

    return "\n".join("\t".join(each) for each in [columns, *([cell(row.get(name)) for name in columns] for row in rows)]) + "\n"


@pytest.mark.parametrize("form", ["tsv", "jsonl", "tsv.gz"])
def test_edges_of_others_become_observations_of_each_publication(form: str, tmp_path: Path) -> None:
    folder = tmp_path / "kgx"
    folder.mkdir()
    for name, rows in (("nodes", NODES), ("edges", EDGES)):
        if form == "jsonl":
            write_lines(folder / f"a_{name}.jsonl", rows)
        else:
            text = as_tsv(rows).encode()
            (folder / f"a_{name}.{form}").write_bytes(gzip.compress(text) if form.endswith(".gz") else text)
    home = home_in(tmp_path / "home")
    tally = taken(home, folder)
    assert (tally.submitted, tally.committed, dict(tally.set_aside)) == (8, 5, {"UngroundedClaim": 3})
    assert said_in(home) == WANTED
    assert [each for each in _EXPECTED if not any(each in reason for reason in reasons(home))] == [], reasons(home)
    assert {each.record.position for each in home.log.records(SetAside)} == ({"line 4", "line 5", "line 7"} if form == "jsonl" else {
        "line 5", "line 6", "line 8",
    })  # fmt: skip


def test_what_no_line_of_kgx_can_be_is_set_aside_with_what_is_wrong(tmp_path: Path) -> None:
    write_lines(tmp_path / "nodes.jsonl", NODES)
    good = json.dumps(EDGES[0])
    (tmp_path / "edges.jsonl").write_text(f"{good}\n{good[:-9]}\n[1]\n\n{good}\n", encoding="utf-8")
    home = home_in(tmp_path / "home")
    tally = taken(home, tmp_path / "edges.jsonl")
    assert (tally.committed, dict(tally.set_aside)) == (4, {"UnreadableRecord": 2})
    assert [each.record.position for each in home.log.records(SetAside)] == ["line 2", "line 3"]
    wide = as_tsv(EDGES[:1]) + "\t".join("x" * 30) + "\n" + "\t".join(["e", "MESH:D1"]) + "\n"
    (tmp_path / "edges.tsv").write_text(wide, encoding="utf-8")
    (tmp_path / "nodes.tsv").write_text(as_tsv(NODES), encoding="utf-8")
    tally = taken(home_in(tmp_path / "other"), tmp_path / "edges.tsv")
    assert (tally.committed, dict(tally.set_aside)) == (2, {"UnreadableRecord": 1, "UngroundedClaim": 1})


@pytest.mark.parametrize("statements", ["oops", 5, {"a": 1}, ["a"], '"x"'])
@pytest.mark.parametrize("form", ["jsonl", "tsv"])
def test_statements_that_are_not_as_we_write_them_are_set_aside_and_counted(statements: object, form: str, tmp_path: Path) -> None:
    write_lines(tmp_path / "nodes.jsonl", NODES)
    (tmp_path / "nodes.tsv").write_text(as_tsv(NODES), encoding="utf-8")
    odd = {**EDGES[0], "chronokg_statements": statements if form == "jsonl" or isinstance(statements, str) else json.dumps(statements)}
    (tmp_path / f"edges.{form}").write_text(f"{json.dumps(odd)}\n" if form == "jsonl" else as_tsv([odd]), encoding="utf-8")
    tally = taken(home_in(tmp_path / "home"), tmp_path / f"edges.{form}")
    assert (tally.committed, dict(tally.set_aside)) == (0, {"UnreadableRecord": 1})


def test_nodes_that_cannot_be_read_stop_before_anything_is_taken(tmp_path: Path) -> None:
    write_lines(tmp_path / "edges.jsonl", EDGES)
    (tmp_path / "nodes.jsonl").write_text('{"id": "A:1", "category": ["x"]}\n{"id"', encoding="utf-8")
    home = home_in(tmp_path / "home")
    with pytest.raises(WrongUse, match="line 2: the line is not JSON"):
        taken(home, tmp_path / "edges.jsonl")
    assert home.log.batches() == []


def agent(name: str, **refs: str) -> dict[str, Any]:
    return {"name": name, "db_refs": {"TEXT": name, **refs}}


def evidence(**more: Any) -> dict[str, Any]:
    return {"source_api": "reach", "text": "A sentence.", "annotations": {"agents": {}}, "epistemics": {}, **more}


NEGATED = {"negated": True}
IMATINIB, ABL1, LEUKAEMIA = (
    agent("imatinib", CHEBI="CHEBI:45783"),
    agent("ABL1", HGNC="76", EGID="25", UP="P00519"),
    agent("CML", MESH="D015464"),
)
STATEMENTS = [
    {"type": "Inhibition", "subj": IMATINIB, "obj": ABL1, "evidence": [evidence(pmid="1"), evidence(pmid="2", epistemics=NEGATED)]},
    {"type": "Inhibition", "subj": IMATINIB, "obj": LEUKAEMIA, "evidence": [evidence(text_refs={"DOI": "10.1/X"})]},
    {"type": "Complex", "members": [agent("CML", DOID="DOID:8552"), IMATINIB], "evidence": [evidence(pmid="3")]},
    {"type": "Association", "members": [LEUKAEMIA, agent("x", MESH="D000001")], "evidence": [evidence(pmid="8")]},
    {"type": "Activation", "subj": IMATINIB, "obj": LEUKAEMIA, "evidence": [evidence(pmid="9")]},
    {"type": "Complex", "members": [agent("KIT", EGID="3815"), ABL1], "evidence": [evidence(source_id="row 7")]},
    {"type": "Phosphorylation", "enz": ABL1, "sub": ABL1, "evidence": [evidence(pmid="4")]},
    {"type": "Activation", "subj": agent("thing"), "obj": ABL1, "evidence": [evidence(pmid="5")]},
    {"type": "Activation", "subj": ABL1, "obj": LEUKAEMIA, "evidence": []},
    {
        "type": "Association",
        "members": [
            {"type": "Event", "concept": IMATINIB, "delta": {"type": "qualitative", "polarity": 1, "adjectives": []}},
            {"type": "Event", "concept": ABL1, "delta": {"type": "qualitative", "polarity": -1, "adjectives": []}},
        ],
        "evidence": [evidence(pmid="6")],
    },
]  # fmt: skip


@pytest.mark.parametrize("form", ["list", "indented", "lines"])
def test_statements_of_others_become_observations_of_each_piece_of_evidence(form: str, tmp_path: Path) -> None:
    numbered = [{"type": each["type"], **each, "belief": 0.9, "id": f"s{number}"} for number, each in enumerate(STATEMENTS)]
    texts = {"list": json.dumps(numbered), "indented": json.dumps(numbered, indent=1), "lines": "\n".join(map(json.dumps, numbered))}
    (tmp_path / "statements.json").write_text(texts[form], encoding="utf-8")
    home = home_in(tmp_path / "home")
    tally = taken(home, tmp_path / "statements.json")
    assert (tally.submitted, tally.committed, dict(tally.set_aside)) == (11, 5, {"UngroundedClaim": 4, "UnreadableRecord": 2})
    assert said_in(home) == {
        ("PMID:1", "CHEBI:45783", "inhibit", "NCBIGene:25", "asserts", "reach"),
        ("PMID:2", "CHEBI:45783", "inhibit", "NCBIGene:25", "denies", "reach"),
        ("PMID:9", "CHEBI:45783", "cause", "MESH:D015464", "asserts", "reach"),
        ("reach:row 7", "NCBIGene:25", "interact", "NCBIGene:3815", "asserts", "reach"),
        ("PMID:6", "CHEBI:45783", "negative_correlate", "NCBIGene:25", "asserts", "reach"),
    }
    told = reasons(home)
    assert any("Phosphorylation is no statement about two things" in each for each in told)
    assert any("Activation s8 has no evidence" in each for each in told)
    assert any("relation 'prevent or treat' is not one of" in each for each in told)
    assert any("Chemical or Disease" in each for each in told)
