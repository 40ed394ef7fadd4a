"""The statements that write the graph: rows are lists, so that no name travels twice."""

import re
from collections.abc import Sequence
from functools import lru_cache


def rows(*columns: str) -> str:
    """The beginning of a statement whose parameter `rows` is a list of lists with these columns."""
    return "UNWIND $rows AS x WITH " + ", ".join(f"x[{place}] AS {name}" for place, name in enumerate(columns)) + " "


def _map(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{name}: {name}" for name in names) + "}"


def _set(variable: str, names: Sequence[str]) -> str:
    return "SET " + ", ".join(f"{variable}.{name} = {name}" for name in names)


FACT = ("belief", "status", "support", "first_seen", "last_seen", "closed")
EDGE = ("belief", "support", "valid_to")
REPORT = ("confidence", "quote", "method", "model", "prompt", "recorded_at")
SUCCESSOR = ("cause", "rule")
DOCUMENT = ("title", "published", "precision", "source", "journal", "publication_types", "retracted", "retracted_on")
ENTITY = ("type", "name", "aliases")

# Setting what is there already takes the lock on Neo4j, before anything is compared.
CLAIM_FACTS = "UNWIND $ids AS id MATCH (f:Fact {id: id}) SET f.head = f.head RETURN f.id AS id, f.status IS NOT NULL AS written"
CLAIM_DOCUMENTS = "UNWIND $ids AS id MATCH (d:Document {id: id}) SET d.title = d.title RETURN properties(d) AS document"

NEW_FACTS = (
    rows("id", "head", "relation", "tail", *FACT)
    + "MATCH (h:Entity {key: head}) MATCH (t:Entity {key: tail}) "
    + f"CREATE (h)<-[:HEAD]-(f:Fact {_map(('id', 'head', 'relation', 'tail', *FACT))})-[:TAIL]->(t)"
)
# A fact without a status: pointed to, or claimed.
POINT_TO = rows("id", "head", "relation", "tail") + "MERGE (f:Fact {id: id}) SET f.head = head, f.relation = relation, f.tail = tail"
FINISH_FACTS = (
    rows("id", "head", "tail")
    + "MATCH (f:Fact {id: id}) MATCH (h:Entity {key: head}) MATCH (t:Entity {key: tail}) CREATE (f)-[:HEAD]->(h) CREATE (f)-[:TAIL]->(t)"
)
SET_FACTS = rows("id", *FACT) + "MATCH (f:Fact {id: id}) " + _set("f", FACT)
NEW_EDGES = (
    rows("fact", "head", "tail", "valid_from", *EDGE)
    + "MATCH (h:Entity {key: head}) MATCH (t:Entity {key: tail}) "
    + f"CREATE (h)-[:KIND {_map(('fact', 'valid_from', *EDGE))}]->(t)"
)
# Both servers take an index for IN, also where an edge lies between two hubs; Neo4j's also holds the day, so it is asked for.
SET_EDGES = (
    "MATCH ()-[r:KIND]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL "
    "WITH r, $changes[r.fact][toString(r.valid_from)] AS change WHERE change IS NOT NULL SET r += change"
)
REMOVE_EDGES = (
    "MATCH ()-[r:KIND]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL AND toString(r.valid_from) IN $days[r.fact] DELETE r"
)
REMOVE_ALL_EDGES = "MATCH ()-[r:KIND]->() WHERE r.fact IN $facts AND r.valid_from IS NOT NULL DELETE r"
# Many reports share a moment, and moments are slow to send: rows say which of `moments` is theirs.
_REPORTS = rows("fact", "document", "polarity", *REPORT[:-1], "moment")
_REPORTS += "WITH *, $moments[moment] AS recorded_at "
NEW_REPORTS = (
    _REPORTS + "MATCH (d:Document {id: document}) MATCH (f:Fact {id: fact}) " + f"CREATE (d)-[:REPORTS {_map(('polarity', *REPORT))}]->(f)"
)
# From the document, which has few: a fact can rest on thousands.
_REPORT = "MATCH (d:Document {id: document}) WITH * MATCH (d)-[r:REPORTS]->(f) WHERE f.id = fact AND r.polarity = polarity "
SET_REPORTS = _REPORTS + _REPORT + _set("r", REPORT)
REMOVE_REPORTS = rows("fact", "document", "polarity") + _REPORT + "DELETE r"
_SUCCESSOR = "MATCH (f:Fact {id: fact}) WITH * MATCH (f)-[r:SUPERSEDED_BY]->(other) WHERE other.id = by AND r.on = on "
NEW_SUCCESSORS = (
    rows("fact", "by", "on", *SUCCESSOR)
    + f"MATCH (f:Fact {{id: fact}}) MATCH (other:Fact {{id: by}}) CREATE (f)-[:SUPERSEDED_BY {_map(('on', *SUCCESSOR))}]->(other)"
)
SET_SUCCESSORS = rows("fact", "by", "on", *SUCCESSOR) + _SUCCESSOR + _set("r", SUCCESSOR)
REMOVE_SUCCESSORS = rows("fact", "by", "on") + _SUCCESSOR + "DELETE r"
SUCCESSORS_OF = "UNWIND $ids AS id MATCH (f:Fact {id: id}) WITH f MATCH (f)-[:SUPERSEDED_BY]->(by) RETURN DISTINCT by.id AS id"
REMOVE_FACTS = "UNWIND $ids AS id MATCH (f:Fact {id: id}) DETACH DELETE f"
REMOVE_UNFINISHED = (
    "UNWIND $ids AS id MATCH (f:Fact {id: id}) "
    "WHERE f.status IS NULL AND NOT EXISTS { MATCH (f)<-[:SUPERSEDED_BY]-(:Fact) } DETACH DELETE f"
)
NEW_DOCUMENTS = rows("id", *DOCUMENT) + f"CREATE (:Document {_map(('id', *DOCUMENT))})"
SET_DOCUMENTS = rows("id", *DOCUMENT) + "MATCH (d:Document {id: id}) " + _set("d", DOCUMENT)
CLAIM_GONE_DOCUMENTS = "UNWIND $ids AS id MERGE (d:Document {id: id}) SET d.title = d.title"
REMOVE_CLAIMED_DOCUMENTS = "UNWIND $ids AS id MATCH (d:Document {id: id}) WHERE d.published IS NULL DETACH DELETE d"
REMOVE_DOCUMENTS = "UNWIND $ids AS id MATCH (d:Document {id: id}) DETACH DELETE d"
DOCUMENTS_THERE = "UNWIND $ids AS id MATCH (d:Document {id: id}) RETURN d.id AS id"
# What is missing or told otherwise; most entities of a change are there as they should be.
ENTITIES_OTHERWISE = (
    rows("key", *ENTITY)
    + "OPTIONAL MATCH (e:Entity {key: key}) "
    + "WITH key, e, type, name, aliases WHERE e IS NULL OR e.type <> type OR e.name <> name OR e.aliases <> aliases "
    + "RETURN key, e IS NULL AS missing, e.type AS type"
)
LABELS = "UNWIND $keys AS key MATCH (e:Entity {key: key}) RETURN key, labels(e) AS labels"
ENTITIES_THERE = "UNWIND $keys AS key MATCH (e:Entity {key: key}) RETURN key"
NEW_ENTITIES = rows("key", *ENTITY) + f"CREATE (:Entity:KIND {_map(('key', *ENTITY))})"
SET_ENTITIES = rows("key", *ENTITY) + "MATCH (e:Entity {key: key}) " + _set("e", ENTITY)
ADD_LABEL = "UNWIND $keys AS key MATCH (e:Entity {key: key}) SET e:KIND"
REMOVE_LABEL = "UNWIND $keys AS key MATCH (e:Entity {key: key}) REMOVE e:KIND"
# Locked first: of two writers that each remove a fact of it, the second sees what the first did.
REMOVE_ORPHANS = (
    "UNWIND $keys AS key MATCH (e:Entity {key: key}) SET e.name = e.name "
    "WITH e WHERE NOT EXISTS { MATCH (e)<-[:HEAD|TAIL]-(:Fact) } DELETE e"
)
MAKE_META = "MERGE (m:Meta {format: $format}) SET m.ontology = $ontology, m.rules = $rules"
SET_RULES = "MATCH (m:Meta) SET m.rules = $rules"
FOLLOW_LOG = (
    "MATCH (m:Meta) WHERE m.log IS NULL OR (m.log = $log AND m.version < $version) "
    "SET m.log = $log, m.version = $version, m.commit = $commit, m.home = $home"
)
MARK = "UNWIND $ids AS id MERGE (b:Batch {id: id})"

EDGES = (
    "MATCH ()-[r:KIND]->() WHERE r.fact IN $ids AND r.valid_from IS NOT NULL "
    "RETURN r.fact AS id, r.valid_from AS valid_from, r.belief AS belief, r.support AS support, r.valid_to AS valid_to"
)
_REPORTED = "f.id AS id, d.id AS document, r.polarity AS polarity, " + ", ".join(f"r.{name} AS {name}" for name in REPORT)
REPORTS_ON = f"UNWIND $ids AS id MATCH (f:Fact {{id: id}}) WITH f MATCH (f)<-[r:REPORTS]-(d) RETURN {_REPORTED}"
REPORTS_BY = f"UNWIND $ids AS id MATCH (d:Document {{id: id}}) WITH d MATCH (d)-[r:REPORTS]->(f) RETURN {_REPORTED}"
SUCCESSORS = (
    "UNWIND $ids AS id MATCH (f:Fact {id: id}) WITH id, f MATCH (f)-[r:SUPERSEDED_BY]->(by) "
    "RETURN id, by.id AS by, r.on AS on, r.cause AS cause, r.rule AS rule"
)


_BY_KEY = re.compile(r"MATCH \((\w+):(\w+) \{(\w+): \w+\}\)")


@lru_cache(maxsize=512)
def by_index(statement: str) -> str:
    """The statement for Neo4j, told to look up by index: a plan made while the graph was empty would look through all there is."""
    return _BY_KEY.sub(r"\g<0> USING INDEX SEEK \1:\2(\3)", statement)


def of_kind(statement: str, kind: str) -> str:
    """A statement about one relationship type or label; only checked names of ontologies get here."""
    return statement.replace(":KIND", f":{kind}")
