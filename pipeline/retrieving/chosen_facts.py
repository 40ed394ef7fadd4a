"""Which facts answer a question, in which order: filtered first, then ranked; those between its entities, ways, and the others."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import combinations

import polars as pl

from pipeline.believing.statements import TRIPLE
from pipeline.finding.entity_finder import CalledNow
from pipeline.retrieving.fact_filter import EVERY_STATUS, FactFilter, wanted_facts
from pipeline.retrieving.neighbourhood import Neighbourhood
from pipeline.retrieving.paths import Path, Search
from pipeline.retrieving.ranking import ranked
from schema.errors import WrongUse
from schema.fact import Status, Triple
from schema.ids import EntityKey

OVERTURNED = frozenset({Status.SUPERSEDED, Status.CONTESTED, Status.WITHDRAWN})
"""What is told besides where a question asks about change."""

MOST_BETWEEN = 3
"""Entities of a question between which ways are looked for, the first ones; and ways between two of them."""

Tokens = Callable[[str], int]
"""How many tokens a text has: any tokenizer, `lambda text: len(tokenizer.encode(text))`."""

CHARACTERS_PER_TOKEN = 4

_STATUS_ORDER = [status.value for status in Status]


def quarter_of_characters(text: str) -> int:
    """Tokens as they are estimated without a tokenizer: characters over four, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What is asked of a graph: the facts of which day, as known when, which of them, and how many.

    `wanted` None: those that hold, and where the question asks about change those that did, too. At most `limit` facts and, where `budget`
    is given, so many tokens of text.
    """

    as_of: date | None = None
    known_at: datetime | None = None
    wanted: FactFilter | None = None
    limit: int = 20
    budget: int | None = None
    tokens: Tokens = quarter_of_characters

    def __post_init__(self) -> None:
        for name, value in (("limit", self.limit), ("budget", self.budget)):
            if value is not None and value < 1:
                raise WrongUse(f"{name} is {value}, and must be at least 1")

    def facts_for(self, *, of_change: bool) -> FactFilter:
        """The facts that are wanted besides those between the entities of a question."""
        wanted = self.wanted or FactFilter()
        return replace(wanted, statuses=wanted.statuses | OVERTURNED) if self.wanted is None and of_change else wanted


@dataclass(frozen=True, slots=True)
class Chosen:
    """The triples to tell, in order, and how many wanted ones there was no room for."""

    inner: Sequence[Triple] = ()
    ways: Sequence[Path] = ()
    others: Sequence[Triple] = ()
    left_out: int = 0

    @property
    def triples(self) -> list[Triple]:
        """Each once: those between the entities, those of the ways, the others."""
        return list(dict.fromkeys((*self.inner, *(step for path in self.ways for step in path.steps), *self.others)))


def chosen_for(
    found: Neighbourhood, keys: Sequence[EntityKey], wish: Retrieval, called: CalledNow, relevance: Mapping[str, float], *, of_change: bool
) -> Chosen:
    """What is told of the entities of a question. Between two of them it is told whatever its status; all else has to be wanted."""
    wanted = wish.facts_for(of_change=of_change)
    every = wanted_facts(found, replace(wanted, statuses=EVERY_STATUS), keys, called)
    joining = pl.col("head").is_in(list(keys)) & pl.col("tail").is_in(list(keys))
    outer = every.filter(~joining & pl.col("status").is_in([each.value for each in wanted.statuses]))
    between = every.filter(joining)
    first = ranked(between, found, relevance, of_change=of_change, room=between.height)
    standing = dict(zip(_triples(first), map(_STATUS_ORDER.index, first["status"]), strict=True))
    inner = sorted(standing, key=standing.__getitem__)
    if wanted == FactFilter(wanted.statuses):  # what nothing asserts has no belief, relation that holds or document to choose it by
        inner += _only_denied(found, keys)
    left = len(inner) - wish.limit
    inner = inner[: wish.limit]
    ways = _ways(outer, keys, (wish.limit - len(inner)) // 2)
    on_ways = {step for path in ways for step in path.steps}
    room = max(0, wish.limit - len(inner) - len(on_ways))
    rest = ranked(outer, found, relevance, of_change=of_change, room=room + len(on_ways))
    others = [triple for triple in _triples(rest) if triple not in on_ways][:room]
    return Chosen(inner, ways, others, max(0, left) + outer.height - len(on_ways) - len(others))


def _ways(facts: pl.DataFrame, keys: Sequence[EntityKey], room: int) -> list[Path]:
    """Ways of two facts that hold between the entities, the heaviest first; as many as there is room for their facts."""
    held = facts.filter(pl.col("status") == Status.CURRENT.value)
    ways = [path for ends in combinations(keys[:MOST_BETWEEN], 2) for path in _ways_between(held, list(ends))] if room > 1 else []
    kept: list[Path] = []
    for path in sorted(ways, key=lambda path: (-path.weight, path.steps)):
        if len({step for each in (*kept, path) for step in each.steps}) <= room:
            kept.append(path)
    return kept


def _ways_between(held: pl.DataFrame, ends: list[EntityKey]) -> list[Path]:
    from_head = pl.col("head").is_in(ends)
    end, near = pl.when(from_head).then("head").otherwise("tail"), pl.when(from_head).then("tail").otherwise("head")
    touching = held.filter(from_head | pl.col("tail").is_in(ends)).with_columns(end=end, near=near)
    # Only what both have beside them lies between them: of hubs that is little.
    shared = touching.group_by("near").agg(pl.col("end").n_unique()).filter(pl.col("end") > 1)
    narrow = touching.join(shared.select("near"), on="near", how="semi")
    return [] if narrow.is_empty() else Search(2).best(ends[0], ends[1], lambda *_: narrow, MOST_BETWEEN)


def _triples(facts: pl.DataFrame) -> list[Triple]:
    return [Triple(*cells) for cells in facts.select(TRIPLE).iter_rows()]


def _only_denied(found: Neighbourhood, keys: Collection[EntityKey]) -> list[Triple]:
    """Triples between the entities that documents deny and none ever asserted."""
    ends = list(keys)
    said = found.folded.live.filter(pl.col("head").is_in(ends) & pl.col("tail").is_in(ends)).select(TRIPLE).unique()
    return sorted(_triples(said.join(found.facts, on=TRIPLE, how="anti")))
