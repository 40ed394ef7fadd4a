"""What a Neo4j database holds, and whether all of it is ours."""

import re
from collections.abc import Iterator

from graph_store.bulk.import_files import Held
from graph_store.cypher.definitions import KEYS, definitions
from graph_store.cypher.driver import RunCypher
from schema.errors import StoreFailed
from schema.ontology import Ontology

_LABELS = (*(label for label, _ in KEYS), "Meta")
_STRUCTURE = ("HEAD", "TAIL", "REPORTS", "SUPERSEDED_BY")
_DEFINED = re.compile(r"(?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS")


def require_ours(run: RunCypher, ontology: Ontology, place: str) -> None:
    """Raise StoreFailed where the database holds nodes, relationships, indexes or constraints that ChronoKG did not make."""
    for foreign in (*_foreign_nodes(run), *_foreign_relationships(run), *_foreign_definitions(run, ontology)):
        raise StoreFailed(
            f"{place} holds {foreign}, which ChronoKG did not make and a bulk import would remove with all else:"
            " give the graph a database of its own, or rebuild without it"
        )


def store_id(run: RunCypher) -> str:
    """The identity of the files that the server has opened as this database."""
    return str(run("CALL db.info() YIELD id RETURN id")[0]["id"])


def differences(run: RunCypher, held: Held) -> str:
    """Where the database holds more or fewer nodes and relationships than this, in words; empty where it does not."""
    wanted = {f"(n:{label})": number for label, number in held.nodes.items()}
    wanted |= {f"()-[n:{kind}]->()": number for kind, number in held.relationships.items()}
    wanted |= {"(n)": sum(held.nodes.values()), "()-[n]->()": sum(held.relationships.values())}
    found = {pattern: _counted(run, pattern) for pattern in wanted}
    return ", ".join(f"{found[each]} {each} instead of {number}" for each, number in wanted.items() if found[each] != number)


def mark(run: RunCypher, fingerprint: str) -> None:
    """Let the graph say by which rules it was folded."""
    run("MATCH (m:Meta) SET m.rules = $rules", rules=fingerprint)


def _foreign_nodes(run: RunCypher) -> Iterator[str]:
    total = _counted(run, "(n)")
    others = total - sum(_counted(run, f"(n:{label})") for label in _LABELS)
    if others:
        yield f"{abs(others)} nodes labelled otherwise than {', '.join(_LABELS)}"
    elif total and not _counted(run, "(n:Meta)"):
        yield f"{total} nodes and none labelled Meta"
    for label in _names(run, "CALL db.labels() YIELD label AS name RETURN name"):
        # A second label is an entity's type, by this ontology or by another.
        others = 0 if label in _LABELS else _counted(run, f"(n:{_quoted(label)}) WHERE n.type IS NULL OR n.type <> $name", label)
        if others:
            yield f"{others} nodes labelled {label}"


def _foreign_relationships(run: RunCypher) -> Iterator[str]:
    for kind in _names(run, "CALL db.relationshipTypes() YIELD relationshipType AS name RETURN name"):
        # All others are edges, by this ontology or by another.
        others = 0 if kind in _STRUCTURE else _counted(run, f"()-[n:{_quoted(kind)}]->() WHERE n.fact IS NULL OR n.valid_from IS NULL")
        if others:
            yield f"{others} relationships of the type {kind}"


def _foreign_definitions(run: RunCypher, ontology: Ontology) -> Iterator[str]:
    ours = {found[1] for statement in definitions(ontology.relations, arcadedb=False) if (found := _DEFINED.search(statement))}
    for name in (
        *_names(run, "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"),
        *_names(run, "SHOW CONSTRAINTS YIELD name RETURN name"),
    ):
        if name not in ours and not name.endswith("_interval"):
            yield f"the index or constraint {name}"


def _counted(run: RunCypher, pattern: str, name: str = "") -> int:
    return int(run(f"MATCH {pattern} RETURN count(n) AS n", name=name)[0]["n"])


def _names(run: RunCypher, cypher: str) -> list[str]:
    return [row["name"] for row in run(cypher)]


def _quoted(name: str) -> str:
    escaped = name.replace("`", "``")
    return f"`{escaped}`"
