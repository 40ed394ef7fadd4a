"""What the answers of a chat say, whichever way a server writes them, and why one that says nothing does not. Pure."""

from json import dumps
from typing import Any

from pydantic import BaseModel, ConfigDict

from schema.ports import Reply

SHOWN = 200
"""Characters of a server's own words that a message has."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Part):
    arguments: str | dict[str, Any] | None = None


class _Call(_Part):
    function: _Function | None = None


class Message(_Part):
    """An answer's message in any of the ways that servers have of writing it."""

    content: str | list[str | dict[str, Any]] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


def reply_of(message: Message, ended: str | None) -> Reply:
    """What a message says; `ended` is the server's finish_reason. Where it says nothing, `trouble` tells why, in the server's words."""
    complete = ended != "length"
    text = _content(message)
    if ended == "content_filter":
        return Reply(text, not text, "the model server withheld the answer, or the rest of it (finish_reason 'content_filter')")
    if text:
        return Reply(text, complete)
    if message.refusal:
        return Reply(message.refusal, complete, f"the model refused to answer: {message.refusal[:SHOWN]!r}")
    if called := _called(message):
        return Reply(called, complete)
    if thought := message.reasoning_content or message.reasoning or "":
        # A server that parses thoughts may take the whole answer for one; one that was cut off has not come to it.
        told = f"the model was cut off at the token limit while it was thinking (finish_reason {ended!r}): {thought[:SHOWN]!r}"
        return Reply(thought, complete, "" if complete else told)
    return Reply("", complete, f"the model server's answer has no content (finish_reason {ended!r})")


def _content(message: Message) -> str:
    """The text of a message, also one in parts; thoughts, pictures and other parts are no part of the answer."""
    if not isinstance(message.content, list):
        return message.content or ""
    texts = (part if isinstance(part, str) else part.get("text") for part in message.content if isinstance(part, str) or _is_text(part))
    return "".join(text for text in texts if isinstance(text, str))


def _is_text(part: dict[str, Any]) -> bool:
    return part.get("type", "text") in ("text", "output_text")


def _called(message: Message) -> str:
    """What a model that was not asked to call anything called all the same: the arguments are its answer."""
    for call in message.tool_calls or ():
        said = call.function.arguments if call.function else None
        if said:
            return said if isinstance(said, str) else dumps(said, ensure_ascii=False)
    return ""
