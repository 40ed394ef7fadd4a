"""The tools on the demo's graph: typed and small, dated, and none of them tells a fact that has ended as one that holds."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client

from flows.answers.answers_from_log import export_lines
from flows.home.homes import Home, now, open_home
from flows.jobs.keeping import retract_document
from flows.jobs.observing import observe_file
from flows.mcp_server.serving_agents import mcp_server
from flows.mcp_server.tool_answers import FactTold, fact_uri
from tests.conftest import examples
from tests.flows.commands.running import line, write_lines
from tests.flows.mcp_server.calling import answer, facts_in, refusal, with_client

ENTITIES = ("MESH:D005424", "MESH:D006886", "MESH:C116926", "MESH:D000077156", "MESH:D009203", "MESH:D001145", "MESH:D013792")
PAIRS = (
    ("MESH:D005424", "prevent", "MESH:D001145"),
    ("MESH:D006886", "treat", "MESH:D000086382"),
    ("MESH:D000077156", "treat", "MESH:D002289"),
    ("MESH:D019207", "prevent", "MESH:D008175"),
)
DAYS = st.dates(date(1958, 1, 1), date(2024, 1, 1))


def test_every_tool_is_described_and_only_reads(demo: Home) -> None:
    async def look(client: Client) -> Any:
        return (await client.list_tools()).tools, client.instructions

    tools, instructions = with_client(mcp_server(demo), look)
    assert [tool.name for tool in tools] == ["search_entities", "facts", "history", "why", "path", "changes", "context"]
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert {"as_of", "known_at"} <= tool.input_schema["properties"].keys()
        assert tool.description
        assert tool.title
        assert all("description" in tool.input_schema["properties"][name] for name in ("as_of", "known_at"))
    assert "prevent" in instructions
    assert "Chemical" in instructions


def test_an_entity_is_found_however_it_is_written(demo: Home) -> None:
    told = with_client(mcp_server(demo), lambda client: answer(client, "search_entities", name="hydroxycloroquine"))
    (found,) = told["entities"]
    assert (found["key"], found["in_graph"]) == ("MESH:D006886", True)
    before = with_client(mcp_server(demo), lambda client: answer(client, "search_entities", name="ivermectin", as_of="1950-01-01"))
    assert not before["entities"][0]["in_graph"]


def test_what_is_not_known_is_told_with_what_can_be_done(demo: Home) -> None:
    async def ask(client: Client) -> list[str]:
        return [
            await refusal(client, "facts", entity="arrhythmias"),
            await refusal(client, "why", head="flecainide", relation="prevents", tail="cardiac arrhythmias"),
            await refusal(client, "facts", entity="flecainide", types=["Drug"]),
            await refusal(client, "facts", entity="flecainide", as_of="March 1988"),
            await refusal(client, "facts", entity="flecainide", limit=5000),
            await refusal(client, "changes", since="1990-01-01", until="1989-01-01"),
            await refusal(client, "observe", observations=[]),
        ]

    name, relation, kind, day, limit, days, unknown = with_client(mcp_server(demo), ask)
    assert "did you mean" in name
    assert "search_entities" in name
    assert "did you mean prevent" in relation
    assert "Chemical, Disease" in kind
    assert "2005-03-01" in day
    assert "less than or equal to 50" in limit
    assert "the day after the last" in days
    assert "Unknown tool" in unknown


def test_a_fact_that_was_overturned_is_told_as_that(demo: Home) -> None:
    async def ask(client: Client) -> Any:
        why = {"head": "flecainide", "relation": "prevent", "tail": "cardiac arrhythmias"}
        return await answer(client, "why", **why), await answer(client, "why", **why, as_of="1988-01-01")

    now, then = with_client(mcp_server(demo), ask)
    assert now["fact"]["status"] == "superseded"
    assert now["fact"]["intervals"] == [{"from": "1981-08-27", "to": "1989-08-10"}]
    closed = [step for step in now["steps"] if step["what"] == "closed"]
    assert closed[0]["because"] == ["DEMO:cast-1989"]
    assert then["fact"]["status"] == "current"
    assert then["as_of"] == "1988-01-01"


def test_what_was_known_before_a_retraction_is_still_told(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", graph="memory:")
    observe_file(home, write_lines(tmp_path / "one.jsonl", [line("PMID:1", "2001")]))
    before = now().isoformat()
    retract_document(home, "PMID:1", "2002-01-01")

    async def ask(client: Client) -> list[str]:
        why = {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D1"}
        told = [await answer(client, "why", **why), await answer(client, "why", **why, known_at=before)]
        return [each["fact"]["status"] for each in told]

    assert with_client(mcp_server(home), ask) == ["withdrawn", "current"]


@settings(max_examples=examples(40))
@given(day=st.none() | DAYS, entity=st.sampled_from(ENTITIES), pair=st.sampled_from(PAIRS))
def test_no_tool_tells_a_fact_that_has_ended_as_one_that_holds(
    demo: Home, day: date | None, entity: str, pair: tuple[str, str, str]
) -> None:
    """Whatever is called current is so in the export as of that day; by default `facts` and `path` tell nothing else."""
    limits = {"as_of": day.isoformat()} if day else {}
    lines = map(json.loads, export_lines(demo, as_of=day))
    holds = {
        fact_uri(each["head"], each["relation"], each["tail"]) for each in lines if each["kind"] == "fact" and each["status"] == "current"
    }

    async def ask(client: Client) -> list[dict[str, Any]]:
        try_all = {"statuses": ["current", "superseded", "contested", "withdrawn"]}
        return [
            await answer(client, "facts", entity=entity, limit=50, **limits),
            await answer(client, "path", start=pair[0], end=pair[2], **limits),
            await answer(client, "facts", entity=entity, limit=50, **try_all, **limits),
            await answer(client, "why", head=pair[0], relation=pair[1], tail=pair[2], **limits),
            await answer(client, "history", entity=entity, **limits),
        ]

    told = with_client(mcp_server(demo), ask)
    every = [fact for each in told for fact in facts_in(each)]
    assert {fact["uri"] for fact in every if fact["status"] == "current"} <= holds
    assert all(fact["uri"] in holds for each in told[:2] for fact in facts_in(each))
    assert {fact["uri"] for fact in told[0]["facts"]} == {fact["uri"] for fact in told[2]["facts"] if fact["uri"] in holds}
    assert told[4]["facts_by_status"].get("current", 0) == len(told[0]["facts"])


def test_the_context_tells_what_was_overturned_as_that(demo: Home) -> None:
    told = with_client(mcp_server(demo), lambda client: answer(client, "context", question="Does flecainide prevent cardiac arrhythmias?"))
    at = told["facts"].index(fact_uri("MESH:D005424", "prevent", "MESH:D001145"))
    assert f"[{at + 1}] flecainide prevent cardiac arrhythmias (superseded: held 1981-08-27 to 1989-08-10" in told["text"]
    assert told["complete"]
    lost = with_client(mcp_server(demo), lambda client: answer(client, "context", question="Does zzyzx cure anything?"))
    assert not lost["complete"]
    assert "zzyzx" in lost["text"]


def test_changes_are_of_the_days_asked_about(demo: Home) -> None:
    async def ask(client: Client) -> Any:
        days = {"since": "1989-01-01", "until": "1990-01-01", "entity": "flecainide"}
        return await answer(client, "changes", **days), await answer(client, "changes", **days, as_of="1989-08-09")

    told, before = with_client(mcp_server(demo), ask)
    assert {step["on"] for step in told["changes"]} == {"1989-08-10"}
    assert {step["what"] for step in told["changes"]} == {"closed", "opened"}
    assert before["changes"] == []


def test_what_is_left_out_is_counted_and_can_be_asked_for(demo: Home) -> None:
    async def ask(client: Client) -> Any:
        first = await answer(client, "facts", entity="flecainide", limit=1)
        every = [*first["facts"]]
        page = first
        while "next" in page:
            page = await answer(client, "facts", entity="flecainide", limit=1, after=page["next"])
            every += page["facts"]
        return first, every, await answer(client, "why", head="flecainide", relation="prevent", tail="cardiac arrhythmias", limit=1)

    first, every, why = with_client(mcp_server(demo), ask)
    assert len(first["facts"]) == 1
    assert len({fact["uri"] for fact in every}) == len(every) == first["total"] == 2
    assert (len(why["steps"]), why["steps"][0]["what"]) == (1, "closed")
    assert why["left_out"] > 1


def test_answers_are_small_by_default(demo: Home) -> None:
    async def ask(client: Client) -> list[int]:
        told = [
            await answer(client, "search_entities", name="heart"),
            await answer(client, "facts", entity="MESH:D009203"),
            await answer(client, "history", entity="MESH:D009203"),
            await answer(client, "why", head="flecainide", relation="cause", tail="cardiac arrhythmias"),
            await answer(client, "context", question="What causes myocardial infarction?"),
        ]
        return [len(json.dumps(each)) for each in told]

    assert max(with_client(mcp_server(demo), ask)) < 8_000


def test_an_answer_that_would_contradict_itself_cannot_be_made() -> None:
    fact = {
        "uri": "chronokg://fact/a/treat/b", "head": "a", "head_name": "a", "relation": "treat", "tail": "b", "tail_name": "b",
        "belief": 0.9, "documents": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match="is told as current, and its last interval is closed"):
        FactTold.model_validate({**fact, "status": "current", "intervals": [{"from": "2001-01-01", "to": "2002-01-01"}]})
