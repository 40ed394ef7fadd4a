"""An agent that answers from a home by MCP, with a scripted model in the place of a real one."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from typing import Any, Protocol

from mcp import Client, StdioServerParameters

MOST_STEPS = 8


@dataclass(frozen=True)
class ToolCall:
    """What a model wants to be asked."""

    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolResult:
    """What came back: data, or what is wrong in words."""

    call: ToolCall
    data: dict[str, Any]
    error: str = ""


class Model(Protocol):
    """Decides what is done next: the place for a language model."""

    def next_step(self, tools: list[dict[str, Any]], said: list[ToolResult]) -> ToolCall | str:
        """The next call of a tool; or the answer, where enough is known."""


@dataclass
class ScriptedModel:
    """No language model: it finds both things, asks for what holds and for the history of what ended, and fills in a template."""

    drug: str
    disease: str
    as_of: str | None

    def next_step(self, tools: list[dict[str, Any]], said: list[ToolResult]) -> ToolCall | str:
        """See Model."""
        if wrong := [result.error for result in said if result.error]:
            return f"I cannot answer: {wrong[0]}"
        limits = {"as_of": self.as_of} if self.as_of else {}
        match len(said):
            case 0:
                return ToolCall("search_entities", {"name": self.drug, "limit": 1})
            case 1:
                return ToolCall("search_entities", {"name": self.disease, "limit": 1})
            case 2:
                return ToolCall("facts", {"entity": self._key(said, 0), "statuses": ["current", "superseded", "contested"], **limits})
        between = [fact for fact in said[2].data["facts"] if self._key(said, 1) in (fact["head"], fact["tail"])]
        if len(said) - 3 < len(between):
            fact = between[len(said) - 3]
            return ToolCall("why", {"head": fact["head"], "relation": fact["relation"], "tail": fact["tail"], **limits})
        return self._answer([result.data for result in said[3:]])

    def _key(self, said: list[ToolResult], number: int) -> str:
        found = said[number].data["entities"]
        return str(found[0]["key"]) if found else ""

    def _answer(self, histories: list[dict[str, Any]]) -> str:
        day = f"As of {self.as_of}" if self.as_of else "Today"
        if not histories:
            return f"{day}: nothing is known between {self.drug} and {self.disease}."
        lines = []
        for history in histories:
            fact, last = history["fact"], history["steps"][-1]
            what = f"{fact['head_name']} {fact['relation']} {fact['tail_name']}"
            cited = f"{last['on']}, {', '.join(last['because'])}"
            if fact["status"] == "current":
                lines.append(f"{day}, {what}: it holds (belief {fact['belief']:.2f}, {fact['documents']} documents; {cited}).")
            else:
                lines.append(f"{day}, {what}: it does not hold, it is {fact['status']} ({last['what']} {cited}).")
        return "\n".join(lines)


async def answer(model: Model, server: StdioServerParameters) -> str:
    """Let the model ask the server's tools until it answers; each step is shown on stderr."""
    async with Client(server) as client:
        tools = [tool.model_dump(include={"name", "description", "input_schema"}) for tool in (await client.list_tools()).tools]
        said: list[ToolResult] = []
        for _ in range(MOST_STEPS):
            step = model.next_step(tools, said)
            if isinstance(step, str):
                return step
            print(f"{step.tool} {step.arguments}", file=sys.stderr)
            told = await client.call_tool(step.tool, step.arguments)
            error = " ".join(getattr(part, "text", "") for part in told.content) if told.is_error else ""
            said.append(ToolResult(step, told.structured_content or {}, error))
        return f"No answer after {MOST_STEPS} steps."


def main() -> None:
    """Ask what is known between a drug and a disease."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drug")
    parser.add_argument("disease")
    parser.add_argument("--home", required=True)
    parser.add_argument("--as-of")
    given = parser.parse_args()
    server = StdioServerParameters(command=sys.executable, args=["-m", "flows", "mcp", "--home", given.home])
    print(asyncio.run(answer(ScriptedModel(given.drug, given.disease, given.as_of), server)))


if __name__ == "__main__":
    main()
