"""Finding entities by name, alias or key: the same answers in every store."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_store.cypher.cypher_store import CypherStore
from graph_store.cypher.entity_search import LOOK_UP
from graph_store.memory_store import MemoryStore
from graph_store.ranking import BREAKS, SearchText, best
from schema.ids import EntityKey
from schema.observation import Entity
from schema.ports import GraphStore
from tests.conftest import examples
from tests.graph_store.builders import FINGERPRINT, ONTOLOGY, change, entity, fact, triple
from tests.graph_store.conftest import emptied

NAMES = {
    "MESH:D001241": ("Aspirin", ("acetylsalicylic acid", "ASA", "2-(acetyloxy)benzoic acid")),
    "MESH:D001242": ("aspirin plus", ()),
    "MESH:C000003": ("low-dose ASPIRIN", ("baby tablet",)),
    "MESH:C000004": ("ibuprofen", ()),
    "MESH:C000005": ("Größe 5", ("grösse",)),
    "NCBIGene:3586": ("IL10", ("IL-10", "interleukin 10")),
    "NCBIGene:3553": ("IL1B", ("IL-1 beta", "interleukin 1 beta")),
    "MESH:C000008": ("1,25-dihydroxyvitamin D3", ("calcitriol",)),
    "MESH:C000009": ("NOT AND OR", ("a AND b", '"quoted" \\ back\\slash', "5'-AMP")),
    "MESH:C000010": ("🧬 中文 helix", ("γ-tocopherol",)),
    "MESH:C000011": ("atorvastatin", ()),
    "MESH:C000012": ("x" * 3_000, ()),
    "MESH:C000013": ("cancer of the lung", ("lung neoplasm",)),
}

AT_WORDS = ["aspirin", "asa", "acid acetyl", "IL-10", "1,25", "dihydroxy", "5'-amp", "mesh:d001241", "ncbigene:35", "größe", "lung cancer"]


def known() -> list[Entity]:
    return [
        Entity(EntityKey(key), "Gene" if key.startswith("NCBI") else "Chemical", name, aliases) for key, (name, aliases) in NAMES.items()
    ]


def filled(store: GraphStore) -> GraphStore:
    ends = [*known(), entity("MESH:D1", None, "pain")]
    store.apply(change(*[fact(triple(each.key, "associate", "MESH:D1")) for each in known()], entities=ends))
    return store


@pytest.fixture
def names(store: GraphStore) -> GraphStore:
    """Each store, with the entities above."""
    return filled(store)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ASPIRIN", ["Aspirin", "aspirin plus", "low-dose ASPIRIN"]),
        ("  aspirin\n", ["Aspirin", "aspirin plus", "low-dose ASPIRIN"]),
        ("asa", ["Aspirin"]),
        ("Acetylsalicylic", ["Aspirin"]),
        ("acid acetyl", ["Aspirin"]),
        ("acetyloxy", ["Aspirin"]),
        ("baby", ["low-dose ASPIRIN"]),
        ("IL-10", ["IL10"]),
        ("il-1", ["IL1B", "IL10"]),
        ("interleukin 1", ["IL1B", "IL10"]),
        ("beta interleukin", ["IL1B"]),
        ("mesh:d001241", ["Aspirin"]),
        ("ncbigene:35", ["IL1B", "IL10"]),
        ("1,25", ["1,25-dihydroxyvitamin D3"]),
        ("dihydroxy", ["1,25-dihydroxyvitamin D3"]),
        ("AND", ["NOT AND OR"]),
        ("not and", ["NOT AND OR"]),
        ('"quoted"', ["NOT AND OR"]),
        ("\\ back\\slash", ["NOT AND OR"]),
        ("5'-amp", ["NOT AND OR"]),
        ("🧬", ["🧬 中文 helix"]),
        ("中文", ["🧬 中文 helix"]),
        ("文", ["🧬 中文 helix"]),
        ("Γ-toco", ["🧬 中文 helix"]),
        ("größe", ["Größe 5"]),
        ("GRÖSSE", ["Größe 5"]),
        ("vastatin", ["atorvastatin"]),
        ("lung", ["cancer of the lung"]),
        ("lung cancer", ["cancer of the lung"]),
        ("x" * 10_000, []),
        ("x" * 3_000, ["x" * 3_000]),
        ("aspirin " * 1_500, ["Aspirin", "aspirin plus", "low-dose ASPIRIN"]),
        ("nothing like it", []),
        ("", []),
        (" \t ", []),
        ("*", []),
        ("asp*rin", []),
        ("name:aspirin", []),
        ("aspirin~2 OR pain", []),
        ("[a TO z]", []),
        ("\x00", []),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_text_finds(names: GraphStore, text: str, found: list[str]) -> None:
    assert [each.name for each in names.find(text)] == found


def test_what_is_found_comes_whole(names: GraphStore) -> None:
    assert names.find("calcitriol") == [each for each in known() if "calcitriol" in each.aliases]


def test_what_fits_better_comes_first_then_short_names_then_keys(store: GraphStore) -> None:
    called = ["zinc", "zinc acid", "acid of zinc salts", "salt with zinc", "a zinc salt", "z zinc salt", "unzincable"]
    entities = [entity(f"MESH:C{number}", "Chemical", name) for number, name in enumerate(called)]
    store.apply(change(*[fact(triple(each.key)) for each in entities], entities=[*entities, entity("MESH:D1")]))
    in_order = ["zinc", "zinc acid", "a zinc salt", "z zinc salt", "salt with zinc", "acid of zinc salts"]
    assert [each.name for each in store.find("zinc")] == in_order
    assert [each.name for each in store.find("zinc", limit=3)] == in_order[:3]
    assert store.find("zinc", limit=0) == []


def test_a_new_name_is_found_and_the_old_one_is_not(store: GraphStore) -> None:
    store.apply(change(fact(triple()), entities=[entity("MESH:C1", None, "first name"), entity("MESH:D1")]))
    renamed = Entity(EntityKey("MESH:C1"), "Chemical", "second name", ("third name",))
    store.apply(change(batch="b2", entities=[renamed]))
    assert store.find("first") == []
    assert store.find("second") == store.find("third") == [renamed]


@pytest.mark.neo4j
def test_without_its_index_neo4j_answers_the_same(neo4j_store: CypherStore) -> None:
    filled(emptied(neo4j_store))
    wanted = {text: neo4j_store.find(text) for text in ("aspirin", "il-1", "lung cancer", "vastatin")}
    neo4j_store._connection.define("DROP INDEX Entity_names")
    try:
        assert {text: neo4j_store.find(text) for text in wanted} == wanted
    finally:
        neo4j_store._ontology = None
        neo4j_store.prepare(ONTOLOGY, FINGERPRINT)


@pytest.mark.neo4j
def test_the_index_alone_knows_what_fits_at_a_word(neo4j_store: CypherStore) -> None:
    filled(emptied(neo4j_store))
    neo4j_store._connection.define("CALL db.awaitIndexes(60)")
    for text in (
        "aspirin",
        "asa",
        "acid acetyl",
        "IL-10",
        "1,25",
        "dihydroxy",
        "5'-amp",
        "mesh:d001241",
        "ncbigene:35",
        "größe",
        "lung cancer",
    ):
        wanted = SearchText.parse(text)
        given = {"text": wanted.text, "words": list(wanted.words), "breaks": list(BREAKS), "limit": 10, "query": wanted.query}
        rows = neo4j_store._rows(LOOK_UP, **given)
        assert [row["key"] for row in rows] == [each.key for each in best(text, known(), 10)], text


PIECES = [
    "il",
    "IL",
    "10",
    "1",
    "a",
    "and",
    "OR",
    "é",
    "ß",
    "γ",
    "中",
    "🧬",
    "x.y",
    "it's",
    *BREAKS,
    ":",
    ",",
    ".",
    "'",
    '"',
    "\\",
    "*",
    "_",
    "#",
    " ",
]
texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(texts, min_size=1, max_size=8), seed=st.integers(0, 3))
def test_every_server_finds_what_memory_finds(server: CypherStore, asked: list[str], seed: int) -> None:
    dice = random.Random(seed)
    made = ["".join(dice.choice(PIECES) for _ in range(dice.randint(1, 5))) for _ in range(60)]
    entities = [Entity(EntityKey(f"MESH:C{n}"), "Chemical", made[n], (made[n + 20], made[n + 40])) for n in range(20)]
    memory = MemoryStore()
    memory.prepare(ONTOLOGY, FINGERPRINT)
    for store in (memory, server):
        store.apply(change(*[fact(triple(each.key)) for each in entities], entities=[*entities, entity("MESH:D1")]))
    for text in [*asked, *(name[:3] for name in made[:10])]:
        assert server.find(text) == memory.find(text), text
