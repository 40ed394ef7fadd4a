"""What the pages tell a reader to type does what they say.

A comment right above a block says what is special about it: `not run: why`, `nightly: why`, `file: NAME` (the block is that file),
`check: COMMAND` (which must do well with that file), `first: COMMAND` (run unseen before the block, such as what an earlier page did).
"""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.commands.chronokg import app
from tests.conftest import ROOT
from tests.docs.pages import FENCE, Block, blocks, name_of
from tests.docs.shell import CannotRun, Shell, agrees

RUN = {"sh", "console", "python"}
COOKBOOK = "docs/how-to/cypher-cookbook.md"  # has tests of its own, on every store: tests/graph_store/cookbook
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*\w(?!\w*…)")
OF_OTHERS = {
    "--set-aside-share",  # parameters of jobs that `schedule` takes as flags
    "--no-constructs",
    "--alias",
    "--dtype",
    "--lora",
    "--enable-lora",
    "--enable-prompt-tokens-details",
    "--overwrite-destination",
    "--profile",
    "--frozen",
    "--env",
    "--hypothesis-profile",
    "--durations",
}
PAGES = [
    page
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if any(block.language in RUN or "file:" in block.remark for block in blocks(page))
]
NIGHTLY = [page for page in PAGES if any("nightly:" in block.remark for block in blocks(page))]
CYPHER = [
    block
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    if name_of(page) != COOKBOOK
    for block in blocks(page)
    if block.language == "cypher"
]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, nightly=False)


@pytest.mark.nightly
@pytest.mark.parametrize("page", NIGHTLY, ids=name_of)
def test_a_page_does_what_it_says_with_models_and_databases(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path, nightly=True)


@pytest.mark.nightly
def test_every_query_on_the_pages_finds_something_in_the_demo(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.variables |= {"CHRONOKG_GRAPH": "embedded", "query": "", "day": "2003-01-01"}
    shell.run("chronokg observe examples/demo/curated.jsonl")
    for block in CYPHER:
        shell.variables["query"] = block.text
        rows = shell.run('chronokg query "$query" --param "day=$day" --json').splitlines()
        assert rows, where(block, "")
        assert all(row.startswith("{") for row in rows), where(block, "\n".join(rows))


def run_page(page: Path, folder: Path, *, nightly: bool) -> None:
    shell, printed = Shell(folder), ""
    for block in blocks(page):
        remarks = dict(re.findall(r"^\s*(not run|nightly|file|first): (.+)$", block.remark, re.MULTILINE))
        if "file" in remarks:
            (folder / remarks["file"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / remarks["file"]).write_text(block.text, encoding="utf-8")
            for command in re.findall(r"^\s*check: (.+)$", block.remark, re.MULTILINE):
                printed = shell.run(command)
                assert shell.code == 0, where(block, printed)
        elif block.language == "text" and block.remark.startswith("prints"):
            assert agrees(printed, block.text), where(block, printed)
        elif block.language in RUN and "not run" not in remarks and (nightly or "nightly" not in remarks):
            for command in re.findall(r"^\s*first: (.+)$", block.remark, re.MULTILINE):
                printed = shell.run(command)
                assert shell.code in {0, 1}, where(block, printed)
            printed = shell.program(block.text) if block.language == "python" else run_lines(shell, block)


def run_lines(shell: Shell, block: Block) -> str:
    printed = ""
    for command, promised in commands(block):
        try:
            printed = shell.run(command)
        except CannotRun:
            pytest.fail(where(block, f"the runner has no {command!r}: say above the block why it is not run"))
        assert shell.code in ({0, 1, 2} if block.language == "console" else {0, 1}), where(block, printed)
        if block.language == "console":
            assert agrees(printed, promised), where(block, printed)
    return printed


def commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a block with the output that follows it."""
    text = block.text.replace("\\\n", " ")
    if block.language == "sh":
        return [(line, "") for line in text.splitlines() if line.strip() and not line.startswith("#")]
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not parts[0].strip(), where(block, "a console block begins with `$ `")
    return [(command, promised) for command, _, promised in (part.partition("\n") for part in parts[1:])]


def where(block: Block, printed: str) -> str:
    return f"{name_of(block.page)}, line {block.line}:\n{printed}"


def test_the_readme_tells_how_a_fact_fell(tmp_path: Path) -> None:
    program = next(block.text for block in blocks(ROOT / "README.md") if block.language == "python")
    told = Shell(tmp_path).program(program)
    assert "closed by 'flecainide cause cardiac arrhythmias' because of DEMO:cast-1989" in told
    assert "[1] flecainide prevent cardiac arrhythmias" in told


def test_what_looks_like_ours_is_run_or_says_why_not() -> None:
    """Every block of the documentation has a language; plain text that the command line might have said has a remark."""
    silent = [
        where(block, block.text)
        for page in sorted((ROOT / "docs").rglob("*.md"))
        for block in blocks(page)
        if not block.language or (block.language == "text" and re.search(r"chronokg|submitted = ", block.text) and not block.remark)
    ]
    assert silent == []


def test_the_options_that_pages_name_are_there() -> None:
    there = {name for command in all_commands() for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
        "--help",
        "-h",
    }
    named = {
        (name_of(page), option)
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        if "decisions" not in page.parts
        for option in OPTION.findall(" ".join(re.findall(r"`[^`\n]*`", FENCE.sub("", page.read_text(encoding="utf-8")))))
        + [option for block in blocks(page) if "usage" in block.remark for option in OPTION.findall(block.text)]
    }
    assert {(page, option) for page, option in named if option not in there | OF_OTHERS} == set()


def all_commands() -> list[Any]:
    def below(command: Any) -> list[Any]:
        return [command, *(each for under in getattr(command, "commands", {}).values() for each in below(under))]

    return below(typer.main.get_command(app))
