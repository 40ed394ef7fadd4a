"""Every query of the cookbook, on every store that speaks Cypher, against the fold of the same evidence."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from graph_store.cypher.cypher_store import CypherStore
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.line import rebuild
from schema.fact import Status
from tests.conftest import ROOT, some
from tests.graph_store.conftest import SERVERS
from tests.graph_store.cookbook import on_days, on_evidence
from tests.graph_store.cookbook.answers import ANSWERS, World
from tests.graph_store.cookbook.evidence import RULES, log_of_the_world

assert on_days
assert on_evidence

PAGE = (ROOT / "docs" / "how-to" / "cypher-cookbook.md").read_text(encoding="utf-8")
RECIPES = {
    title: (text, query) for title, text, query in re.findall(r"^### (.+?)\n(.*?)^```cypher\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
}
"""Title, text and query of each recipe."""


def is_for_neo4j_only(recipe: str) -> bool:
    return "Neo4j only:" in RECIPES[recipe][0]


def variations(parameters: Mapping[str, Any], world: World) -> Iterator[Mapping[str, Any]]:
    """The same about every entity of the type, on every day on which something about it begins or ends."""
    if "key" not in parameters:
        return
    kind = world.entities[parameters["key"]].type
    for key in [parameters["key"]] if "other" in parameters else [key for key, entity in world.entities.items() if entity.type == kind]:
        edges = [edge for edge in world.edges if key in (edge.head, edge.tail)]
        days = {day for edge in edges for day in (edge.start, edge.end) if day is not None} if "day" in parameters else {None}
        yield from ({**parameters, "key": key} | ({"day": day} if day else {}) for day in days)


@pytest.fixture(scope="module")
def world() -> World:
    return World(fold(all_evidence(log_of_the_world()), RULES))


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> CypherStore:
    """Each store that speaks Cypher, with the whole world in it."""
    opened: CypherStore = request.getfixturevalue(f"{request.param}_store")
    opened.clear()
    rebuild(log_of_the_world(), opened, RULES)
    return opened


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_answers_what_the_fold_says(recipe: str, server: CypherStore, world: World) -> None:
    if server.is_arcadedb and is_for_neo4j_only(recipe):
        pytest.skip("the page says that this one is for Neo4j only")
    answer, parameters = ANSWERS[recipe]
    assert answer(world, **parameters), "the world has nothing to say to this recipe"
    for given in [parameters, *some(variations(parameters, world))]:
        assert server.query(RECIPES[recipe][1], given) == answer(world, **given), given


def test_every_query_on_the_page_is_a_recipe_with_an_answer() -> None:
    assert PAGE.count("```cypher") == len(RECIPES)
    assert RECIPES.keys() == ANSWERS.keys()


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_asks_for_just_the_parameters_it_is_given(recipe: str) -> None:
    assert set(re.findall(r"\$(\w+)", RECIPES[recipe][1])) == set(ANSWERS[recipe][1])


@pytest.mark.parametrize("day", [parameters["day"] for _, parameters in ANSWERS.values() if "day" in parameters], ids=str)
def test_edges_of_a_day_are_what_the_evidence_up_to_that_day_says(day: Any, world: World) -> None:
    then = fold(all_evidence(log_of_the_world()), RULES, as_of=day)
    assert [edge.fact.triple for edge in world.on(day)] == [fact.triple for fact in then.facts if fact.status is Status.CURRENT]
