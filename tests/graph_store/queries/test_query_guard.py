"""Queries of strangers: reads come through, everything else is refused with a reason, by two layers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_store.cypher.cypher_store import CypherStore
from graph_store.memory_store import MemoryStore
from graph_store.queries.cypher_tokens import tokenize
from graph_store.queries.query_guard import QueryLimits, refuse_hostile
from schema.errors import QueryRefused
from tests.graph_store.builders import change, closure, day, entity, fact, holding, report, state, triple

WRITES = [
    "CREATE (:Entity {key: 'x'})",
    "create (n)",
    "MATCH (n) CREATE (m) RETURN m",
    "MERGE (n:Entity {key: 'x'})",
    "MATCH (n:Entity) SET n.name = 'x'",
    "MATCH (n:Entity) SET n:Gene",
    "MATCH (n:Entity) SET n += {a: 1} RETURN n",
    "MATCH (n:Entity) REMOVE n.name",
    "MATCH (n:Fact) DELETE n",
    "MATCH (n) DETACH DELETE n",
    "MATCH (n) NODETACH DELETE n",
    "MATCH (n)\nDETACH\n/* */ DELETE n",
    "MATCH ()-[r]->() DELETE r RETURN count(*)",
    "MATCH (n) FOREACH (x IN [1] | SET n.name = 'x')",
    "MATCH (n:Entity) CALL { WITH n SET n.name = 'x' } RETURN n",
    "MATCH (n:Entity) CALL (n) { SET n.name = 'x' } RETURN n",
    "CALL { CREATE (n) RETURN n } RETURN n",
    "MATCH (n) CALL { WITH n DELETE n } IN TRANSACTIONS OF 1 ROWS",
    "UNWIND [1] AS x MERGE (n:Batch {id: 'x'}) ON CREATE SET n.a = 1 RETURN n",
    "INSERT (n:Batch {id: 'x'})",
    "RETURN 1 AS x UNION CREATE (n) RETURN 1 AS x",
    "MATCH (n) WHERE n.name = '//' CREATE (m) RETURN m",
    "MATCH (n) /* ' */ CREATE (m) /* ' */ RETURN m",
    "MATCH (n) // it's\nCREATE (m) RETURN m //'",
    'MATCH (n {name: "\'"}) CREATE (m {name: "\'"}) RETURN m',
    "MATCH (n {name: '\\'}) RETURN n //'}) CREATE (m) RETURN m",
    "MATCH (`'`) CREATE (m {name: '`'}) RETURN m",
    "MATCH (`a``'`) CREATE (m {name: '`'}) RETURN m",
    "MATCH (n) CR\\u0045ATE (m) RETURN m",
    "\\u0043REATE (m) RETURN m",
    "RETURN '\\u0027 CREATE (n) //'",
    "MATCH (n) WHERE n.name = '\\u0027 SET n.name = \\u0027'",
    "MATCH (n) // \r CREATE (m) RETURN m",
    "RETURN 1 // \r ' \n CREATE (m) // '",
    "RETURN 1 // \u2028 CREATE (m)",
    "RETURN 1 // \x85 CREATE (m)",
    "MATCH (n) RETURN n; CREATE (m)",
    "RETURN 1; MATCH (n) DETACH DELETE n",
    "WITH 1 AS create CREATE (n)",
    "WITH {a: 1} AS x CREATE (n {a: x.a})",
    "WITH 1.CREATE (n)",
    "RETURN [1..CREATE (n)",
]

DEFINITIONS = [
    "CREATE INDEX FOR (n:Entity) ON (n.name)",
    "CREATE INDEX hidden IF NOT EXISTS FOR (n:Entity) ON (n.name)",
    "CREATE CONSTRAINT FOR (n:Entity) REQUIRE n.name IS UNIQUE",
    "CREATE FULLTEXT INDEX x FOR (n:Entity) ON EACH [n.name]",
    "DROP INDEX Entity_names",
    "DROP CONSTRAINT Entity_key",
    "EXPLAIN CREATE INDEX FOR (n:Entity) ON (n.name)",
    "explain create index for (n:Entity) on (n.name)",
    "PROFILE CREATE INDEX FOR (n:Entity) ON (n.name)",
    "EXPLAIN MATCH (n) RETURN n",
    "PROFILE MATCH (n) RETURN n",
    "/**/EXPLAIN/**/CREATE (n)",
    "PROFILE CREATE (n)",
    "CYPHER 25 CREATE (n)",
    "CYPHER runtime=slotted MATCH (n) RETURN n",
    "CYPHER 5 EXPLAIN CREATE INDEX FOR (n:Entity) ON (n.name)",
]

ADMINISTRATION = [
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "LOAD CSV WITH HEADERS FROM 'http://127.0.0.1/x' AS line RETURN line",
    "load/**/csv from 'file:///etc/passwd' as line return line",
    "\\u004cOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "MATCH (n) LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "CALL { LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line } RETURN line",
    "USING PERIODIC COMMIT LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "SHOW USERS",
    "SHOW SETTINGS",
    "SHOW TRANSACTIONS YIELD *",
    "show procedures",
    "SHOW DATABASES",
    "SHOW INDEXES",
    "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
    "SHOW TRANSACTIONS YIELD transactionId AS id TERMINATE TRANSACTIONS id",
    "CREATE USER eve SET PASSWORD 'long enough' CHANGE NOT REQUIRED",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'long enough'",
    "DROP USER neo4j",
    "GRANT ROLE admin TO eve",
    "DENY READ {*} ON GRAPH * TO PUBLIC",
    "CREATE DATABASE other",
    "STOP DATABASE neo4j",
    "USE system SHOW USERS",
    "USE system MATCH (n) RETURN n",
    "ENABLE SERVER 'x'",
    "CALL dbms.listConfig()",
    "CALL dbms.listConfig() YIELD name, value RETURN name, value",
    "CALL dbms.security.listUsers()",
    "CALL dbms.killQuery('1')",
    "CALL dbms.components()",
    "CALL `dbms`.`listConfig`()",
    "CALL `dbms.listConfig`()",
    "CALL dbms . listConfig ( )",
    "CALL/**/dbms.listConfig",
    "call db.clearQueryCaches()",
    "CALL db.createLabel('x')",
    "CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()",
    "CALL tx.setMetaData({a: 1})",
    "CALL apoc.load.json('file:///etc/passwd')",
    "CALL apoc.cypher.runWrite('CREATE (n)', {})",
    "CALL apoc.export.csv.all('x', {})",
    "MATCH (n) CALL apoc.refactor.setType(n, 'X') YIELD input RETURN input",
    "OPTIONAL CALL dbms.listConfig() YIELD name RETURN name",
    "RETURN apoc.cypher.runFirstColumn('MATCH (n) RETURN n', {})",
    "RETURN `apoc`.`util`.`sleep`(10)",
    "CALL sql('DELETE FROM Entity')",
    "CALL",
    "",
    "   ;; ",
    "// nothing",
    "RETURN 'never closed",
    "RETURN `never closed",
    "RETURN 1 /* never closed",
    "RETURN 1 \\",
    "this is no Cypher",
    "MATCH (n RETURN n",
]

READS = [
    "RETURN 1 AS one",
    "RETURN 1 AS one;",
    "MATCH (n:Entity) RETURN n.name AS name ORDER BY name",
    "MATCH (d:Chemical {name: 'rofecoxib'})-[r]->(x) WHERE r.valid_from <= date('2003-01-01') "
    "AND (r.valid_to IS NULL OR r.valid_to > date('2003-01-01')) RETURN type(r), x.name, r.belief ORDER BY r.belief DESC",
    "MATCH (n) WHERE n.name = 'CREATE (m) DETACH DELETE m' RETURN n",
    'MATCH (n) WHERE n.name CONTAINS "SET" RETURN count(n) AS n',
    "RETURN 'it\\'s a MERGE' AS text, \"a 'DROP' in \\\"quotes\\\"\" AS other",
    "MATCH (n:Entity) RETURN n.set AS a, n.create AS b, n.`delete` AS c",
    "RETURN {set: 1, create: 2, load: [3]} AS map",
    "MATCH (start:Entity)-[r]->(stop:Entity) RETURN start.key AS start, stop.key AS stop, r.valid_from AS use",
    "MATCH (n:Entity) RETURN n {.name, .key} AS n // CREATE is only said here",
    "/* MERGE, SET */ MATCH (n:Entity) /* DELETE */ RETURN count(*) AS n",
    "MATCH (n:Entity) WHERE EXISTS { MATCH (n)<-[:HEAD]-(:Fact) } RETURN n.key AS key",
    "MATCH (n:Entity) RETURN n.key AS key, COUNT { (n)<-[:TAIL]-() } AS facts ORDER BY key",
    "MATCH (n:Entity) CALL { WITH n MATCH (n)-[r]->() RETURN count(r) AS edges } RETURN n.key AS key, edges ORDER BY key",
    "MATCH p = (a:Entity)-[*1..2]-(b:Entity) RETURN length(p) AS length LIMIT 3",
    "MATCH (f:Fact)-[s:SUPERSEDED_BY]->(g:Fact) RETURN f.relation AS old, g.relation AS new, s.on AS on, s.cause AS cause",
    "MATCH (d:Document)-[r:REPORTS]->(f:Fact) RETURN d.id AS id, r.quote AS quote, r.recorded_at AS at",
    "UNWIND [1, 2, 3] AS x WITH x WHERE x > 1 RETURN collect(x) AS xs",
    "MATCH (n:Entity) OPTIONAL MATCH (n)-[r:TREAT|CAUSE]->(m) RETURN n.key AS key, m.key AS other ORDER BY key, other SKIP 0 LIMIT 5",
    "RETURN CASE WHEN 1 < 2 THEN 'a' ELSE 'b' END AS text, [x IN range(1, 3) | x * 1.5] AS xs",
    "RETURN date('2001-01-01') AS day, date.truncate('year', date('2001-05-06')) AS year",
    "MATCH (n:Entity) RETURN n.key AS key UNION MATCH (n:Document) RETURN n.id AS key",
    "MATCH (n:Entity {key: $key}) RETURN n.name AS name, $list[0] AS first",
    "CALL db.labels()",
    "CALL db.labels() YIELD label RETURN label ORDER BY label",
    "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType",
    "MATCH (n:Entity) WHERE n.name =~ '(?i).*COX.*' RETURN n.key AS key",
]


@pytest.fixture
def filled(server: CypherStore) -> CypherStore:
    closed = fact(triple(relation="prevent"), holding(1999, 2001), closed=[closure(2001, triple(relation="cause"))])
    facts = [fact(triple(), holding(2000, None, 0.75)), fact(triple(relation="cause"), holding(2001), reports=[report()]), closed]
    server.apply(change(*facts, entities=[entity("MESH:C1", "Chemical", "rofecoxib"), entity("MESH:D1", "Disease", "pain")]))
    return server


def test_everything_but_reading_is_refused_and_changes_nothing(filled: CypherStore) -> None:
    before = state(filled)
    for hostile in WRITES + DEFINITIONS + ADMINISTRATION:
        with pytest.raises(QueryRefused) as refused:
            filled.query(hostile)
        assert str(refused.value), hostile
    assert state(filled) == before


def test_a_server_of_somebody_else_is_guarded_by_the_first_look_and_never_committed_to(filled: CypherStore) -> None:
    elsewhere = CypherStore(filled._connection)  # no host that can be asked, and no reader of ours
    before, indexes = state(filled), _indexes(filled)
    for hostile in WRITES + DEFINITIONS + ADMINISTRATION:
        with pytest.raises(QueryRefused):
            elsewhere.query(hostile)
    assert state(filled) == before
    assert _indexes(filled) == indexes


def test_the_server_itself_keeps_writes_and_definitions_out(filled: CypherStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph_store.cypher.cypher_store.refuse_hostile", lambda _: None)
    before, indexes = state(filled), _indexes(filled)
    let_through = []
    for query in WRITES + DEFINITIONS:
        try:
            filled.query(query)
        except QueryRefused:
            continue
        let_through.append(query)
    assert state(filled) == before
    assert _indexes(filled) == indexes
    assert not [query for query in let_through if query in DEFINITIONS and "MATCH" not in query]


def test_what_a_query_did_is_taken_back_where_nothing_else_kept_it_out(filled: CypherStore) -> None:
    # An ArcadeDB elsewhere has no reader of ours: queries run as the writer, and are never committed.
    before = state(filled)
    for query in ["CREATE (:Batch {id: 'x'})", "MATCH (n:Entity) SET n.name = 'x' RETURN n", "MATCH (n:Fact) DETACH DELETE n"]:
        with contextlib.suppress(QueryRefused):
            filled._connection.query(query, {}, QueryLimits(5.0))
    assert state(filled) == before


def test_the_reader_cannot_write_even_past_both_looks(filled: CypherStore) -> None:
    before = state(filled)
    for query in WRITES:
        with contextlib.suppress(QueryRefused):
            filled._reader.query(query, {}, QueryLimits(5.0))
    assert state(filled) == before


@pytest.mark.parametrize("read", READS, ids=range(len(READS)))
def test_reading_is_let_through(filled: CypherStore, read: str) -> None:
    assert isinstance(filled.query(read, {"key": "MESH:C1", "list": [1, 2]}), list)


def test_the_query_of_the_design_answers_as_of_a_day(filled: CypherStore) -> None:
    rows = filled.query(READS[3])
    assert rows == [{"type(r)": "CAUSE", "x.name": "pain", "r.belief": 0.5}, {"type(r)": "TREAT", "x.name": "pain", "r.belief": 0.75}][::-1]


def test_rows_hold_plain_values(filled: CypherStore) -> None:
    rows = filled.query("MATCH p = (n:Chemical)-[r:TREAT]->() RETURN n, r, p, r.valid_from AS day, null AS none, [1, 'a'] AS list")
    assert rows[0]["n"] == {
        "labels": ["Chemical", "Entity"],
        "properties": {"key": "MESH:C1", "type": "Chemical", "name": "rofecoxib", "aliases": []},
    }
    assert rows[0]["r"]["type"] == "TREAT"
    assert rows[0]["day"] == day(2000)
    assert rows[0]["none"] is None
    assert rows[0]["list"] == [1, "a"]
    assert [node["properties"]["key"] for node in rows[0]["p"]["nodes"]] == ["MESH:C1", "MESH:D1"]


def test_parameters_are_values_and_never_text(filled: CypherStore) -> None:
    rows = filled.query("MATCH (n:Entity) WHERE n.name = $name RETURN n", {"name": "' OR 1=1 CREATE (m) //"})
    assert rows == []


def test_memory_has_no_cypher_and_says_what_to_use() -> None:
    with pytest.raises(QueryRefused, match="timeline"):
        MemoryStore().query("RETURN 1")


@pytest.mark.parametrize("read", READS)
def test_the_first_look_lets_reads_through(read: str) -> None:
    refuse_hostile(read)


@pytest.mark.parametrize("name", ["set", "create", "show", "load", "use", "call"])
def test_keywords_may_be_names_where_only_names_can_stand(name: str) -> None:
    refuse_hostile(f"RETURN 1 AS {name}, 2 AS {name.upper()}")
    refuse_hostile(f"MATCH (n:{name})-[:{name}]->(m) WHERE n.{name} = 1 AND m.a. {name} = 2 RETURN {{{name}: n.{name}, b: 1}}, n.`{name}`")


@given(st.text(alphabet="'\"`\\/*\n aC1$;(){}", max_size=30))
def test_a_clause_after_any_text_is_seen_unless_it_lies_in_a_string_or_comment(text: str) -> None:
    try:
        found = tokenize(text + "\nCREATE")
    except QueryRefused:
        return
    if not any(token.text == "CREATE" for token in found):
        assert any(sign in text for sign in ("'", '"', "`", "/*"))


def _indexes(store: CypherStore) -> list[str]:
    return sorted(row["name"] for row in store._connection.read(lambda run: run("SHOW INDEXES YIELD name RETURN name")))
