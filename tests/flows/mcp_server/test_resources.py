"""Documents and facts by their addresses, and the prompt."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from flows.home.homes import Home, open_home
from flows.jobs.keeping import delete_document
from flows.jobs.observing import observe_file
from flows.mcp_server.serving_agents import mcp_server
from flows.mcp_server.tool_answers import document_uri, fact_uri
from tests.flows.commands.running import line, write_lines
from tests.flows.mcp_server.calling import with_client


def read(home: Home, *addresses: str) -> list[dict[str, Any]]:
    async def ask(client: Client) -> list[dict[str, Any]]:
        found = []
        for address in addresses:
            (content,) = (await client.read_resource(address)).contents
            found.append(json.loads(content.text))  # type: ignore[union-attr]
        return found

    return with_client(mcp_server(home), ask)


def refused(home: Home, address: str) -> str:
    """Why an address cannot be read."""

    async def ask(client: Client) -> str:
        with pytest.raises(MCPError) as refusal:
            await client.read_resource(address)
        return refusal.value.message

    return with_client(mcp_server(home), ask)


def test_a_document_tells_what_it_says_and_whether_it_still_counts(demo: Home) -> None:
    cast, registry = read(demo, "chronokg://document/DEMO:cast-1989", "chronokg://document/DEMO:hcq-registry-2020")
    assert cast["published"] == "1989-08-10"
    assert {(each["relation"], each["polarity"]) for each in cast["says"]} >= {("cause", "asserts")}
    assert all(each["quote"] for each in cast["says"])
    assert (registry["retracted"], registry["retracted_on"], registry["says"]) == (True, "2020-06-05", [])


def test_a_fact_is_told_with_its_history_now_and_as_of_a_day(demo: Home) -> None:
    address = fact_uri("MESH:D005424", "prevent", "MESH:D001145")
    now, then = read(demo, address, f"{address}?as_of=1988-01-01")
    assert (now["fact"]["status"], then["fact"]["status"], then["as_of"]) == ("superseded", "current", "1988-01-01")
    assert now["history"][-1]["what"] == "closed"


@pytest.mark.parametrize(
    "address",
    [
        "chronokg://document/PMID:404",
        "chronokg://document/DEMO:cast-1989?as_of=1980-01-01",
        "chronokg://document/DEMO:cast-1989?as_of=soon",
        "chronokg://fact/MESH:D005424/prevents/MESH:D001145",
        "chronokg://entity/MESH:D005424",
    ],
)
def test_an_address_of_nothing_is_refused_with_the_reason(demo: Home, address: str) -> None:
    said = refused(demo, address)
    assert any(part in said for part in ("nothing is known", "is not a day", "did you mean prevent", "Unknown resource"))


def test_keys_of_any_kind_can_be_addressed_and_a_deleted_document_is_gone(tmp_path: Path) -> None:
    odd = {"key": "X:../a b/ü?#%", "type": "Chemical", "name": "odd"}
    home = open_home(tmp_path / "home", graph="memory:")
    observe_file(home, write_lines(tmp_path / "odd.jsonl", [line("doi:10.1/ab(c)<d>/e", "2001", head=odd)]))
    addresses = fact_uri(odd["key"], "treat", "MESH:D1"), document_uri("doi:10.1/ab(c)<d>/e")
    fact, document = read(home, *addresses)
    assert fact["fact"]["head"] == odd["key"]
    assert document["says"][0]["head"] == odd["key"]
    delete_document(home, "doi:10.1/ab(c)<d>/e")
    assert "nothing is known of the document" in refused(home, addresses[1])


def test_the_prompt_brings_the_evidence_and_says_how_to_use_it(demo: Home) -> None:
    async def ask(client: Client) -> Any:
        (described,) = (await client.list_prompts()).prompts
        asked = {"question": "Does flecainide prevent cardiac arrhythmias?", "as_of": "1988-01-01"}
        return described, await client.get_prompt(described.name, asked)

    described, told = with_client(mcp_server(demo), ask)
    assert [argument.name for argument in described.arguments] == ["question", "as_of"]
    (message,) = told.messages
    rules, evidence = message.content.text.split("\n---\n", 1)
    assert "not from memory" in rules
    assert "[1] flecainide prevent cardiac arrhythmias (belief" in evidence
