"""Kinds of input that people really have, from the file to the export: each with its right value."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands.running import Done, chronokg, run, write_lines


def ingested(tmp_path: Path, text: str, said: Mapping[str, Sequence[tuple[str, str, str]]] = {}, *options: object) -> Done:
    """What `ingest` says of a file and a script of claims (head, relation, tail) by document, all in 2001 unless dated."""
    file = tmp_path / "given"
    file.write_text(text, encoding="utf-8")
    claims = [
        {"document": key, "claims": [{"head": h, "relation": r, "tail": t, "confidence": 0.8} for h, r, t in each]}
        for key, each in said.items()
    ]
    script = write_lines(tmp_path / "said.jsonl", claims or [{"document": "PMID:0", "claims": []}])
    dated = () if "--dates" in options else ("--published", "2001")
    return run("ingest", file, "--model", f"scripted:{script}", *dated, *options, home=tmp_path / "home")


def exported(tmp_path: Path, kind: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in chronokg("export", home=tmp_path / "home").splitlines())
    return [line for line in lines if line["kind"] == kind]


def facts(tmp_path: Path) -> set[tuple[str, str, str, int]]:
    return {(fact["head"], fact["relation"], fact["tail"], fact["support"]) for fact in exported(tmp_path, "fact")}


def pubtator(key: int, title: str, abstract: str, *mentions: tuple[str, ...]) -> str:
    """A record whose mentions (name, type, further cells) stand where their names first do."""
    text = f"{title} {abstract}"
    lines = [f"{key}\t{text.index(name)}\t{text.index(name) + len(name)}\t{name}\t" + "\t".join(cells) for name, *cells in mentions]
    return "\n".join([f"{key}|t|{title}", f"{key}|a|{abstract}", *lines]) + "\n\n"


@pytest.mark.parametrize("nothing", ["CUI-less", "NIL", "NA", "-", "MESH:-", "MESH:-1", "MESH:", "0"])
def test_names_that_are_not_linked_stay_apart_and_close_nothing_of_each_other(nothing: str, tmp_path: Path) -> None:
    one = pubtator(
        11, "Lumorin and a sore elbow", "Nothing else.", ("Lumorin", "Chemical", "MESH:D900001"), ("sore elbow", "Disease", nothing)
    )
    other = pubtator(
        12, "Lumorin and a stiff neck", "Nothing else.", ("Lumorin", "Chemical", "MESH:D900001"), ("stiff neck", "Disease", nothing)
    )
    dates = tmp_path / "dates.tsv"
    dates.write_text("11\t2001\n12\t2010\n13\t2010\n")
    third = pubtator(
        13, "Lumorin, a cold hand and a hot foot", "Nothing else.", ("cold hand", "Disease", nothing), ("hot foot", "Disease", nothing)
    )
    said = {
        "PMID:11": [("MESH:D900001", "prevent", "NAME:Disease/sore elbow")],
        "PMID:12": [("MESH:D900001", "cause", "stiff neck"), ("MESH:D900001", "cause", nothing)],  # its only name that is not linked
        "PMID:13": [("cold hand", "associate", nothing)],
    }
    done = ingested(tmp_path, one + other + third, said, "--dates", dates)
    assert "1 UngroundedClaim" in done.stdout  # which of two is not said
    assert facts(tmp_path) == {
        ("MESH:D900001", "prevent", "NAME:Disease/sore elbow", 1),
        ("MESH:D900001", "cause", "NAME:Disease/stiff neck", 1),
    }
    assert all(fact["status"] == "current" for fact in exported(tmp_path, "fact"))


def test_a_variant_is_one_entity_in_all_papers_and_another_in_another_gene(tmp_path: Path) -> None:
    change = "p|SUB|R|12|K"
    cells = [
        ("ProteinMutation", change, "RSID:1234567"),
        ("ProteinMutation", f"{change};CorrespondingGene:901;RS#:1234567;VariantGroup:1"),
        (change, "RSID:1234567"),
        ("ProteinMutation", f"tmVar:{change};HGVS:p.R12K;VariantGroup:0;CorrespondingGene:902;CorrespondingSpecies:9606"),
        ("ProteinMutation", f"CorrespondingGene:902;VariantGroup:5;tmVar:{change}"),
        ("ProteinMutation", f"tmVar:{change};VariantGroup:0;CorrespondingGene:903"),
    ]
    records = [
        pubtator(n, "R12K and glass knee", "Nothing else.", ("R12K", *each), ("glass knee", "Disease", "MESH:D900002"))
        for n, each in enumerate(cells, 1)
    ]
    heads = [change, "dbSNP:rs1234567", "R12K", cells[3][1], change, f"{change};CorrespondingGene:903"]
    said = {f"PMID:{n}": [(head, "cause", "MESH:D900002")] for n, head in enumerate(heads, 1)}
    assert ingested(tmp_path, "".join(records), said).returncode == 0
    assert facts(tmp_path) == {
        ("dbSNP:rs1234567", "cause", "MESH:D900002", 3),
        (f"{change};CorrespondingGene:902", "cause", "MESH:D900002", 2),
        (f"{change};CorrespondingGene:903", "cause", "MESH:D900002", 1),
    }


DOI_FORMS = ["DOI:10.5555/LMR.7", "doi:10.5555/lmr.7", "https://doi.org/10.5555/lmr.7", "10.5555/lmr.7"]
PMID_FORMS = ["PMID:4711", "4711", "PMID 4711", "PMID:4711.0", "4711.0", "https://pubmed.ncbi.nlm.nih.gov/4711/"]


def observed(document: str) -> dict[str, Any]:
    ends = {"head": {"key": "MESH:D900001", "type": "Chemical"}, "tail": {"key": "MESH:D900002", "type": "Disease"}}
    return {"document": document, "source": "x", "relation": "treat", "confidence": 0.7, **ends}


@pytest.mark.parametrize("forms", [DOI_FORMS, PMID_FORMS, ["pmc77", "PMC77", "PMCID: PMC77"]])
def test_one_paper_is_one_whatever_its_number_looks_like(forms: Sequence[str], tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "lines.jsonl", map(observed, forms))
    dates = tmp_path / "dates.csv"
    dates.write_text(f"id,date\n{forms[-1]},2001\n")
    chronokg("observe", lines, "--dates", dates, home=tmp_path / "home")
    (fact,) = exported(tmp_path, "fact")
    assert (fact["support"], fact["belief"]) == (1, 0.7)
    chronokg("retract", forms[-1], "--on", "2005", home=tmp_path / "home")
    assert [fact["status"] for fact in exported(tmp_path, "fact")] == ["withdrawn"]
    chronokg("delete", forms[-2], home=tmp_path / "home")
    assert exported(tmp_path, "document") == []


def test_what_stands_nowhere_in_its_text_is_counted_and_said_aloud(tmp_path: Path) -> None:
    good = pubtator(1, "Lumorin and glass knee", "Nothing else.", ("Lumorin", "Chemical", "MESH:D900001"))
    done = ingested(tmp_path, good.rstrip() + "\n1\t3\t9\tQuaxol\tChemical\tMESH:D900003\n")
    assert "Warning: 1 of the 2 mentions" in done.stderr
    status = json.loads(chronokg("status", "--json", home=tmp_path / "home"))
    assert status["counts"]["mention"] == {
        "submitted": 2,
        "committed": 1,
        "skipped": {"not at its place in the text": 1},
        "set_aside": {},
    }
    assert "  1 × not at its place in the text" in chronokg("status", home=tmp_path / "home")


def test_status_counts_what_was_set_aside_by_the_record_not_by_its_lines(tmp_path: Path) -> None:
    good = pubtator(1, "Lumorin and glass knee", "Nothing else.", ("Lumorin", "Chemical", "MESH:D900001"))
    broken = "\n".join(
        ["NA|t|A paper without a number", "NA|a|Some text.", "NA\t0\t1\tA\tChemical\tMESH:D1", "NA\t2\t7\tpaper\tChemical\t-"]
    )
    done = ingested(tmp_path, f"{good}{broken}\n", {"PMID:1": [("MESH:D900001", "treat", "MESH:D900009")]})
    assert done.returncode == 1
    told = json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]
    assert (told["open"], sum(told["by_error"].values())) == (2, 2)
