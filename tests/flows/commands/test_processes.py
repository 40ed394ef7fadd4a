"""Every command in a process of its own, as a user starts it: it ends as it should and says nothing but what it was asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.commands.chronokg import app
from tests.flows.commands.running import Done, line, paper, run, run_process, script, write_lines
from tests.flows.quality.gold_texts import pubtator

ENDS = ("MESH:C1", "treat", "cause", "MESH:D1")
STARTED_ELSEWHERE = {"train", "serve", "mcp"}
"""By tests of its own, which start it as a process anyway."""
COMMANDS: list[tuple[str, ...]] = [
    ("observe", "{folder}/lines.jsonl"),
    ("ingest", "{folder}/papers.jsonl", "--model", "{model}"),
    ("export",),
    ("query", "MATCH (f:Fact) RETURN f.id"),
    ("why", "MESH:C1", "treat", "MESH:D1"),
    ("timeline", "a drug"),
    ("ask", "does a drug help?"),
    ("find", "a drug"),
    ("retract", "PMID:2", "--on", "2011-01-01"),
    ("unretract", "PMID:2"),
    ("delete", "PMID:1"),
    ("restore", "PMID:1"),
    ("rebuild",),
    ("replay",),
    ("status",),
    ("verify",),
    ("doctor",),
    ("costs",),
    ("extract", "{folder}/papers.jsonl", "--model", "{model}"),
    ("construct",),
    ("reread", "--model", "{model}"),
    ("backfill", "{folder}/papers.jsonl", "--model", "{model}", "--runner", "spark"),
    ("maintain",),
    ("sources",),
    ("sync", "nothing"),
    ("schedule", "nothing"),
    ("health",),
    ("set-aside", "list"),
    ("set-aside", "show", "nothing"),
    ("set-aside", "replay", "--unit", "document"),
    ("set-aside", "discard", "--unit", "document", "--note", "no use"),
    ("set-aside", "reopen", "--unit", "document"),
    ("backup", "make", "{folder}/papers.jsonl"),
    ("backup", "list", "{folder}"),
    ("backup", "verify", "{folder}"),
    ("backup", "restore", "{folder}"),
    ("report", "--to", "{folder}/report.html"),
    ("digest", "--since", "2020-01-01"),
    ("adjudicate", "--model", "{model}"),
    ("rulings",),
    ("rule", *ENDS, "both", "--reason", "doses differ"),
    ("withdraw-ruling", *ENDS),
    ("review", "list"),
    ("review", "same", "wicks", "Disease", "MESH:D1"),
    ("review", "different", "wicks", "Disease"),
    ("review", "undo", "wicks", "Disease"),
    ("calibrate", "--gold", "{folder}/gold.pubtator", "--model", "{model}"),
    ("evaluate", "reading", "--gold", "{folder}/gold.pubtator", "--model", "{model}"),
    ("vocab", "load", "{folder}/mine.csv"),
    ("vocab", "list"),
    ("vocab", "find", "wicks"),
    ("vocab", "link"),
    ("vocab", "remove", "mine"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("commands")
    wicks = {"key": "NAME:Disease/wicks", "type": "Disease", "name": "wicks"}
    write_lines(made / "lines.jsonl", [line("PMID:1", "2001"), line("PMID:2", "2010", "cause", 0.7), line("PMID:3", "2003", tail=wicks)])
    write_lines(made / "papers.jsonl", [paper(4, "1999")])
    write_lines(made / "script.jsonl", [script(4)])
    (made / "mine.csv").write_text("key,name,synonyms\nX:1,wick ague,WA|wicks\n", encoding="utf-8")
    (made / "gold.pubtator").write_text(pubtator(range(1, 3), {}), encoding="utf-8")
    return made


def given(words: tuple[str, ...], folder: Path) -> Iterator[str]:
    for word in words:
        yield word.format(folder=folder, model=f"scripted:{folder / 'script.jsonl'}")


def lines(done: Done) -> int:
    return len(done.stdout.splitlines())


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_says_in_a_process_of_its_own_what_it_says_in_this_one(words: tuple[str, ...], folder: Path, tmp_path: Path) -> None:
    homes = tmp_path / "one", tmp_path / "two"
    for home in homes:
        run("observe", folder / "lines.jsonl", home=home)
    here, there = (each(*given(words, folder), home=home) for each, home in zip((run, run_process), homes, strict=True))
    assert "Traceback" not in here.stderr
    assert (there.returncode, lines(there)) == (here.returncode, lines(here)), there.stderr + here.stderr
    assert there.stderr.replace(str(homes[1]), "") == here.stderr.replace(str(homes[0]), "")


def test_every_command_there_is_was_started() -> None:
    def names(group: Any, *before: str) -> Iterator[tuple[str, ...]]:
        for name, command in group.commands.items():
            yield from names(command, *before, name) if hasattr(command, "commands") else [(*before, name)]

    there_are = {" ".join(name) for name in names(typer.main.get_command(app))}
    started = {name for name in there_are if any(" ".join(words).startswith(name) for words in COMMANDS)}
    assert there_are - started == STARTED_ELSEWHERE
