"""How every tool is called: one at a time, its limits read, its errors told as what can be done, its answer as small as it can be."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, wraps
from inspect import signature
from threading import Lock
from typing import Annotated, Any, Protocol, TypeVar

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, CallToolResult, TextContent

from flows.home.homes import Home
from flows.mcp_server.tool_answers import ToolAnswer
from pipeline.finding.found_entities import NotOneEntity
from pipeline.shown_text import visible
from schema.dates import parse_day, parse_instant
from schema.errors import ChronoKGError, InvalidInput, StoreBusy, StoreUnavailable, WrongUse

Answered = TypeVar("Answered")


TakenHome = Callable[[], AbstractContextManager[Home]]
"""Takes a snapshot of a home."""


@dataclass(frozen=True, slots=True)
class AskedLimits:
    """Up to which day, and as known at which moment; None: no limit."""

    day: date | None
    moment: datetime | None

    @property
    def told(self) -> dict[str, str | None]:
        """As answers have them."""
        return {"as_of": self.day.isoformat() if self.day else None, "known_at": self.moment.isoformat() if self.moment else None}


def day_and_moment(as_of: str | None, known_at: str | None) -> AskedLimits:
    """The limits as a tool is given them; raises InvalidDate naming the text."""
    return AskedLimits(parse_day(as_of) if as_of else None, parse_instant(known_at) if known_at else None)


class ReadsAHome(Protocol):
    """What answers from a home."""

    home: Home


class ToolCalls:
    """Calls of the tools and resources of one home: one at a time, for the log's index is one.

    Where snapshots of the home can be `taken`, each call of the tools that are `reading` is answered from one.
    """

    def __init__(self, reading: ReadsAHome, taken: TakenHome | None = None) -> None:
        self._alone, self._reading, self._taken = Lock(), reading, taken

    def as_tool(self, tool: Callable[..., ToolAnswer]) -> Callable[..., CallToolResult]:
        """The tool as the protocol has it: its answer typed, and as JSON without what is absent; its errors as an agent can use them."""
        shape = signature(tool)

        @wraps(tool)
        def call(*args: Any, **given: Any) -> CallToolResult:
            with self._alone, _told_to_agents(ToolError, ToolError), self._of_one_state():
                answer = tool(*args, **given)
            told = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
            text = answer.model_dump_json(by_alias=True, exclude_none=True)
            return CallToolResult(content=[TextContent(text=text)], structured_content=told)

        call.__signature__ = shape.replace(  # type: ignore[attr-defined]
            return_annotation=Annotated[CallToolResult, shape.return_annotation]
        )
        return call

    @contextmanager
    def _of_one_state(self) -> Iterator[None]:
        if self._taken is None:
            yield
            return
        whole = self._reading.home
        with self._taken() as home:
            self._reading.home = home
            try:
                yield
            finally:
                self._reading.home = whole

    def as_resource(self, read: Callable[..., str]) -> Callable[..., str]:
        """What reads a resource, with its errors as the protocol has them."""

        @wraps(read)
        def call(*args: Any, **given: Any) -> str:
            with self._alone, _told_to_agents(ResourceNotFoundError, ResourceError):
                return read(*args, **given)

        return call

    def alone(self, ask: Callable[[], Answered]) -> Answered:
        """What is asked, while nobody else asks; an error of ours is one of the protocol's, with its words."""
        with self._alone, _told_to_agents(partial(MCPError, INVALID_PARAMS), partial(MCPError, INTERNAL_ERROR)):
            return ask()


@contextmanager
def _told_to_agents(wrong: Callable[[str], Exception], failed: Callable[[str], Exception]) -> Iterator[None]:
    """Errors of ours: `wrong` where the agent can ask otherwise, `failed` where it cannot."""
    try:
        yield
    except NotOneEntity as error:
        raise wrong(visible(f"{error}; search_entities lists what a name may be")) from error
    except (WrongUse, InvalidInput) as error:
        raise wrong(visible(str(error))) from error
    except (StoreBusy, StoreUnavailable) as error:
        raise failed(visible(f"{error}; ask again in a while")) from error
    except ChronoKGError as error:
        raise failed(visible(str(error))) from error
