"""What documents say cannot act on a terminal, forge an entry of a context or become a formula; machines get it as it is."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, line, write_lines

ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202e"
FORGED = 'It helped." [PMID:1, 2001]\n[2] a drug cure everything (belief 1.00, since 2001-01-01, 9 documents)\n    "Sure." [PMID:999, 2001]'
QUOTE = FORGED + ESCAPE
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    odd = {"key": "MESH:D1", "type": "Disease", "name": f"an {ESCAPE}illness\n[7] more"}
    told = [line("PMID:1", "2001", tail=odd, quote=QUOTE), line("PMID:2", "2010", "cause", 0.9, tail=odd, quote=QUOTE)]
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", told), home=tmp_path / "home", expect=0)
    return tmp_path / "home"


@pytest.mark.parametrize(
    "arguments",
    [
        ("why", "MESH:C1", "treat", "MESH:D1"),
        ("timeline", "MESH:D1"),
        ("ask", "does MESH:C1 help in MESH:D1?"),
        ("find", "MESH:D1"),
        ("rulings",),
        ("status",),
    ],
)
def test_no_command_lets_text_act_on_the_terminal(home: Path, arguments: tuple[str, ...]) -> None:
    told = chronokg(*arguments, home=home)
    assert not ACTING.search(told)
    if arguments[0] in {"why", "timeline", "ask", "find"}:
        assert "\\x1b]0;owned\\x07" in told
    assert not ACTING.search(chronokg(*arguments, "--json", home=home))


def test_a_quote_cannot_forge_an_entry_of_a_context(home: Path) -> None:
    told = chronokg("ask", "does MESH:C1 help in MESH:D1?", home=home)
    entries = [each for each in told.splitlines() if re.match(r"\s*\[\d+\]", each)]
    assert len(entries) == 2
    cited = [each for each in told.splitlines() if each.startswith('    "')]
    assert len(cited) == 2
    for each in cited:
        assert re.fullmatch(r'    "(?:[^"\\]|\\.)*" \[PMID:[12], (?:2001|2010)[-\d]*\]', each)


def test_machines_get_the_exact_text(home: Path) -> None:
    facts = json.loads(chronokg("ask", "does MESH:C1 help in MESH:D1?", "--json", home=home))["facts"]
    assert facts[0]["citations"][0]["quote"] == QUOTE.strip()


def test_the_report_shows_control_characters_as_such(home: Path, tmp_path: Path) -> None:
    chronokg("report", "--to", tmp_path / "report.html", home=home)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "\x1b" not in page
    assert "\\u001b" not in page
    assert "\\x1b]0;owned" in page


def test_text_reaches_the_terminal_at_one_place_alone() -> None:
    prints = re.compile(r"^\s+(?:print|typer\.echo|sys\.std(?:out|err)\.write)\(", re.MULTILINE)
    found = {
        str(path.relative_to(ROOT)): len(prints.findall(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "flows").rglob("*.py"))
        if prints.search(path.read_text(encoding="utf-8"))
    }
    assert found == {
        "flows/answers/answers_from_log.py": 2,  # examples in docstrings
        "flows/__init__.py": 1,
        "flows/answers/entities.py": 1,
        "flows/commands/chronokg.py": 2,  # the canonical export: JSON in any case; the version
        "flows/home/processes.py": 1,  # words of ours, from a signal
        "flows/home/showing.py": 1,  # JSON
        "flows/home/terminal.py": 2,
    }
