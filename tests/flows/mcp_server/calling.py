"""Calling a server as an agent does, with the SDK's own client; whatever a tool answers is checked against the schema that it promises."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

from jsonschema import Draft202012Validator
from mcp import Client
from mcp_types import CallToolResult

T = TypeVar("T")


def with_client(server: Any, use: Callable[[Client], Awaitable[T]]) -> T:
    """What is done with a client of a server, which is one in this process, a process to start, or an address."""

    async def run() -> T:
        async with Client(server, read_timeout_seconds=60) as client:
            return await use(client)

    return asyncio.run(run())


async def answer(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """What a tool answers, in data; it must be what its schema says, and its text the same."""
    told = await client.call_tool(tool, arguments)
    assert not told.is_error, text_of(told)
    (described,) = [each for each in (await client.list_tools()).tools if each.name == tool]
    assert described.output_schema is not None
    Draft202012Validator.check_schema(described.output_schema)
    Draft202012Validator(described.output_schema).validate(told.structured_content)
    assert json.loads(text_of(told)) == told.structured_content
    return told.structured_content


async def refusal(client: Client, tool: str, /, **arguments: Any) -> str:
    """What a tool says is wrong."""
    told = await client.call_tool(tool, arguments)
    assert told.is_error
    return text_of(told)


def text_of(told: CallToolResult) -> str:
    (part,) = told.content
    return str(part.text)  # type: ignore[union-attr]


def facts_in(told: Any) -> Iterator[dict[str, Any]]:
    """Every fact in an answer, however deep."""
    if isinstance(told, dict):
        if "status" in told and "relation" in told:
            yield told
        for each in told.values():
            yield from facts_in(each)
    elif isinstance(told, list):
        for each in told:
            yield from facts_in(each)
