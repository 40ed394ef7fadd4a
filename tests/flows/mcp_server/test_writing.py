"""A server that may record: what agents say is evidence under their own name, once, and can be taken back by a person."""

from pathlib import Path
from typing import Any

from mcp import Client

from flows.home.homes import Home, open_home
from flows.mcp_server.serving_agents import mcp_server
from tests.flows.mcp_server.calling import answer, refusal, with_client

SAID: dict[str, Any] = {
    "document": "PMID:1", "published": "2001-05", "relation": "treat", "confidence": 0.9, "quote": "Drug one treats illness one.",
    "head": {"key": "MESH:C1", "type": "Chemical", "name": "drug one"},
    "tail": {"key": "MESH:D1", "type": "Disease", "name": "illness one"},
}  # fmt: skip


def made(path: Path) -> Home:
    return open_home(path / "home", graph="memory:")


def test_what_an_agent_records_is_told_at_once_and_counts_once(tmp_path: Path) -> None:
    async def record(client: Client) -> Any:
        first = await answer(client, "observe", observations=[SAID])
        again = await answer(client, "observe", observations=[SAID])
        return first, again, await answer(client, "facts", entity="drug one")

    first, again, facts = with_client(mcp_server(made(tmp_path), writes=True), record)
    assert (first["submitted"], first["recorded"], first["set_aside"]) == (1, 1, {})
    assert (again["recorded"], again["skipped"]) == (0, {"recorded before": 1})
    (fact,) = facts["facts"]
    assert (fact["status"], fact["documents"], fact["belief"]) == ("current", 1, 0.9)


def test_what_an_agent_says_weighs_as_its_source_is_trusted(tmp_path: Path) -> None:
    """And it cannot say that it is another source."""
    home = made(tmp_path).path
    (home / "chronokg.toml").write_text("[trust]\nagent = 0.3\n", encoding="utf-8")
    said = [{**SAID, "document": f"PMID:{number}"} for number in range(1, 9)]

    async def record(client: Client) -> Any:
        await answer(client, "observe", observations=said)
        told = await answer(client, "facts", entity="drug one")
        return told, await refusal(client, "observe", observations=[{**SAID, "source": "pubmed"}])

    told, forged = with_client(mcp_server(open_home(home, graph="memory:"), writes=True), record)
    assert told["facts"][0]["belief"] <= 0.3
    assert "source" in forged


def test_what_cannot_be_used_is_set_aside_and_told(tmp_path: Path) -> None:
    async def record(client: Client) -> Any:
        wrong = {**SAID, "relation": "heals"}
        return await answer(client, "observe", observations=[SAID, wrong])

    told = with_client(mcp_server(made(tmp_path), writes=True), record)
    assert (told["submitted"], told["recorded"], sum(told["set_aside"].values())) == (2, 1, 1)
    assert "heals" in told["reasons"][0]


def test_a_retraction_takes_the_fact_with_it(tmp_path: Path) -> None:
    async def record(client: Client) -> Any:
        await answer(client, "observe", observations=[SAID])
        unknown = await refusal(client, "retract", document="PMID:404")
        first = await answer(client, "retract", document="PMID:1", on="2002-01-01")
        again = await answer(client, "retract", document="PMID:1", on="2002-01-01")
        gone = await answer(client, "why", head="drug one", relation="treat", tail="illness one")
        return unknown, first, again, gone

    unknown, first, again, gone = with_client(mcp_server(made(tmp_path), writes=True), record)
    assert "never seen here" in unknown
    assert (first["recorded"], again["recorded"]) == (True, False)
    assert gone["fact"]["status"] == "withdrawn"
    assert "was retracted" in gone["remarks"][0]
