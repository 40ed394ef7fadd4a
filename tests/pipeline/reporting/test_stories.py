"""A story as rows: beliefs in steps, intervals as bars, documents as dots."""

import pytest

from pipeline.believing.evidence import Evidence
from pipeline.believing.rules import Rules
from pipeline.reporting.stories import Panel, Story, panel_of
from schema.ids import EntityKey
from tests.pipeline.reporting.told import DRUG, STORY


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
