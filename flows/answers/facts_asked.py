"""What is known of an entity, between two, and between two days: what command line, server and agents answer with."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from flows.answers.entities import entities_now, entity_called
from flows.home.homes import Home
from pipeline.answering.histories import name_of
from pipeline.retrieving.fact_filter import FactFilter, wanted_facts
from pipeline.retrieving.facts_told import change_told, cited_documents, fact_told
from pipeline.retrieving.neighbourhood import TOLD_CHANGES, Neighbourhood, all_facts, facts_on
from pipeline.retrieving.pages_of_rows import Place, one_page
from pipeline.retrieving.paths import Search
from pipeline.updating.graph_changes import triples_about
from schema.errors import WrongUse
from schema.events import Event
from schema.fact import Fact, Status, Triple
from schema.ids import EntityKey
from schema.observation import Entity

HOLDING = FactFilter()
_ORDER = [status.value for status in Status]


def facts_about(
    home: Home,
    entity: str,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    wanted: FactFilter = HOLDING,
    limit: int = 50,
    after: str | None = None,
) -> dict[str, Any]:
    """Facts of an entity (by key or name) that are `wanted`, by default those that hold; the most believed first.

    A dictionary of `entity`, `name`, `type`, `as_of`, `known_at`, `facts` (as facts_told.fact_told has them, at most `limit`), `total` (of
    all pages) and `next`: what the next call takes as `after`, None on the last page. Raises WrongUse for what is not known.

        facts_about(home, "flecainide", as_of=date(1988, 1, 1))["facts"]
    """
    wanted.check(home.rules.ontology)
    key = entity_called(home, entity, known_at)
    found = home.neighbourhoods.of([key], as_of, known_at)
    rows = wanted_facts(found, wanted, [key], lambda keys: entities_now(home, keys, known_at)).iter_rows(named=True)
    shown, following, total = one_page(rows, _place, limit, after)
    facts = found.as_facts([_triple(row) for row in shown])
    names = entities_now(home, {key, *_ends(facts)}, known_at)
    return {
        **_entity(key, names),
        **_limits(as_of, known_at),
        "facts": _told(found, facts, names),
        "next": following,
        "total": total,
    }


def entity_card(home: Home, entity: str, *, as_of: date | None = None, known_at: datetime | None = None) -> dict[str, Any]:
    """An entity in short: `key`, `name`, `type`, `aliases`, `facts` (how many of each status), `first_seen` and `last_seen`."""
    key = entity_called(home, entity, known_at)
    facts = home.neighbourhoods.of([key], as_of, known_at).facts
    names = entities_now(home, [key], known_at)
    first, last = facts["first_seen"].min(), facts["last_seen"].max()
    told = _entity(key, names)
    return {
        "key": key,
        "name": told["name"],
        "type": told["type"],
        "aliases": list(names[key].aliases) if key in names else [],
        "facts": {status: Counter(facts["status"])[status] for status in _ORDER},
        "first_seen": first.isoformat() if isinstance(first, date) else None,
        "last_seen": last.isoformat() if isinstance(last, date) else None,
    }


def paths_between(
    home: Home,
    one: str,
    other: str,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    wanted: FactFilter = HOLDING,
    most_steps: int = 3,
    limit: int = 5,
) -> dict[str, Any]:
    """Ways from one entity to another by facts that are `wanted`, whichever way these point, the heaviest first.

    A dictionary of `from`, `to` (keys), `paths` (`weight`: the product of the beliefs of its steps, 0 to 1; `steps`: facts), `searched`
    (how many entities were looked at) and `complete` (False where there were more to look at than can be). `most_steps` is 1 to 4.

        paths_between(home, "rofecoxib", "PTGS2")["paths"][0]["steps"]
    """
    wanted.check(home.rules.ontology)
    start, goal = entity_called(home, one, known_at), entity_called(home, other, known_at)
    search, kept = Search(most_steps), []

    def facts_of(keys: Collection[EntityKey], only_to: Collection[EntityKey] | None) -> pl.DataFrame:
        triples = triples_about(home.log, keys, known_at)
        if only_to is not None:
            triples = {each for each in triples if each.head in only_to or each.tail in only_to}
        questions = {home.rules.question(triple) for triple in triples}
        found = facts_on(home.log, home.rules, questions, as_of=as_of, known_at=known_at)
        kept.append(found)
        return wanted_facts(found, wanted, keys, lambda ends: entities_now(home, ends, known_at))

    paths = search.best(start, goal, facts_of, limit)
    steps = {triple for path in paths for triple in path.steps}
    facts = {fact.triple: (fact, found) for found in kept for fact in found.as_facts(sorted(steps))}
    names = entities_now(home, {end for triple in steps for end in (triple.head, triple.tail)}, known_at)
    told = {triple: _told(found, [fact], names)[0] for triple, (fact, found) in facts.items()}
    return {
        "from": start,
        "to": goal,
        **_limits(as_of, known_at),
        "paths": [{"weight": path.weight, "steps": [told[triple] for triple in path.steps]} for path in paths],
        "searched": search.searched,
        "complete": search.complete,
    }


def changes_between(
    home: Home,
    since: date,
    until: date,
    *,
    entity: str | None = None,
    known_at: datetime | None = None,
    limit: int = 50,
    after: str | None = None,
) -> dict[str, Any]:
    """What opened, reopened, closed or was contested on the days from `since`, up to but not including `until`; of one entity or of all.

    A dictionary of `since`, `until`, `changes` (the fact as it stands; `on`, `what`, `text`, `because`, `rule`, `by`, `quotes`), in the
    order of days, `total`, and `next`, what the next call takes as `after`. Of all entities the whole log is folded. Raises WrongUse
    for days that are turned round and for what is not known.
    """
    if until <= since:
        raise WrongUse(f"what changed until {until} cannot begin on {since}")
    key = None if entity is None else entity_called(home, entity, known_at)
    found = all_facts(home.log, home.rules, known_at=known_at) if key is None else home.neighbourhoods.of([key], None, known_at)
    events = (event for event in found.events(since, until) if key is None or key in (event.side.triple.head, event.side.triple.tail))
    shown, following, total = one_page(events, _place_of_event, limit, after)
    triples = [side.triple for event in shown for side in (event.side, event.by) if side is not None]
    facts, reports = {fact.triple: fact for fact in found.as_facts(triples)}, found.reports(triples)
    sources = found.sources(cited_documents(reports.values()))
    names = entities_now(home, {end for triple in triples for end in (triple.head, triple.tail)}, known_at)
    return {
        "entity": key,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "changes": [change_told(event, facts.get(event.side.triple), reports, names, sources) for event in shown],
        "next": following,
        "total": total,
    }


def _told(found: Neighbourhood, facts: list[Fact], names: Mapping[EntityKey, Entity]) -> list[dict[str, Any]]:
    sources = found.sources(cited_documents(fact.reports for fact in facts))
    return [fact_told(fact, names, sources) for fact in facts]


def _entity(key: EntityKey, names: Mapping[EntityKey, Entity]) -> dict[str, Any]:
    return {"entity": key, "name": name_of(key, names), "type": names[key].type if key in names else None}


def _limits(as_of: date | None, known_at: datetime | None) -> dict[str, str | None]:
    return {"as_of": as_of.isoformat() if as_of else None, "known_at": known_at.isoformat() if known_at else None}


def _triple(row: Mapping[str, Any]) -> Triple:
    return Triple(row["head"], row["relation"], row["tail"])


def _ends(facts: list[Fact]) -> set[EntityKey]:
    return {end for fact in facts for end in (fact.triple.head, fact.triple.tail)}


def _place(row: Mapping[str, Any]) -> Place:
    """Those that hold first, then those believed most."""
    return (_ORDER.index(row["status"]), -row["belief"], -row["support"], *_triple(row))


def _place_of_event(event: Event) -> Place:
    return (event.on.isoformat(), TOLD_CHANGES.index(event.kind), *event.side.triple, event.side.polarity.value)
