"""A graph on a server belongs to one home: two homes on one real Neo4j, and each command of the second."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer

from flows.commands.chronokg import app
from pipeline.exports.canonical import canonical_lines
from tests.flows.commands.running import chronokg, line, paper, run, script, write_lines
from tests.flows.jobs.test_writers_of_one_graph import forget_everything
from tests.graph_store.conftest import open_neo4j

pytestmark = pytest.mark.neo4j

ACCESS = {f"CHRONOKG_GRAPH_{what}": os.environ.get(f"CHRONOKG_TEST_NEO4J_{what}", "") for what in ("USER", "PASSWORD")}
OF_ANOTHER = {"key": "MESH:C9", "type": "Chemical", "name": "drug nine"}

WRITES = {
    "observe": ["observe", "{more}"],
    "ingest": ["ingest", "{papers}", "--model", "scripted:{script}"],
    "retract": ["retract", "PMID:1", "--on", "2020-01-01"],
    "unretract": ["unretract", "PMID:1"],
    "delete": ["delete", "PMID:2"],
    "restore": ["restore", "PMID:2"],
    "rebuild": ["rebuild"],
    "replay": ["replay"],
    "adjudicate": ["adjudicate", "--model", "scripted:{script}"],
    "rule": ["rule", "MESH:C9", "treat", "cause", "MESH:D1", "both", "--reason", "why"],
    "withdraw-ruling": ["withdraw-ruling", "MESH:C9", "treat", "cause", "MESH:D1"],
    "review same": ["review", "same", "drug nine", "Chemical", "MESH:C1"],
    "review different": ["review", "different", "drug nine", "Chemical"],
    "review undo": ["review", "undo", "drug nine", "Chemical"],
    "vocab link": ["vocab", "link"],
}
READS = {
    "status": ["status"],
    "query": ["query", "RETURN 1 AS one"],
    "export": ["export"],
    "doctor": ["doctor"],
}
ELSEWHERE = {
    "why": ["why", "MESH:C9", "treat", "MESH:D1"],
    "timeline": ["timeline", "MESH:C9"],
    "ask": ["ask", "does drug nine treat an illness?"],
    "report": ["report", "--to", "{page}"],
    "digest": ["digest"],
    "find": ["find", "drug nine"],
    "rulings": ["rulings"],
    "costs": ["costs"],
    "review": ["review"],
    "review list": ["review", "list"],
    "vocab load": ["vocab", "load", "{terms}"],
    "vocab list": ["vocab", "list"],
    "vocab find": ["vocab", "find", "drug nine"],
    "vocab remove": ["vocab", "remove", "terms"],
    "evaluate reading": ["evaluate", "reading", "--gold", "{script}", "--model", "scripted:{script}"],
    "calibrate": ["calibrate", "--gold", "{script}", "--model", "scripted:{script}"],
}
"""Commands that need no graph."""

WITHOUT_A_GRAPH = {"backup list", "backup verify", "set-aside list", "set-aside show", "sources", "train"}
BY_THE_SAME_WAY = {"backfill", "construct", "extract", "maintain", "reread", "schedule", "sync", "set-aside replay"}
"""Commands that reach a graph as `ingest`, `replay` and `rebuild` do; these are tried."""

OF_THE_LOG = {"backup make", "backup restore", "health", "mcp", "serve", "set-aside discard", "set-aside reopen"}
"""Commands whose answers, or what they add, are of the log; where they follow with a graph, it is in the same way."""


def in_graph() -> list[str]:
    store = open_neo4j()
    try:
        told = list(canonical_lines(store.facts(), store.entities(), store.documents()))
        for what in ("(n)", "()-[n]->()"):
            rows = store._rows(f"MATCH {what} RETURN properties(n) AS told, elementId(n) AS id ORDER BY id")
            told += [f"{row['id']} {sorted(row['told'].items())}" for row in rows]
        return told
    finally:
        store.close()


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    base = tmp_path_factory.mktemp("two")
    forget_everything()
    first = write_lines(base / "first.jsonl", [line("PMID:1", "2001"), line("PMID:2", "2004", "cause", 0.9)])
    other = [line("PMID:1", "2001", head=OF_ANOTHER), line("PMID:3", "2002", "cause", head=OF_ANOTHER)]
    second = write_lines(base / "second.jsonl", other)
    chronokg("observe", first, home=base / "hA", graph=os.environ["CHRONOKG_TEST_NEO4J"], **ACCESS)
    chronokg("observe", second, home=base / "hB")
    return {
        "base": base,
        "more": write_lines(base / "more.jsonl", [line("PMID:7", "2007", head=OF_ANOTHER)]),
        "papers": write_lines(base / "papers.jsonl", [paper(8, "2008")]),
        "script": write_lines(base / "script.jsonl", [script(8)]),
        "terms": _written(base / "terms.tsv", "key\tname\ttype\nMESH:C9\tdrug nine\tChemical\n"),
        "page": base / "page.html",
    }


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def of_second(homes: Mapping[str, Path], words: list[str]) -> tuple[int, str, str]:
    named = [word.format(**homes) for word in words]
    done = run(*named, home=homes["base"] / "hB", graph=os.environ["CHRONOKG_TEST_NEO4J"], **ACCESS)
    return done.returncode, done.stdout, done.stderr


def test_a_second_home_is_refused_by_name_and_changes_nothing_by_any_command(homes: Mapping[str, Path]) -> None:
    others = WITHOUT_A_GRAPH | BY_THE_SAME_WAY | OF_THE_LOG
    assert {*WRITES, *READS, *ELSEWHERE, *others, "verify"} >= set(every_command())
    before = in_graph()
    exported = chronokg("export", home=homes["base"] / "hA", graph=os.environ["CHRONOKG_TEST_NEO4J"], **ACCESS)
    recorded = chronokg("status", "--json", home=homes["base"] / "hB")
    for name, words in WRITES.items():
        code, _, told = of_second(homes, words)
        assert (code, "another home" in told, str(homes["base"] / "hA") in told) == (2, True, True), f"{name}: {told}"
        assert in_graph() == before, name
    assert chronokg("status", "--json", home=homes["base"] / "hB") == recorded
    for name, words in {**READS, **ELSEWHERE}.items():
        code, out, told = of_second(homes, words)
        assert code != 2 or name in ELSEWHERE, f"{name}: {told}"
        assert name in ELSEWHERE or "another home" in out + told, f"{name}: {told}"
        assert in_graph() == before, name
    assert chronokg("export", home=homes["base"] / "hA", graph=os.environ["CHRONOKG_TEST_NEO4J"], **ACCESS) == exported


def test_what_the_second_home_exports_is_its_own(homes: Mapping[str, Path]) -> None:
    code, out, told = of_second(homes, ["export"])
    assert (code, out) == (0, chronokg("export", home=homes["base"] / "hB"))
    assert "folded from the log" in told


def test_a_home_may_take_a_graph_over_where_it_says_so(homes: Mapping[str, Path]) -> None:
    code, _, told = of_second(homes, ["rebuild", "--take-over"])
    assert code == 0, told
    code, out, told = of_second(homes, ["export"])
    assert (code, out, told) == (0, chronokg("export", home=homes["base"] / "hB"), "")
    refused = run("replay", home=homes["base"] / "hA", graph=os.environ["CHRONOKG_TEST_NEO4J"], **ACCESS)
    assert refused.returncode == 2
    assert str(homes["base"] / "hB") in refused.stderr


def every_command() -> Iterator[str]:
    def names(command: object, before: str) -> Iterator[str]:
        for name, each in getattr(command, "commands", {}).items():
            yield from names(each, f"{before}{name} ") if getattr(each, "commands", None) else [f"{before}{name}"]

    return names(typer.main.get_command(app), "")
