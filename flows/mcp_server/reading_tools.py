"""Tools that only read: each is a question that the command line and HTTP answer with the same words."""

from typing import Annotated, Any

from pydantic import Field

from flows.answers.answers_from_log import context_for, timeline_of, why_of
from flows.answers.entities import found_entities
from flows.answers.facts_asked import changes_between, entity_card, facts_about, paths_between
from flows.home.homes import Home
from flows.mcp_server import tool_answers as told
from flows.mcp_server.tool_calls import AskedLimits, day_and_moment
from pipeline.retrieving.fact_filter import FactFilter, filter_of
from schema.dates import day_after, parse_day
from schema.errors import WrongUse
from schema.events import EventKind
from schema.fact import Status

Entity = Annotated[str, Field(description="A key such as MESH:D003924, or a name.")]
AsOf = Annotated[str | None, Field(description="A day (2005-03-01): what was held then, by what was published up to it. Absent: today.")]
KnownAt = Annotated[
    str | None, Field(description="A day or a moment in UTC: only what this graph had recorded by then. Absent: all that is recorded.")
]
Relations = Annotated[list[str] | None, Field(description="Only these relations, such as treat or cause. Absent: all.")]
Belief = Annotated[float, Field(ge=0.0, le=1.0, description="Only facts believed at least so much.")]
Quotes = Annotated[int, Field(ge=0, le=5, description="Quotes for each, at most.")]
After = Annotated[str | None, Field(description="What `next` of the answer before says.")]
WhichFacts = Annotated[
    list[Status] | None, Field(description="Only facts that stand so. Absent: those that are current; others are told as what they are.")
]


class ReadingTools:
    """The tools, on one home."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def search_entities(
        self,
        name: Annotated[str, Field(description="A name, however it is written: synonyms, abbreviations and slips are found, too.")],
        type: Annotated[str | None, Field(description="Only entities of this type, such as Chemical or Disease.")] = None,
        limit: Annotated[int, Field(ge=1, le=50)] = 5,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.EntitiesFound:
        """What a name may be: entities with key, type, score and reason, best first. Begin here; the other tools take the key."""
        limits = day_and_moment(as_of, known_at)
        found = found_entities(self.home, name, type, limit, limits.moment)
        entities = [told.SearchedEntity.model_validate(one, from_attributes=True) for one in found]
        if limits.day is not None:
            entities = [one.model_copy(update={"in_graph": one.in_graph and self._was_known(one.key, limits)}) for one in entities]
        note = None if found else f"nothing is known of {name!r}; try a synonym, or fewer words"
        return told.EntitiesFound(**limits.told, asked=name, entities=entities, note=note)

    def facts(
        self,
        entity: Entity,
        relations: Relations = None,
        types: Annotated[list[str] | None, Field(description="Only facts whose other end is of one of these types.")] = None,
        statuses: WhichFacts = None,
        least_belief: Belief = 0.0,
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
        after: After = None,
        quotes: Quotes = 1,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.FactsFound:
        """Facts that have this entity as an end, with belief, the days in which they held, and quotes: by default those that hold."""
        limits, wanted = day_and_moment(as_of, known_at), self._wanted(relations, types, statuses, least_belief)
        found = facts_about(self.home, entity, as_of=limits.day, known_at=limits.moment, wanted=wanted, limit=limit, after=after)
        facts = [told.fact_of_answer(fact, quotes) for fact in found["facts"]]
        about = {name: found[name] for name in ("entity", "name", "total", "next")}
        return told.FactsFound(**limits.told, **about, facts=facts)

    def history(
        self,
        entity: Entity,
        limit: Annotated[int, Field(ge=1, le=200, description="Steps, the latest.")] = 20,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.HistoryTold:
        """What began and ended to be held about an entity, day by day, and because of which documents."""
        limits = day_and_moment(as_of, known_at)
        found = timeline_of(self.home, entity, limits.day, limits.moment)
        standing = [fact["status"] for fact in found["facts"]]
        return told.HistoryTold(
            **limits.told,
            entity=found["entity"],
            name=found["name"],
            facts_by_status={status.value: standing.count(status) for status in Status if status in standing},
            steps=[told.step_told(step, 0) for step in found["events"][-limit:]],
            left_out=max(0, len(found["events"]) - limit),
        )

    def why(
        self,
        head: Entity,
        relation: Annotated[str, Field(description="A relation, such as treat, cause or prevent.")],
        tail: Entity,
        limit: Annotated[int, Field(ge=1, le=200, description="Steps.")] = 12,
        quotes: Quotes = 1,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.WhyTold:
        """The history of one fact: what opened, reinforced, contested and closed it, on which day, because of which sentences."""
        limits = day_and_moment(as_of, known_at)
        found = why_of(self.home, head, relation, tail, limits.day, limits.moment)
        steps = _most_telling(found["history"], limit)
        return told.WhyTold(
            **limits.told,
            fact=told.fact_of_answer({**found["fact"], "citations": ()}, 0) if found["fact"] else None,
            steps=[told.step_told(step, quotes) for step in steps],
            left_out=len(found["history"]) - len(steps),
            remarks=found["withdrawn"],
        )

    def path(
        self,
        start: Entity,
        end: Entity,
        most_steps: Annotated[int, Field(ge=1, le=4)] = 3,
        relations: Relations = None,
        least_belief: Belief = 0.0,
        limit: Annotated[int, Field(ge=1, le=20)] = 3,
        quotes: Quotes = 0,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.PathsFound:
        """How two entities are connected: ways over facts that hold, those with the most evidence first."""
        limits, wanted = day_and_moment(as_of, known_at), self._wanted(relations, None, None, least_belief)
        found = paths_between(
            self.home, start, end, as_of=limits.day, known_at=limits.moment, wanted=wanted, most_steps=most_steps, limit=limit
        )
        steps = [[told.fact_of_answer(fact, quotes) for fact in each["steps"]] for each in found["paths"]]
        paths = [told.PathTold(weight=each["weight"], facts=facts) for each, facts in zip(found["paths"], steps, strict=True)]
        return told.PathsFound(**limits.told, start=found["from"], end=found["to"], paths=paths, complete=found["complete"])

    def changes(
        self,
        since: Annotated[str, Field(description="The first day, such as 2004-01-01.")],
        until: Annotated[str, Field(description="The day after the last.")],
        entity: Annotated[str | None, Field(description="Only about this key or name. Absent: about anything.")] = None,
        limit: Annotated[int, Field(ge=1, le=100)] = 15,
        after: After = None,
        quotes: Quotes = 1,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.ChangesFound:
        """What began, ended, came back or was contested on days since the one and before the other, with what was the cause."""
        limits, first, last = day_and_moment(as_of, known_at), parse_day(since), parse_day(until)
        if limits.day is not None:  # what was published later had changed nothing yet
            last = min(last, day_after(limits.day))
        if last <= first:
            then = f" as of {as_of}" if as_of else ""
            raise WrongUse(f"no day lies between {since} and {until}{then}: `until` is the day after the last")
        found = changes_between(self.home, first, last, entity=entity, known_at=limits.moment, limit=limit, after=after)
        steps = [told.step_told(each, quotes) for each in found["changes"]]
        return told.ChangesFound(**limits.told, since=first.isoformat(), until=last.isoformat(), changes=steps, next=found["next"])

    def context(
        self,
        question: Annotated[str, Field(description="A question in words that names what it is about.")],
        budget: Annotated[int, Field(ge=100, le=8000, description="Tokens of the text, at most.")] = 1000,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> told.ContextTold:
        """What is known that bears on a question, as numbered lines with dates, beliefs and quotes; what was overturned is told as that."""
        limits = day_and_moment(as_of, known_at)
        return context_told(context_for(self.home, question, limits.day, limits.moment, budget=budget), limits.told)

    def _was_known(self, key: str, limits: AskedLimits) -> bool:
        return entity_card(self.home, key, as_of=limits.day, known_at=limits.moment)["first_seen"] is not None

    def _wanted(
        self, relations: list[str] | None, types: list[str] | None, statuses: list[Status] | None, least_belief: float
    ) -> FactFilter:
        return filter_of(
            self.home.rules.ontology, statuses=statuses or (), relations=relations or (), types=types or (), least_belief=least_belief
        )


def context_told(found: dict[str, Any], limits: dict[str, str | None]) -> told.ContextTold:
    """The context of the common answers; its facts by their resources, for the text has the rest."""
    return told.ContextTold(
        **limits,
        text=found["text"],
        names=[_name_asked(name) for name in found["names"]],
        facts=[told.fact_uri(fact["head"], fact["relation"], fact["tail"]) for fact in found["facts"]],
        left_out=found["left_out"],
        complete=found["complete"],
    )


def _name_asked(name: dict[str, Any]) -> told.AskedName:
    perhaps = [one["name"] for one in (*name["close"], *name["outside"], *name["like"])]
    return told.AskedName(text=name["text"], entity=name["entity"], perhaps=perhaps[:3])


def _most_telling(steps: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """So many steps in the order of days: where there are more, those first that changed something, then the latest."""
    places = sorted(range(len(steps)), key=lambda at: (steps[at]["what"] == EventKind.REINFORCED, -at))[:limit]
    return [steps[at] for at in sorted(places)]
