"""Which queries are let through to a server: a first look, on top of what the server itself enforces."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from graph_store.queries.cypher_tokens import Kind, Token, tokenize
from schema.errors import QueryRefused


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """How long a query may take and how much it may answer: all of it is held in memory."""

    seconds: float = 30.0
    rows: int = 100_000
    characters: int = 100_000_000

    def enforced(self, rows: Iterable[dict[str, Any]], clock: Callable[[], float] = monotonic) -> list[dict[str, Any]]:
        """The rows; raises QueryRefused, naming the limit, at the first that is too much or comes too late."""
        found, size, end = [], 0, clock() + self.seconds
        for row in rows:
            found.append(row)
            size += _size(row)
            if len(found) > self.rows:
                raise QueryRefused(f"the query has more than {self.rows:,} rows: add LIMIT, count, or set query_rows")
            if size > self.characters:
                raise QueryRefused(
                    f"the query answers with more than {self.characters:,} characters: ask for less of each row, or for fewer"
                )
            if clock() > end:
                raise QueryRefused(f"the query took longer than {self.seconds:g} s")
        return found


DEFAULT_LIMITS = QueryLimits()


def _size(value: Any) -> int:
    """About how many characters a value has."""
    match value:
        case str():
            return len(value)
        case dict():
            return sum(len(key) + _size(each) for key, each in value.items())
        case list():
            return sum(map(_size, value)) + len(value)
        case _:
            return 8


_ANYWHERE = {
    "it writes": "CREATE MERGE SET DELETE DETACH NODETACH REMOVE FOREACH INSERT",
    "it administers the server": "SHOW TERMINATE",
    "it chooses another database": "USE",
    "it reads or reaches outside the graph": "LOAD",
    "it asks for a plan, which some servers execute": "EXPLAIN PROFILE",
    "it chooses another language version": "CYPHER",
    "it commits on its own": "TRANSACTIONS PERIODIC",
}
_AT_THE_START = {
    "it changes the database's definitions": "DROP ALTER RENAME",
    "it administers the server": "GRANT REVOKE DENY ENABLE DEALLOCATE REALLOCATE START STOP DRYRUN",
}


def _by_word(reasons: Mapping[str, str]) -> dict[str, str]:
    return {word: reason for reason, words in reasons.items() for word in words.split()}


_FORBIDDEN = _by_word(_ANYWHERE)
_FORBIDDEN_FIRST = _by_word(_AT_THE_START)

PROCEDURES = {
    "db.labels",
    "db.relationshiptypes",
    "db.propertykeys",
    "db.schema.visualization",
    "db.schema.nodetypeproperties",
    "db.schema.reltypeproperties",
    "db.index.fulltext.querynodes",
    "db.index.fulltext.queryrelationships",
}
"""Procedures that only read the graph; lower case."""

_NAMESPACES = {"date", "datetime", "localdatetime", "time", "localtime", "duration", "point", "vector", "text", "coll", "agg"}
"""First names of functions with dots that compute and reach nowhere."""


def refuse_hostile(cypher: str) -> None:
    """Raise QueryRefused, with the reason, for what could write, change, administer or reach outside; raise it for empty text too."""
    found = tokenize(cypher)
    while found and found[-1].text == ";":
        found.pop()
    if not found:
        raise QueryRefused("the query is empty")
    for place, token in enumerate(found):
        if token == Token(Kind.SIGN, ";"):
            raise QueryRefused("the query is refused: it is more than one statement")
        if token.kind is not Kind.WORD or _is_name(found, place):
            continue
        word = token.text.upper()
        reason = _FORBIDDEN.get(word) or (_FORBIDDEN_FIRST.get(word) if place == 0 else None)
        if reason is not None:
            raise QueryRefused(f"the query is refused: {reason} ({word}); a name like this goes into backticks")
        if word == "CALL":
            _check_call(found, place + 1)
    for place, token in enumerate(found):
        if token == Token(Kind.SIGN, "("):
            _check_function(found, place)


def _is_name(found: Sequence[Token], place: int) -> bool:
    """Whether the word stands where only a name can: after AS or a dot, as a label or type, or as a key of a map."""
    before = found[place - 1] if place > 0 else None
    after = found[place + 1] if place + 1 < len(found) else None
    if before is not None and before.kind is Kind.WORD and before.text.upper() == "AS":
        return True
    if before is not None and before.kind is Kind.SIGN and before.text == ".":
        # `1.` is no number in Cypher, but a dot counts as one only after what can have a property.
        return place > 1 and (found[place - 2].kind in {Kind.WORD, Kind.QUOTED, Kind.VALUE} or found[place - 2].text in {")", "]", "}"})
    if before is not None and before.text == ":" and before.kind is Kind.SIGN:
        # A label or a type; a map's value may be a name too, never a clause.
        return True
    is_key = after is not None and after.text == ":" and after.kind is Kind.SIGN
    return is_key and before is not None and before.kind is Kind.SIGN and before.text in {"{", ","}


def _check_call(found: Sequence[Token], place: int) -> None:
    if place < len(found) and found[place].kind is Kind.SIGN and found[place].text in {"{", "("}:
        return  # a subquery; what is in it is looked at like everything else
    name = _dotted_from(found, place)
    if name not in PROCEDURES:
        raise QueryRefused(f"the query is refused: it calls {name or 'something'}, which is none of {', '.join(sorted(PROCEDURES))}")


def _check_function(found: Sequence[Token], bracket: int) -> None:
    parts: list[str] = []
    place = bracket - 1
    while place >= 0 and found[place].kind in {Kind.WORD, Kind.QUOTED}:
        parts.insert(0, found[place].text.lower())
        if place < 1 or found[place - 1] != Token(Kind.SIGN, "."):
            break
        place -= 2
    name = ".".join(parts)
    called = place > 0 and found[place - 1].kind is Kind.WORD and found[place - 1].text.upper() == "CALL"
    if len(parts) > 1 and not called and parts[0] not in _NAMESPACES:
        raise QueryRefused(f"the query is refused: it uses the function {name}, which may reach outside the graph")


def _dotted_from(found: Sequence[Token], place: int) -> str:
    parts: list[str] = []
    while place < len(found) and found[place].kind in {Kind.WORD, Kind.QUOTED}:
        parts.append(found[place].text.lower())
        if place + 1 >= len(found) or found[place + 1] != Token(Kind.SIGN, "."):
            break
        place += 2
    return ".".join(parts)
