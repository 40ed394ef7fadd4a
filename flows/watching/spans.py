"""Stages of the work as spans of OpenTelemetry, and how long they took; what a span says is in one table, and no text is in it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from flows.watching.instruments import CALLS, IN_FLIGHT, STAGE, TOKENS
from schema.ports import Stage, StageFacts
from schema.ports.stages import Kind

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

ATTRIBUTES: Mapping[str, str] = {
    "job": "chronokg.job",
    "run": "chronokg.run.id",
    "batch": "chronokg.batch.id",
    "document": "chronokg.document.id",
    "source": "chronokg.source",
    "log": "chronokg.log.id",
    "reader": "chronokg.reader",
    "prompt": "chronokg.prompt",
    "model": "gen_ai.request.model",
    "provider": "gen_ai.provider.name",
    "operation": "gen_ai.operation.name",
    "host": "server.address",
    "port": "server.port",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "outcome": "chronokg.outcome",
    "cached": "chronokg.cached",
    "documents": "chronokg.document.count",
    "batches": "chronokg.batch.count",
    "records": "chronokg.record.count",
    "claims": "chronokg.claim.count",
    "facts": "chronokg.fact.count",
}
"""What each fact of a stage is called in a span."""

_OF_CALLS = ("operation", "provider", "model", "host")
"""By which metrics tell calls apart; ports of embedded servers are new each time."""


@dataclass(frozen=True, slots=True)
class SpanWatcher:
    """Makes a span of each stage, and measures it."""

    tracer: "Tracer"
    instruments: Mapping[str, Any]

    def stage(self, kind: Kind, facts: StageFacts) -> AbstractContextManager[Stage]:
        """See the port."""
        return self._timed(kind, facts)

    @contextmanager
    def _timed(self, kind: Kind, facts: StageFacts) -> Iterator[Stage]:
        from opentelemetry.trace import SpanKind

        of_model = kind == "model call"
        name = f"{facts.get('operation')} {facts.get('model')}" if of_model else f"run {facts.get('job')}" if kind == "run" else kind
        error: BaseException | None = None
        begun = time.perf_counter()
        if kind == "document":
            self.instruments[IN_FLIGHT].add(1)
        # What an error says may quote a document or a model: its class alone is told.
        with self.tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT if of_model else SpanKind.INTERNAL,
            attributes=_attributes(facts),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            known = _TimedStage(span, StageFacts(**facts))
            try:
                yield known
            except BaseException as raised:
                error = raised
                _fail(span, raised)
                raise
            finally:
                self._measure(kind, known.facts, time.perf_counter() - begun, error)

    def _measure(self, kind: Kind, facts: StageFacts, seconds: float, error: BaseException | None) -> None:
        failed = {} if error is None else {"error.type": type(error).__name__}
        if kind == "document":
            self.instruments[IN_FLIGHT].add(-1)
        if kind != "model call":
            self.instruments[STAGE].record(seconds, {"chronokg.stage": kind, **failed})
            return
        call = {ATTRIBUTES[name]: facts[name] for name in _OF_CALLS if name in facts}  # type: ignore[literal-required]
        self.instruments[CALLS].record(seconds, {**call, **failed})
        for name, direction in (("input_tokens", "input"), ("output_tokens", "output")):
            if number := facts.get(name):
                self.instruments[TOKENS].record(number, {**call, "gen_ai.token.type": direction})


@dataclass(frozen=True, slots=True)
class _TimedStage:
    span: "Span"
    facts: StageFacts

    def tell(self, **facts: Unpack[StageFacts]) -> None:
        self.facts.update(facts)
        self.span.set_attributes(_attributes(facts))


def _attributes(facts: StageFacts) -> dict[str, Any]:
    return {ATTRIBUTES[name]: value for name, value in facts.items()}


def _fail(span: "Span", error: BaseException) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", type(error).__name__)
    span.set_status(StatusCode.ERROR, type(error).__name__)
