"""Answers from a home: export, why, timeline, as of any day and as known at any moment."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from flows.answers.entities import as_shown, entities_now, entity_called, finder_in
from flows.home.graph_to_read import graph_to_read
from flows.home.homes import Home
from flows.home.terminal import note
from pipeline.answering.histories import ends_in, entity_history, fact_history
from pipeline.believing.fold import Graph, fold
from pipeline.believing.gathering import all_evidence
from pipeline.exports.canonical import canonical_lines
from pipeline.finding.question_names import names_in_question
from pipeline.line import history_of
from pipeline.retrieving.chosen_facts import Retrieval, Tokens, quarter_of_characters
from pipeline.retrieving.context import context
from pipeline.retrieving.fact_filter import FactFilter
from pipeline.retrieving.withdrawn_facts import remarks_on_withdrawn
from pipeline.updating.graph_changes import questions_about
from pipeline.updating.graph_state import Condition
from schema.fact import Status
from schema.ids import EntityKey
from schema.observation import Entity


def export_lines(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The canonical export, JSON lines without line ends: of the graph as it stands, or up to a day or as known at a moment (UTC).

    A graph that is not the fold of the log is told on stderr, and the log is folded.

    for line in export_lines(home, as_of=date(2005, 1, 1)):
        print(line)
    """
    if as_of is not None or known_at is not None:
        yield from folded_lines(home, as_of, known_at)
        return
    with graph_to_read(home) as found:
        if found.current is not None:
            yield from canonical_lines(found.current.facts(), found.current.entities(), found.current.documents())
            return
        if found.state.condition is not Condition.ABSENT:
            note(f"{found.state.note}; this export is folded from the log")
    yield from folded_lines(home)


def folded_lines(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The same, folded from the log in any case: all of it before the first line is asked for."""
    evidence = all_evidence(home.log, limited=as_of is not None or known_at is not None)
    folded = fold(evidence, home.rules, as_of=as_of, known_at=known_at, histories=False)
    return canonical_lines(folded.facts, folded.entities, folded.documents)


def why_of(home: Home, head: str, relation: str, tail: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """The history of one triple with its quotes; ends by key or by name.

    A dictionary of `fact` (its belief, status and intervals; None where it never was one), `history` (each step: on, what, text,
    because, rule, by, quotes), `evidence` (every quote), `triple` and `withdrawn`. Raises WrongUse for what is not known.

        for step in why_of(home, "flecainide", "prevent", "cardiac arrhythmias")["history"]:
            print(step["on"], step["text"])
    """
    ontology = home.rules.ontology
    relation = ontology.relation_called(relation)
    ends = entity_called(home, head, known_at), entity_called(home, tail, known_at)
    triple = ontology.triple(ends[0], relation, ends[1])
    graph = history_of(home.log, home.rules, [home.rules.question(triple)], as_of=as_of, known_at=known_at)
    answer = fact_history(triple, graph.facts, graph.histories.values(), graph.reports, _names(graph, home, *ends))
    is_withdrawn = answer["fact"] is not None and answer["fact"]["status"] == Status.WITHDRAWN
    return {**answer, "withdrawn": remarks_on_withdrawn(home.log, home.rules, [triple])[triple] if is_withdrawn else []}


def timeline_of(home: Home, entity: str, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """All that was ever held about an entity, by key or by name.

    A dictionary of `entity`, `name`, `facts` (with belief, status and intervals) and `events`, in the order of days: what was opened,
    reopened and closed. Raises WrongUse for what is not known.
    """
    key = entity_called(home, entity, known_at)
    graph = history_of(home.log, home.rules, questions_about(home.log, home.rules, [key], known_at), as_of=as_of, known_at=known_at)
    return entity_history(key, graph.facts, graph.histories.values(), _names(graph, home, key))


def _names(graph: Graph, home: Home, *keys: EntityKey) -> Mapping[EntityKey, Entity]:
    """What entities were called then; those of them that no fact of that time names, and these, as they are called now."""
    told = as_shown(home, graph.entities)
    return {**entities_now(home, ({*keys} | ends_in(graph.histories.values())) - told.keys()), **told}


def context_for(
    home: Home,
    question: str,
    as_of: date | None = None,
    known_at: datetime | None = None,
    limit: int = 20,
    *,
    wanted: FactFilter | None = None,
    budget: int | None = None,
    tokens: Tokens = quarter_of_characters,
) -> dict[str, Any]:
    """The dated, cited context for a question in words: what a RAG application hands to its model.

    A dictionary of `text`, `facts` (at most `limit`, each with its `marker`, status, since, until, because and citations: those
    `between` the things named first, held or not), `paths` (ways between them by markers), `entities` and `names` (what the question
    names, and what of it is not known), `as_of`, `known_at`, `left_out`, `tokens` and `complete` (false where the question finds
    nothing, or of several names one). The others are facts that are `wanted`: by default those that hold and, where the question asks
    about change (`of_change`), those that did. With a `budget` the text has at most so many `tokens`. Raises WrongUse for a filter that
    the ontology has not.

        context_for(home, "does flecainide prevent arrhythmias?", as_of=date(1988, 1, 1), budget=800)["text"]
    """
    if wanted is not None:
        wanted.check(home.rules.ontology)
    with finder_in(home, known_at) as finder:
        asked = names_in_question(question, finder)
    wish = Retrieval(as_of, known_at, wanted, limit, budget, tokens)
    return context(question, asked, home.neighbourhoods, wish, lambda keys: entities_now(home, keys, known_at))
