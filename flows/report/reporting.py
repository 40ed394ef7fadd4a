"""The report: one HTML page on what the evidence made of some stories, readable without network or server."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

from flows.report.report_data import Citations, Lesson, Panel, Row, Story, figures, learnt, overturned, panel_of
from flows.report.report_network import network
from flows.report.report_page import (
    legend,
    lesson_table,
    network_cards,
    numbers,
    overturned_table,
    page,
    score_table,
    sides_table,
    story_card,
    type_legend,
)
from flows.report.report_pictures import network_pictures, panel_picture, reading_picture
from flows.report.report_reading import Comparison
from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from schema.ids import EntityKey
from schema.observation import Entity

Pictures = dict[str, object]


def write_report(
    path: Path,
    evidence: Evidence,
    rules: Rules,
    stories: Sequence[Story],
    days: tuple[date, date],
    *,
    title: str,
    introduction: str = "",
    lessons: Sequence[Lesson] = (),
    reading: Comparison | None = None,
    remark: str = "",
    citations: Citations | None = None,
) -> Path:
    """Write the report on all that `evidence` says and return its path; the same evidence gives the same bytes.

    `days` are those on which the graph is drawn; `remark` says what to think of the model whose `reading` is shown.
    """
    graph = fold(evidence, rules)
    names = {entity.key: entity for entity in graph.entities}
    cite, pictures = citations or {}, Pictures()
    fallen = overturned(graph, names, cite)
    panels = [panel_of(story, evidence, rules, names, cite) for story in stories]
    body = [
        _headline(title, introduction, figures(graph), fallen),
        _stories(panels, pictures),
        _graph(evidence, rules, names, days, pictures),
        _overturned(fallen),
        _lessons([(lesson.title, learnt(lesson, evidence, rules, names)) for lesson in lessons]),
        _reading(reading, remark, pictures) if reading else "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(title, "\n".join(body), pictures), encoding="utf-8")
    return path


def _headline(title: str, introduction: str, counted: Row, fallen: Sequence[Row]) -> str:
    told = numbers(
        [
            (counted["documents"], f"documents, {counted['from']} to {counted['to']}"),
            (counted["facts"], "facts"),
            (counted["overturned"], f"facts overturned, {counted['times']} times in all"),
            (counted["returned"], "of them came back and hold today"),
            (counted["retracted"], "retracted, counting for nothing"),
        ]
    )
    return f"<h1>{escape(title)}</h1>{_deepest_fall(fallen)}<p>{escape(introduction)}</p>{told}"


def _deepest_fall(fallen: Sequence[Row]) -> str:
    """What was believed most of all that fell, as the lead."""
    if not fallen:
        return ""
    row = max(fallen, key=lambda row: row["belief"])
    because = ", ".join(escape(each["citation"]) for each in row["because"])
    return (
        f'<p class="lead">The firmest belief that fell: <b>{escape(row["fact"])}</b>, held from {row["from"]} and believed to'
        f" {row['belief']:.2f}, was overturned on {row['to']} because of {because}.</p>"
    )


def _stories(panels: Sequence[Panel], pictures: Pictures) -> str:
    cards = []
    for number, panel in enumerate(panels):
        if panel.lanes:
            pictures[f"story-{number}"] = panel_picture(panel)
        cards.append(story_card(panel, f"story-{number}"))
    meaning = legend(
        [
            ("held", "belief while the fact holds"),
            ("not held", "belief while it does not"),
            ("bar", "when it held"),
            ("up", "a document asserts it"),
            ("down", "a document denies it"),
            ("hollow", "retracted, does not count"),
        ]
    )
    return f"""<h2>What was believed, and when</h2>
<p>Belief goes from 0 to 1: how much evidence there is for a fact, and which way it points. It counts all documents up to that day.
Which of two opposed facts holds is decided by strength, in which evidence loses half of its weight every five years. So a fact
can be overturned by an opposed one while the belief in it, taken by itself, stays high. Point at a mark to read its sentence.</p>
{meaning}<div class="cards">{"".join(cards)}</div>"""


def _graph(evidence: Evidence, rules: Rules, names: Mapping[EntityKey, Entity], days: tuple[date, date], pictures: Pictures) -> str:
    drawn = network(evidence, rules, names, days)
    pictures["graph-first"], pictures["graph-second"] = network_pictures(drawn)
    first, second = days
    meaning = legend(
        [
            ("stays", "holds on both days"),
            ("falls", f"holds on {first}, overturned by {second}"),
            ("new", f"new on {second}"),
            ("fallen", f"held on {first}, no more on {second}"),
        ]
    )
    types = type_legend(sorted({node["type"] for node in drawn.first.nodes}))
    return f"""<section class="whole"><h2>The graph on two days</h2>
<p>Every entity has the same place in both pictures. The thicker and clearer a line, the stronger the belief on that day.
Faint dots are entities about which nothing was held yet.</p>
{types}{meaning}{network_cards(drawn, ("graph-first", "graph-second"))}</section>"""


def _overturned(rows: Sequence[Row]) -> str:
    return f"""<h2>What was overturned, and because of what</h2>
<p>Each time that a fact stopped holding, with its belief up to the day before. The sentence is the one that tipped the balance,
on top of all that had been said already.</p>
{overturned_table(rows)}"""


def _lessons(lessons: Sequence[tuple[str, Sequence[Row]]]) -> str:
    if not lessons:
        return ""
    return f"""<h2>What we came to know later</h2>
<p>The graph has two clocks: when something was so, and when we learnt of it. Both answers stay available.</p>
{"".join(lesson_table(title, rows) for title, rows in lessons)}"""


def _unsaid(comparison: Comparison) -> str:
    if not comparison.unsaid:
        return ""
    return f"<p>Not among its answers, for it was not taught to say so: {escape(', '.join(comparison.unsaid))}.</p>"


def _reading(comparison: Comparison, remark: str, pictures: Pictures) -> str:
    pictures["reading"] = reading_picture(comparison)
    return f"""<h2>Apart from all that: what a language model read</h2>
<div class="warning"><p><b>Everything above rests on curated observations, not on this.</b> Here the model
{escape(comparison.model)} read the same {comparison.documents} abstracts. {escape(remark)}</p></div>
{score_table(comparison)}
{_unsaid(comparison)}
<p class="muted">Precision: the share of what was read that is curated too. Recall: the share of what is curated that was read.
Each triple counts once for each document.</p>
<h3>Confidence and worth</h3><div class="picture" id="reading"></div>
<p class="muted">Each dot is a claim; right of the dashed line it is admitted into the graph.</p>
{sides_table(comparison)}"""
