"""Stages of the work as they begin and end, for who watches: ids and numbers, never a text. Where nobody watches it costs nothing."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Literal, Protocol, Self, TypedDict, Unpack

Kind = Literal["run", "collect", "batch", "document", "model call", "append", "follow", "fold", "write"]
"""A run has batches, a batch documents, a document calls of a model; a batch is appended, and the graph follows: it folds and writes."""


class StageFacts(TypedDict, total=False):
    """All that is ever told of a stage. Texts are names and ids: of documents, passwords and keys there is no place for a text here."""

    job: str
    run: str
    batch: str
    document: str
    source: str
    log: str  # the identity of a home's log
    reader: str
    prompt: str  # which one, as a reader's identity has it
    model: str
    provider: str
    operation: str  # what a model is asked for, by OpenTelemetry's words: chat, text_completion
    host: str
    port: int
    input_tokens: int
    output_tokens: int
    outcome: str  # of a run: completed or short
    cached: int  # answers that came from our own cache
    documents: int
    batches: int
    records: int
    claims: int
    facts: int


class Stage(Protocol):
    """A stage that is under way."""

    def tell(self, **facts: Unpack[StageFacts]) -> None:
        """What has become known of it."""


class Watcher(Protocol):
    """Who watches."""

    def stage(self, kind: Kind, facts: StageFacts) -> AbstractContextManager[Stage]:
        """A stage that lasts as long as the context; stages begun inside, also in tasks and threads with that context, are its own."""


class _Unseen:
    """A stage that nobody watches."""

    def tell(self, **facts: Unpack[StageFacts]) -> None:
        """Nobody hears."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None


_UNSEEN = _Unseen()
_watcher: Watcher | None = None


def watched_by(watcher: Watcher | None) -> None:
    """From now on this one watches; None: nobody."""
    global _watcher  # noqa: PLW0603
    _watcher = watcher


def stage(kind: Kind, **facts: Unpack[StageFacts]) -> AbstractContextManager[Stage]:
    """A stage of the work, begun and ended by `with`."""
    return _UNSEEN if _watcher is None else _watcher.stage(kind, facts)


def unwatched(kind: Kind, **facts: Unpack[StageFacts]) -> AbstractContextManager[Stage]:
    """The same where nobody is to be told."""
    del kind, facts
    return _UNSEEN


class Watched(Protocol):
    """`stage`, or `unwatched`: what is pure is given one of them."""

    def __call__(self, kind: Kind, **facts: Unpack[StageFacts]) -> AbstractContextManager[Stage]:
        """A stage of the work, begun and ended by `with`."""
