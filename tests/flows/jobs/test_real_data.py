"""Every file of the shared real data goes through `ingest`, and the counts reconcile."""

import json
from pathlib import Path

import pytest

from tests.flows.commands.running import chronokg, counts, write_lines


@pytest.mark.nightly
def test_real_files_are_ingested_with_counts_that_reconcile(shared: Path, tmp_path: Path) -> None:
    home, data = tmp_path / "home", shared / "data"
    model = f"scripted:{write_lines(tmp_path / 'none.jsonl', [{'document': 'PMID:0', 'claims': []}])}"
    folders = [data / name for name in ("biored", "bc5cdr", "pubmed_xml", "pubtator3", "dated_abstracts")]
    told = chronokg("ingest", *folders, "--model", model, "--json", home=home, expect=1)
    first = counts(told)
    assert first["set_aside"]["UndatedDocument"] > 1_700
    assert counts(told, "event")["committed"] == 583
    dated = chronokg("ingest", *folders, "--dates", data / "pmid_dates.tsv", "--model", model, "--json", home=home, expect=1)
    assert counts(dated)["submitted"] == first["submitted"]
    years = data / "estimated_years_biored_cdr_mancon.tsv"
    last = counts(chronokg("ingest", *folders, "--dates", years, "--model", model, "--json", home=home, expect=1))
    assert last["set_aside"].get("UndatedDocument", 0) < 25
    documents = {d["id"]: d for d in map(json.loads, chronokg("export", home=home).splitlines()) if d["kind"] == "document"}
    assert documents["PMID:11543891"]["retracted"]
    assert documents["PMID:11543891"]["retracted_on"] == "2001-10-01"


def test_xml_that_is_not_pubmed_is_refused_naming_what_it_is(shared: Path, tmp_path: Path) -> None:
    model = f"scripted:{write_lines(tmp_path / 'none.jsonl', [{'document': 'PMID:0', 'claims': []}])}"
    file = shared / "data" / "pubmed_xml" / "ncbiutils" / "no_pubmedarticleset.xml"
    chronokg("ingest", file, "--model", model, home=tmp_path / "home", expect=1)
    status = json.loads(chronokg("status", "--json", home=tmp_path / "home"))
    assert "<rss>" in status["set_aside"]["examples"][0]["reason"]


def test_a_list_of_deletions_is_honoured_whatever_comes_first(shared: Path, tmp_path: Path) -> None:
    update = shared / "data" / "pubmed_xml" / "ncbiutils" / "pubmed22n1313.xml"
    text = update.read_text(encoding="utf-8")
    at = text.index("<DeleteCitation>")
    gone = "PMID:" + text[text.index(">", text.index("<PMID", at)) + 1 :].split("<")[0]
    said = {
        "document": gone, "published": "2001", "source": "pubmed", "relation": "treat", "confidence": 0.9,
        "head": {"key": "MESH:C1", "type": "Chemical", "name": "x"}, "tail": {"key": "MESH:D1", "type": "Disease", "name": "y"},
    }  # fmt: skip
    line = write_lines(tmp_path / "line.jsonl", [said])
    model = f"scripted:{write_lines(tmp_path / 'none.jsonl', [{'document': 'PMID:0', 'claims': []}])}"
    for home, order in (("a", ("observe", "ingest")), ("b", ("ingest", "observe"))):
        for command in order:
            if command == "observe":
                chronokg("observe", line, home=tmp_path / home)
            else:
                chronokg("ingest", update, "--model", model, home=tmp_path / home)
        exported = chronokg("export", home=tmp_path / home)
        assert gone not in exported
        assert '"kind": "fact"' not in exported
