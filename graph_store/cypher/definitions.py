"""Constraints and indexes, which stand before the first write; and the names that become part of statements."""

import re
from collections.abc import Iterable, Iterator

from schema.errors import StoreFailed

GRAPH_FORMAT = 2
"""Version of the graph's layout: a graph of another one is folded again from the log."""

KEYS = (("Entity", "key"), ("Document", "id"), ("Fact", "id"), ("Batch", "id"), ("Meta", "format"))
"""What is unique; of Meta, so that of two homes that find a database empty one is first."""

LEFT_INDEX = "SHOW INDEXES YIELD name, owningConstraint WHERE name = $name AND owningConstraint IS NULL"

_AT_ONCE = 20_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def relationship_type(relation: str) -> str:
    """The type of a relation's direct edges; only names of ontologies get here."""
    return node_label(relation.upper())


def node_label(name: str) -> str:
    """A name that may stand in a statement; raises StoreFailed for anything else, which cannot come from an ontology."""
    if not _NAME.fullmatch(name):
        raise StoreFailed(f"{name!r} is no name of an ontology, so it cannot become a label or a relationship type")
    return name


def definitions(relations: Iterable[str], *, arcadedb: bool) -> Iterator[str]:
    """Statements that define constraints and indexes; repeating them is harmless."""
    for node, key in KEYS:
        yield f"CREATE CONSTRAINT {_named(f'{node}_{key}', arcadedb)}IF NOT EXISTS FOR (n:{node}) REQUIRE n.{key} IS UNIQUE"
    for relation in sorted(relations):
        kind = relationship_type(relation)
        if arcadedb:
            # An index serves `r.fact IN $facts`; there is no uniqueness of relationships.
            yield f"CREATE INDEX IF NOT EXISTS FOR ()-[r:{kind}]-() ON (r.fact)"
        else:
            # A fact has one edge for each interval; the constraint's index finds a hub's edges without walking them.
            yield f"CREATE CONSTRAINT {kind}_interval IF NOT EXISTS FOR ()-[r:{kind}]-() REQUIRE (r.fact, r.valid_from) IS UNIQUE"
    if not arcadedb:
        # Before the index of names, which would have to follow.
        yield from completions()
        yield (
            "CREATE FULLTEXT INDEX Entity_names IF NOT EXISTS FOR (e:Entity) ON EACH [e.name, e.key, e.aliases] "
            "OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}}"
        )


def index_of(statement: str) -> str:
    """The name of the index that comes before the constraint which a statement defines; empty where it defines none."""
    found = re.match(r"CREATE CONSTRAINT (\w+) IF NOT EXISTS", statement)
    return found[1] if found else ""


def wanted_definitions(relations: Iterable[str], *, arcadedb: bool) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What `definitions` define: constraint or index, the label or type, and its properties."""
    yield from (("constraint", node, (key,)) for node, key in KEYS)
    for kind in map(relationship_type, sorted(relations)):
        yield ("index", kind, ("fact",)) if arcadedb else ("constraint", kind, ("fact", "valid_from"))
    if not arcadedb:
        yield ("index", "Entity", ("name", "key", "aliases"))


def completions() -> Iterator[str]:
    """Statements that give an imported graph what its files could not hold; where nothing is unfinished they do nothing."""
    imported = "MATCH (m:Meta {unfinished: true}) "
    for what, name in (("(n:Entity)", "aliases"), ("(n:Document)", "publication_types"), ("()-[n:SUPERSEDED_BY]->()", "cause")):
        # import_files.py says why two empty texts stand for one.
        yield (
            f"{imported}MATCH {what} WHERE n.{name} IS NULL OR n.{name} = ['', ''] "
            f"CALL (n) {{ SET n.{name} = CASE WHEN n.{name} IS NULL THEN [] ELSE [''] END }} IN TRANSACTIONS OF {_AT_ONCE} ROWS"
        )
    yield f"{imported}REMOVE m.unfinished"


def _named(name: str, arcadedb: bool) -> str:
    return "" if arcadedb else f"{name} "
