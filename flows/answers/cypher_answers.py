"""Questions in words as Cypher: the query that was chosen, why, and its rows."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flows.answers.cypher_query import rows_with
from flows.answers.entities import finder_in
from flows.home.homes import Home
from flows.wiring.choosers import Way, chooser_for
from pipeline.finding.question_names import NameAsked, names_in_question
from pipeline.querying.chosen_query import ChosenQuery, chosen_query
from pipeline.querying.question_parts import NamedEnd, QuestionParts, parts_of_question
from pipeline.shown_text import one_line
from schema.errors import WrongUse

SHOWN_ROWS = 20


def cypher_for(home: Home, question: str, as_of: date | None = None, way: Way = "words") -> dict[str, Any]:
    """The Cypher for a question that names an entity or two, chosen among what the ontology has; nothing is run.

    A dictionary of `question`, `cypher`, `parameters`, `shape`, `choices` (for each slot the probability of each option) and `names` (what
    the question names, and what of it is not known). Raises WrongUse where it names nothing that is known.

        cypher_for(home, "Which drugs cause myocardial infarction?")["cypher"]
    """
    parts, asked = question_parts(home, question, as_of)
    return _told(question, asked, asyncio.run(_chosen(home, parts, way)))


def rows_for(home: Home, question: str, as_of: date | None = None, known_at: datetime | None = None, way: Way = "words") -> dict[str, Any]:
    """The same, with its `rows`: run where only reading is let through, after the server has planned it.

    Raises WrongUse for a moment before now: the graph says what is known now.
    """
    if known_at is not None:
        raise WrongUse("the graph says what is known now: --known-at goes with ask, why, timeline and export, not with --cypher")
    told = cypher_for(home, question, as_of, way)
    return {**told, "rows": rows_with(home, told["cypher"], told["parameters"])}


def question_parts(home: Home, question: str, as_of: date | None) -> tuple[QuestionParts, list[NameAsked]]:
    """The entities and days of a question, and every name in it; raises WrongUse where no name is known."""
    with finder_in(home) as finder:
        asked = names_in_question(question, finder)
    ends = {each.entity.key: NamedEnd(each.text, each.entity.key, each.entity.type) for each in asked if each.entity is not None}
    if not ends:
        lost = [each.text for each in asked]
        raise WrongUse(
            f"the question names no entity that the graph knows{f': {lost}' if lost else ''}; `chronokg find NAME` looks for one"
        )
    return parts_of_question(question, list(ends.values())[:2], as_of), asked


async def _chosen(home: Home, parts: QuestionParts, way: Way) -> ChosenQuery:
    async with chooser_for(home, way) as chooser:
        return await chosen_query(parts, home.rules.ontology, chooser)


def _told(question: str, asked: list[NameAsked], chosen: ChosenQuery) -> dict[str, Any]:
    return {
        "question": question,
        "cypher": chosen.query.text,
        "parameters": dict(chosen.query.parameters),
        "shape": chosen.asked.shape.value,
        "choices": {slot: {option: round(share, 4) for option, share in shares.items()} for slot, shares in chosen.choices.items()},
        "names": [{"text": each.text, "entity": each.entity.key if each.entity else None} for each in asked],
    }


def cypher_in_words(told: Mapping[str, Any]) -> str:
    """The query with its parameters, and its rows."""
    lost = [f"not known, and left out: {one_line(name['text'])}" for name in told["names"] if name["entity"] is None]
    given = [f"// ${name} = {value}" for name, value in told["parameters"].items()]
    rows = [" | ".join(map(_cell, row.values())) for row in told["rows"][:SHOWN_ROWS]]
    more = [f"… and {len(told['rows']) - SHOWN_ROWS} more"] if len(told["rows"]) > SHOWN_ROWS else []
    heading = [" | ".join(told["rows"][0])] if told["rows"] else ["no rows"]
    return "\n".join([*lost, told["cypher"], *given, "", *heading, *rows, *more])


def _cell(value: Any) -> str:
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value))
