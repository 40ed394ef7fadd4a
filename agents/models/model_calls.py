"""Calls of a model as stages of the work, for who watches: who was asked for what, and how many tokens that took."""

from contextlib import AbstractContextManager
from typing import Literal

from agents.serving.server import Server
from schema.ports import Stage, stage
from schema.usage import Usage


def model_call(operation: Literal["chat", "text_completion"], provider: str, model: str) -> AbstractContextManager[Stage]:
    """A call that lasts as long as the context, further attempts included."""
    return stage("model call", operation=operation, provider=provider, model=model)


def tell_server(call: Stage, server: Server) -> None:
    """The server that a call goes to; after a further attempt the last one."""
    call.tell(host=server.host, port=server.port)


def tell_usage(call: Stage, usage: Usage) -> None:
    """The tokens that it took."""
    call.tell(input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens)
