"""Events for people and machines, by structlog: the one place that configures it. Off until it is begun, and then on stderr only."""

import logging
import sys
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

from pipeline.shown_text import visible
from schema.errors import MASK, users_masked

Level = Literal["off", "debug", "info", "warning", "error"]
Form = Literal["text", "json"]

SHORTEST_SECRET = 4
"""Characters of a secret that is masked wherever it stands: one of fewer stands everywhere."""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_LIBRARIES = {"": logging.WARNING, "neo4j": logging.ERROR, "prefect": logging.WARNING, "httpx": logging.WARNING, "openai": logging.WARNING}
"""From where on libraries are heard, with `debug` one level deeper; Neo4j's driver warns of each deadlock that it tries again."""

_Event = MutableMapping[str, Any]


class _State:
    """The logger that is on, None while logs are off; whether machines read it; and levels of libraries as they were before."""

    emit: Any = None
    for_machines: bool = False
    before: ClassVar[dict[str, int]] = {}
    handler: logging.Handler | None = None


def begin_logs(level: Level, form: Form = "text", secrets: Collection[str] = ()) -> None:
    """From now on events of this level and above go to stderr; `off` ends that. These secrets are masked wherever they stand."""
    end_logs()
    if level == "off":
        return
    import structlog

    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_of,
        structlog.processors.format_exc_info,
        masking(secrets),  # last: a traceback may hold one
    ]
    renderer: Any = structlog.processors.JSONRenderer(sort_keys=True, default=str)
    if form == "text":
        renderer = _for_people(
            structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24, exception_formatter=structlog.dev.plain_traceback)
        )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_of_library, *processors],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    _State.handler = logging.StreamHandler(sys.stderr)
    _State.handler.setFormatter(formatter)
    _hear_libraries(_State.handler, _LEVELS[level])
    _State.for_machines = form == "json"
    _State.emit = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )


def end_logs() -> None:
    """No more events."""
    if _State.handler is not None:
        logging.getLogger().removeHandler(_State.handler)
        logging.captureWarnings(False)
        for name, level in _State.before.items():
            logging.getLogger(name).setLevel(level)
    _State.emit, _State.handler, _State.for_machines, _State.before = None, None, False, {}


def logs_are_on() -> bool:
    """Whether anybody hears."""
    return _State.emit is not None


def logs_are_for_machines() -> bool:
    """Whether stderr is to hold nothing but JSON: what a person would be told in words is an event then."""
    return _State.for_machines


def log_event(name: str, level: str = "info", **told: Any) -> None:
    """Something happened; nothing where logs are off."""
    if _State.emit is not None:
        getattr(_State.emit, level)(name, **told)


@contextmanager
def log_bound(**ids: str) -> Iterator[None]:
    """Events inside, also in tasks and threads that take the context along, carry these ids."""
    if _State.emit is None or not ids:
        yield
        return
    from structlog.contextvars import bound_contextvars

    with bound_contextvars(**ids):
        yield


def masking(secrets: Collection[str]) -> Callable[[Any, str, _Event], _Event]:
    """What puts a mask on secrets, and on user and password in URLs, wherever they stand in an event."""
    hidden = [secret for secret in sorted(secrets, key=len, reverse=True) if len(secret) >= SHORTEST_SECRET]

    def masked(value: Any) -> Any:
        if isinstance(value, str):
            for secret in hidden:
                value = value.replace(secret, MASK)
            return users_masked(value)
        if isinstance(value, dict):
            return {masked(key): masked(each) for key, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [masked(each) for each in value]
        return value if value is None or isinstance(value, bool | int | float) else masked(str(value))

    def mask(_logger: Any, _method: str, told: _Event) -> _Event:
        return {key: each if key.startswith("_") else masked(each) for key, each in told.items()}

    return mask


def _trace_of(_logger: Any, _method: str, told: _Event) -> _Event:
    """The ids by which a trace is found."""
    trace = sys.modules.get("opentelemetry.trace")  # not loaded for this: without it nothing is traced
    if trace is not None and (context := trace.get_current_span().get_span_context()).is_valid:
        told["trace_id"], told["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return told


def _of_library(_logger: Any, _method: str, told: _Event) -> _Event:
    record = told["_record"]
    return {**told, "logger": record.name, "event": f"{told['event']}"}


def _for_people(render: Any) -> Callable[[Any, str, _Event], str]:
    def rendered(logger: Any, method: str, told: _Event) -> str:
        return visible(str(render(logger, method, told)))

    return rendered


def _hear_libraries(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.addHandler(handler)
    _State.before = {name: logging.getLogger(name).level for name in _LIBRARIES}
    for name, heard in _LIBRARIES.items():
        logging.getLogger(name).setLevel(heard - 10 if level == logging.DEBUG else max(level, heard))
    logging.captureWarnings(True)
