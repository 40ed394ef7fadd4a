"""The report: right rows for its pictures, nothing fetched from anywhere, texts that stay texts."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flows.report.report_data import Lesson, Panel, Story, learnt, overturned, panel_of
from flows.report.report_layout import LABEL_HEIGHT, LABEL_WIDTH, positions
from flows.report.report_network import network
from flows.report.report_reading import Comparison, Sayable, allowed_pairs, compare
from flows.report.reporting import write_report
from graph_store.log.memory_log import MemoryEvidenceLog
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.gathering import one_by_one
from pipeline.believing.rules import Rules
from pipeline.intake.batches import observe_lines
from schema.dates import PartialDate
from schema.document import Document, Mention
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Observation
from schema.ontology import Ontology
from schema.records import Recorded, Retraction
from tests.flows.commands.running import line

START = datetime(2026, 1, 1, tzinfo=UTC)
DRUG, ILLNESS = EntityKey("MESH:C1"), EntityKey("MESH:D1")
STORY = Story("a story", ((ILLNESS, DRUG),))
EVIL = "</script><script>alert('run')</script><img src=x onerror=alert('run')>"

# The worked example of design.md, and a document that is retracted.
LINES = [
    line("PMID:1", "2001-03-01", "prevent", 0.80),
    line("PMID:2", "2004-03-01", "prevent", 0.70),
    line("PMID:3", "2010-03-01", "cause", 0.90),
    line("PMID:4", "2006-03-01", "prevent", 0.95, polarity="denies"),
]


def evidence_of(ontology: Ontology, lines: Sequence[dict[str, Any]] = LINES, retracted: str | None = "PMID:4") -> Evidence:
    log = MemoryEvidenceLog()
    log.append(BatchId("1"), observe_lines(list(enumerate(lines, 1)), "test", ontology, START).records)
    if retracted is not None:
        notice = Retraction(DocumentId(retracted), PartialDate.parse("2006-06-01"))
        log.append(BatchId("2"), [Recorded(notice, START + timedelta(days=1))])
    return one_by_one(log)


@pytest.fixture
def rules(biomedical: Ontology) -> Rules:
    return Rules(ontology=biomedical)


@pytest.fixture
def evidence(biomedical: Ontology) -> Evidence:
    return evidence_of(biomedical)


@pytest.fixture
def panel(evidence: Evidence, rules: Rules) -> Panel:
    return panel_of(STORY, evidence, rules, {}, {})


def test_beliefs_go_in_steps_from_one_date_of_evidence_to_the_next(panel: Panel) -> None:
    prevent = panel.lanes[0]["lane"]
    steps = [(s["from"], s["to"][:4], s["belief"], s["holds"]) for s in panel.steps if s["lane"] == prevent]
    assert steps[:1] == [("2001-03-01", "2004", 0.8, True)]
    assert (steps[1][0], steps[1][2]) == ("2004-03-01", 0.94)
    assert (steps[-1][0], steps[-1][3]) == ("2010-03-01", False)


def test_bars_are_the_intervals_in_which_a_fact_held(panel: Panel) -> None:
    assert [(bar["from"], bar["span"], bar["open"]) for bar in panel.bars] == [
        ("2001-03-01", "2001-03-01 to 2010-03-01", False),
        ("2010-03-01", "since 2010-03-01", True),
    ]


def test_dots_tell_who_said_what_and_which_document_was_retracted(panel: Panel) -> None:
    dots = {dot["document"]: dot for dot in panel.dots}
    assert [dots[f"PMID:{n}"]["up"] for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert [dots[f"PMID:{n}"]["retracted"] for n in (1, 2, 3, 4)] == [False, False, False, True]
    assert dots["PMID:1"]["quote"] == "sentence of PMID:1"
    assert [(mark["day"], mark["document"]) for mark in panel.marks] == [("2006-06-01", "PMID:4")]


def test_a_story_that_nobody_tells_gives_an_empty_panel(evidence: Evidence, rules: Rules) -> None:
    unheard = panel_of(Story("unheard", ((DRUG, EntityKey("MESH:D9")),)), evidence, rules, {}, {})
    assert (unheard.lanes, unheard.steps, unheard.dots) == ([], [], [])


def test_what_was_overturned_names_the_sentence_that_did_it(evidence: Evidence, rules: Rules) -> None:
    graph = fold(evidence, rules)
    (row,) = overturned(graph, {entity.key: entity for entity in graph.entities}, {DocumentId("PMID:3"): "a big trial"})
    assert (row["fact"], row["from"], row["to"], row["belief"]) == ("a drug prevent an illness", "2001-03-01", "2010-03-01", 0.94)
    assert row["by"] == "a drug cause an illness"
    assert row["because"] == [{"citation": "PMID:3, 2010-03-01 (a big trial)", "quote": "sentence of PMID:3"}]


def test_a_denial_that_closes_a_fact_is_quoted_too(biomedical: Ontology, rules: Rules) -> None:
    graph = fold(evidence_of(biomedical, [*LINES[:1], LINES[3]], retracted=None), rules)
    (row,) = overturned(graph, {}, {})
    assert (row["by"], row["because"][0]["quote"], row["now"]) == ("denial", "sentence of PMID:4", "does not hold")


def test_a_lesson_shows_what_was_known_before_and_after(evidence: Evidence, rules: Rules) -> None:
    rows = learnt(Lesson("retracted", START, START + timedelta(days=2)), evidence, rules, {})
    assert [(row["before"], row["after"]) for row in rows] == [
        ("held 2001-03-01 to 2006-03-01", "held 2001-03-01 to 2010-03-01"),
    ]


def test_the_graph_on_two_days_marks_what_fell_and_what_is_new(evidence: Evidence, rules: Rules) -> None:
    drawn = network(evidence, rules, {}, (date(2005, 1, 1), date(2011, 1, 1)))
    assert {edge["relation"]: edge["state"] for edge in drawn.first.edges} == {"prevent": "falls"}
    assert {edge["relation"]: edge["state"] for edge in drawn.second.edges} == {"prevent": "fallen", "cause": "new"}
    assert [(n["key"], n["x"], n["y"]) for n in drawn.first.nodes] == [(n["key"], n["x"], n["y"]) for n in drawn.second.nodes]


def test_names_in_the_graph_do_not_cover_each_other() -> None:
    pairs = [(EntityKey(f"hub {n // 9}"), EntityKey(f"leaf {n}")) for n in range(40)]
    pairs += [(EntityKey(f"leaf {n}"), EntityKey(f"leaf {n + 7}")) for n in range(0, 30, 11)]
    places, height = positions(pairs, 720)
    spots = sorted(places.values())
    for number, (x, y) in enumerate(spots):
        assert 0 <= x <= 720
        assert 0 <= y <= height
        for other_x, other_y in spots[number + 1 :]:
            assert abs(x - other_x) >= LABEL_WIDTH - 2 or abs(y - other_y) >= LABEL_HEIGHT - 2
    assert positions(pairs[::-1], 720) == (places, height)


def read_document(number: int) -> Document:
    text = "A drug and an illness."
    mentions = (Mention(2, 6, "drug", "Chemical", (DRUG,)), Mention(14, 21, "illness", "Disease", (ILLNESS,)))
    return Document(DocumentId(f"PMID:{number}"), text, published=PartialDate.parse("2001"), source="test", mentions=mentions)


def comparison_of(
    read: Sequence[Observation], curated: Sequence[Observation], ontology: Ontology, sayable: Sayable | None = None
) -> Comparison:
    texts = [read_document(number) for number in (1, 2, 3)]
    return compare(read, curated, texts, ontology=ontology, names={}, threshold=0.6, model=f"model {EVIL}", sayable=sayable)


def test_precision_and_recall_count_each_triple_of_a_document_once(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    said = [line("PMID:1", "2001", "prevent", 0.7), line("PMID:1", "2001", "prevent", 0.4), line("PMID:2", "2001", "cause", 0.5)]
    read = [r.record for r in evidence_of(biomedical, said).observations]
    scores = {
        (row["measure"], row["which"]): (row["right"], row["found"], row["wanted"])
        for row in comparison_of(read, curated, biomedical).scores
    }
    assert scores["pair", "no model: every allowed pair"] == (3, 3, 3)
    assert scores["pair", "all claims"] == (2, 2, 3)
    assert scores["pair and relation", "all claims"] == (1, 2, 3)
    assert scores["pair and relation", "claims of 0.6 or more"] == (1, 1, 3)


def test_what_a_model_was_not_taught_to_say_is_named_and_left_out_of_a_comparison_of_its_own(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    read = [r.record for r in evidence_of(biomedical, [line("PMID:1", "2001", "prevent", 0.7)]).observations]
    plain = comparison_of(read, curated, biomedical)
    assert (plain.unsaid, len(plain.scores)) == ([], 7)
    taught = comparison_of(
        read, curated, biomedical, lambda head, relation, tail: (head, relation, tail) == ("Chemical", "cause", "Disease")
    )
    (prevented,) = taught.unsaid
    assert prevented.startswith("Chemical prevent Disease (")
    assert taught.scores[-1]["which"] == "claims of 0.6 or more, against what it was taught to say"
    wanted = {row["measure"]: row["wanted"] for row in plain.scores}["pair and relation"]
    assert 0 < taught.scores[-1]["wanted"] < wanted


def test_a_model_that_finds_nothing_has_no_precision(biomedical: Ontology) -> None:
    curated = [r.record for r in evidence_of(biomedical).observations]
    assert comparison_of([], curated, biomedical).scores[1]["precision"] is None


def test_pairs_that_no_relation_joins_are_not_allowed(biomedical: Ontology) -> None:
    assert allowed_pairs(read_document(1), biomedical) == {frozenset((DRUG, ILLNESS))}
    mentions = (Mention(2, 6, "drug", "Unheard", (DRUG,)), Mention(14, 21, "illness", "Disease", (ILLNESS,)))
    assert not allowed_pairs(Document(DocumentId("PMID:1"), "A drug and an illness.", mentions=mentions), biomedical)


def report(path: Path, biomedical: Ontology, rules: Rules) -> str:
    """A report in which every text that comes from outside tries to be a script."""
    drug = {"key": DRUG, "type": "Chemical", "name": f"drug {EVIL}"}
    lines = [{**each, "quote": f"{each['quote']} {EVIL}", "head": drug, "journal": EVIL} for each in LINES]
    evidence = evidence_of(biomedical, lines)
    observations = [recorded.record for recorded in evidence.observations]
    write_report(
        path,
        evidence,
        rules,
        [Story(f"story {EVIL}", ((DRUG, ILLNESS),), EVIL), Story("unheard", ((DRUG, EntityKey("MESH:D9")),))],
        (date(2005, 1, 1), date(2011, 1, 1)),
        title=f"title {EVIL}",
        introduction=EVIL,
        lessons=[Lesson(EVIL, START, START + timedelta(days=2))],
        reading=comparison_of(observations[:2], observations, biomedical),
        remark=EVIL,
        citations={DocumentId("PMID:3"): EVIL},
    )
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
    assert not [attributes for _, attributes in found if {"src", "href", "srcset", "action", "data"} & attributes.keys()]
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
