"""The report's page: nothing fetched from anywhere, texts that stay texts; and the command that writes it."""

import json
import re
import shutil
import subprocess
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flows.report.report_writer import Telling, stories_from, write_report
from pipeline.believing.rules import Rules
from pipeline.reporting.overturned import KnowledgeUpdate
from pipeline.reporting.stories import Story
from schema.errors import WrongUse
from schema.ids import DocumentId, EntityKey
from schema.ontology import Ontology
from tests.flows.commands.running import chronokg, run, write_lines
from tests.pipeline.reporting.told import DRUG, EVIL, ILLNESS, LINES, START, comparison_of, evidence_of


@pytest.fixture
def rules(biomedical: Ontology) -> Rules:
    return Rules(ontology=biomedical)


def report(path: Path, biomedical: Ontology, rules: Rules) -> str:
    """A report in which every text that comes from outside tries to be a script."""
    drug = {"key": DRUG, "type": "Chemical", "name": f"drug {EVIL}"}
    lines = [{**each, "quote": f"{each['quote']} {EVIL}", "head": drug, "journal": EVIL} for each in LINES]
    evidence = evidence_of(biomedical, lines)
    observations = [recorded.record for recorded in evidence.observations]
    telling = Telling(
        title=f"title {EVIL}",
        introduction=EVIL,
        citations={DocumentId("PMID:3"): EVIL},
        updates=[KnowledgeUpdate(EVIL, START, START + timedelta(days=2))],
        reading=comparison_of(observations[:2], observations, biomedical),
        remark=EVIL,
        days=(date(2005, 1, 1), date(2011, 1, 1)),
    )
    stories = [Story(f"story {EVIL}", ((DRUG, ILLNESS),), EVIL), Story("unheard", ((DRUG, EntityKey("MESH:D9")),))]
    write_report(path, evidence, rules, stories, telling)
    return path.read_text(encoding="utf-8")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(page)
    return parser.found


def test_a_report_fetches_nothing(tmp_path: Path, biomedical: Ontology, rules: Rules) -> None:
    page = report(tmp_path / "report.html", biomedical, rules)
    found = elements(page)
    assert not [tag for tag, _ in found if tag in {"link", "img", "iframe", "object", "embed", "base"}]
    assert not [attributes for _, attributes in found if {"src", "srcset", "action", "data"} & attributes.keys()]
    # Links are followed by a person, and only to where papers are read.
    assert {tag for tag, attributes in found if "href" in attributes} == {"a"}
    assert {str(attributes["href"])[:32] for _, attributes in found if "href" in attributes} == {"https://pubmed.ncbi.nlm.nih.gov/"}
    assert not re.findall(r"@import|url\(", "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL)))
    policy = next(attributes["content"] for tag, attributes in found if tag == "meta" and "http-equiv" in attributes)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_texts_in_a_report_never_become_elements(tmp_path: Path, biomedical: Ontology, rules: Rules) -> None:
    page = report(tmp_path / "report.html", biomedical, rules)
    found = elements(page)
    assert [attributes.get("id") for tag, attributes in found if tag == "script"] == ["specs", None, None]
    assert not [attributes for _, attributes in found if "onerror" in attributes]
    assert "<script>alert(" not in page
    assert page.count("</script") == 3


def test_the_same_evidence_gives_the_same_report(tmp_path: Path, biomedical: Ontology, rules: Rules) -> None:
    assert report(tmp_path / "one.html", biomedical, rules) == report(tmp_path / "two.html", biomedical, rules)


def test_a_browser_draws_every_picture_and_runs_no_text(tmp_path: Path, biomedical: Ontology, rules: Rules) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on this machine")
    page = tmp_path / "report.html"
    page.write_text(report(page, biomedical, rules).replace("alert('run')", "document.title=1"), encoding="utf-8")
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={tmp_path / 'profile'}",
        "--virtual-time-budget=8000",
    ]
    done = subprocess.run([browser, *options, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    assert len(re.findall(r'<svg[^>]*class="marks"', done.stdout)) == 4  # one story, two days, one reading
    assert "could not be drawn" not in done.stdout.partition("<script")[0]
    assert "<title>title " in done.stdout


def test_the_command_tells_what_is_disputed_most_and_what_is_said_of_some_entities(tmp_path: Path) -> None:
    home, to = tmp_path / "home", tmp_path / "report.html"
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", LINES), home=home)
    answer = json.loads(chronokg("report", "--to", to, "--json", home=home))
    assert answer["report"] == str(to)
    whole = to.read_text(encoding="utf-8")
    assert "<h3>a drug and an illness</h3>" in whole
    assert "<b>a drug prevents an illness</b>, held from 2001-03-01" in whole
    chronokg("report", "a drug", "an illness", "--between", "--as-of", "2005-01-01", "--to", to, home=home)
    early = to.read_text(encoding="utf-8")
    assert "PMID:2" in early
    assert "PMID:3" not in early
    assert "no fact has ever stopped holding" in early
    done = run("report", "no such drug", home=home)
    assert (done.returncode, done.stderr.split(";")[0].strip()) == (2, "chronokg: nothing is known of 'no such drug'")


def test_an_empty_home_has_a_report_too(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "nothing", []), home=tmp_path / "home")
    chronokg("report", "--to", tmp_path / "report.html", home=tmp_path / "home")
    assert "There are no facts yet." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_stories_come_from_a_file_that_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "stories.yaml"
    path.write_text("- title: one\n  pairs: [[a drug, an illness]]\n")
    (story,) = stories_from(path)
    assert (story.title, story.pairs, story.text) == ("one", [("a drug", "an illness")], "")
    path.write_text("- title: one\n  pairs: [[a drug]]\n")
    with pytest.raises(WrongUse, match=r"stories.yaml: 0.pairs.0.1: Field required"):
        stories_from(path)


def test_a_digest_is_told_on_the_terminal_to_machines_and_written_as_markdown_or_as_a_page(tmp_path: Path) -> None:
    home = tmp_path / "home"
    quote = f"Why {EVIL}"
    chronokg("observe", write_lines(tmp_path / "lines", [{**each, "quote": quote} for each in LINES[:3]]), home=home, graph="memory:")
    told = chronokg("digest", home=home, graph="memory:")
    assert "- **a drug prevents an illness** held from 2001-03-01 to 2010-03-01 (belief 0.94): a drug causes an illness" in told
    data = json.loads(chronokg("digest", "--json", "--until", "2100-01-01", "--since", "2026-01-01", home=home, graph="memory:"))
    assert data["facts"] == {"opened": 1, "overturned": 1}
    page, text = tmp_path / "new" / "digest.html", tmp_path / "digest.md"
    chronokg("digest", "--to", str(page), home=home, graph="memory:")
    chronokg("digest", "--to", str(text), home=home, graph="memory:")
    assert text.read_text(encoding="utf-8").splitlines()[4:] == told.splitlines()[4:]
    html = page.read_text(encoding="utf-8")
    assert "script" not in {tag for tag, _ in elements(html)}
    assert "a drug prevents an illness" in html
    for wrong in (("--since", "today"), ("--since", "2100-01-01"), ("--until", "2001-01-01", "--since", "2002-01-01")):
        assert run("digest", *wrong, home=home, graph="memory:").returncode == 2
