"""Records that are bad, and names that look so: each costs itself alone, and what is text stays as it is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from flows.home.homes import open_home
from schema.records import SetAside
from tests.flows.commands.running import paper, script, write_lines
from tests.flows.scheduling.running_flows import NUMBERS, counts_of, export_of, run

NAMES = ['o\'clock "x"', "back\\slash", "+a && b || !(c){}[]^~*?:", "`MATCH (n) DETACH DELETE n`//", "\N{PILL}\U0001f9ec", "n" * 10_000]


def test_names_with_any_characters_are_kept_as_they_are_and_no_text_is_refused_with_a_reason(tmp_path: Path) -> None:
    def named(number: int, name: str) -> dict[str, Any]:
        text = f"{name} relieves illness one."
        at = len(f"Paper {number}: ")
        there = paper(number, "2001-02", text)
        ends = [(at, name, "Chemical", f"MESH:C{number}"), (at + len(name) + 10, "illness one", "Disease", "MESH:D1")]
        keys = ("start", "end", "text", "type", "identifier")
        return {**there, "mentions": [dict(zip(keys, (s, s + len(t), t, k, i), strict=True)) for s, t, k, i in ends]}

    documents = [named(number, name) for number, name in enumerate([*NAMES, "nul\0byte", "half \ud800"], 1)]
    said = [{**script(n), "claims": [{**script(n)["claims"][0], "head": f"MESH:C{n}"}]} for n in range(1, len(documents) + 1)]
    told = run(
        "ingest",
        tmp_path / "home",
        {"model": f"scripted:{write_lines(tmp_path / 'said.jsonl', said)}"},
        paths=[str(write_lines(tmp_path / "named.jsonl", documents))],
    )
    assert counts_of(told)["committed"] == len(NAMES)
    assert counts_of(told)["set_aside"] == {"UnreadableRecord": 2}
    names = {each["name"] for each in map(json.loads, export_of(tmp_path / "home")) if each["kind"] == "entity"}
    assert set(NAMES) <= names


GOOD = '{"id": "PMID:%d", "title": "T", "abstract": "Fine.", "published": "2001"}\n'
BOMB = '<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><PubmedArticleSet>&b;'


def amid(line: bytes) -> bytes:
    """A bad line between two good ones."""
    return (GOOD % 901).encode() + line + (GOOD % 903).encode()


BAD: dict[str, tuple[bytes, str, str]] = {
    "malformed": (amid(b'{"id": "PMID:902", "title": \n'), "document", "bad.jsonl"),
    "undecodable": (amid(b'{"id": "PMID:902", "title": "\xff\xfe", "published": "2001"}\n'), "document", "bad.jsonl"),
    "no date": (amid(b'{"id": "PMID:902", "title": "T"}\n'), "document", "bad.jsonl"),
    "50 MB": (amid(b'{"id": "PMID:902", "published": "2001", "title": "' + b"x" * 50_000_000 + b'"}\n'), "document", "bad.jsonl"),
    "cut gzip": (gzip.compress(amid(b""))[:-9], "file", "bad.jsonl.gz"),
    "bomb": (BOMB.encode(), "file", "bad.xml"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_record_costs_itself_alone_and_is_kept_with_file_place_and_reason(
    bad: str, documents: Path, clean: list[str], model: str, tmp_path: Path
) -> None:
    content, unit, name = BAD[bad]
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    (folder / name).write_bytes(content)
    told = run("ingest", home, {"model": model}, paths=[str(folder)])
    assert sum(counts_of(told, unit)["set_aside"].values()) == 1
    assert told.failure(0.0).startswith("1 of ")
    (aside,) = [each.record for each in open_home(home).log.records(SetAside)]
    assert (Path(aside.file).name, bool(aside.position), bool(aside.reason)) == (name, True, True)
    if unit == "document":
        assert counts_of(told)["committed"] == 2
    rest = run("ingest", tmp_path / "beside", {"model": model}, paths=[str(folder), str(documents)])
    assert counts_of(rest)["committed"] >= len(NUMBERS)
    both = [line for line in export_of(tmp_path / "beside") if '"fact"' in line]
    assert both == [line for line in clean if '"fact"' in line]
