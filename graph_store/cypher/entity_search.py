"""Finding entities on a server by what they are called."""

from collections.abc import Callable
from typing import Any

from graph_store.cypher.driver import RunCypher
from graph_store.ranking import ALL_WORDS, AT_A_WORD, BEGINNING, BREAKS, INSIDE, WHOLE, SearchText
from schema.errors import StoreFailed
from schema.ids import EntityKey
from schema.observation import Entity

Rows = list[dict[str, Any]]
Read = Callable[[Callable[[RunCypher], Rows]], Rows]
"""Runs work in a transaction that only reads."""

_RANKED = f"""
WITH e, toLower(e.key) AS key, [toLower(e.name)] + [alias IN coalesce(e.aliases, []) | toLower(alias)] AS names
WITH e, CASE
  WHEN key = $text OR $text IN names THEN {WHOLE}
  WHEN key STARTS WITH $text OR any(name IN names WHERE name STARTS WITH $text) THEN {BEGINNING}
  WHEN any(name IN names WHERE any(gap IN $breaks WHERE name CONTAINS gap + $text)) THEN {AT_A_WORD}
  WHEN any(name IN names WHERE all(word IN $words WHERE name STARTS WITH word OR any(gap IN $breaks WHERE name CONTAINS gap + word)))
    THEN {ALL_WORDS}
  WHEN any(name IN names WHERE name CONTAINS $text) THEN {INSIDE}
  END AS rank
WHERE rank IS NOT NULL
RETURN e.key AS key, e.type AS type, e.name AS name, coalesce(e.aliases, []) AS aliases, rank
ORDER BY rank, size(name), key LIMIT $limit
"""
# The longest word is quickly looked for, and little is left to be ranked.
LOOK_THROUGH = (
    "MATCH (e:Entity) WHERE toLower(e.name) CONTAINS $longest OR toLower(e.key) STARTS WITH $text "
    "OR any(alias IN e.aliases WHERE toLower(alias) CONTAINS $longest)"
) + _RANKED
LOOK_UP = "CALL db.index.fulltext.queryNodes('Entity_names', $query) YIELD node AS e" + _RANKED


def search_entities(read: Read, text: str, limit: int, *, indexed: bool) -> list[Entity]:
    """The entities that a text fits best, as ranking.py has it; `indexed` where there is Neo4j's full-text index to look it up in."""
    wanted = SearchText.parse(text)
    if not wanted.text or limit < 1:
        return []
    given = {"text": wanted.text, "words": list(wanted.words), "breaks": list(BREAKS), "limit": limit}
    rows = _looked_up(read, {**given, "query": wanted.query}) if indexed and wanted.query else []
    if not rows or rows[0]["rank"] == INSIDE:
        rows = read(lambda run: run(LOOK_THROUGH, **given, longest=wanted.longest))
    return [_entity(row) for row in rows if row["rank"] < INSIDE or rows[0]["rank"] == INSIDE]


def _looked_up(read: Read, given: dict[str, Any]) -> Rows:
    try:
        return read(lambda run: run(LOOK_UP, **given))
    except StoreFailed:
        # The index is still being built, or nobody who may define one has been here: looking through all gives the same.
        return []


def _entity(row: dict[str, Any]) -> Entity:
    return Entity(EntityKey(row["key"]), row["type"], row["name"], tuple(row["aliases"]))
