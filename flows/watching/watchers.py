"""Who watches the stages of the work: logs, and what telemetry adds; several hear the same."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Unpack

from flows.watching import logs
from schema.errors import ChronoKGError, ModelFailed, ModelUnavailable
from schema.ports import Stage, StageFacts, Watcher, watched_by
from schema.ports.stages import Kind

_watching: dict[str, Watcher] = {}


def let_watch(name: str, watcher: Watcher | None) -> None:
    """From now on this one, known by a name, watches too; None: no more."""
    if watcher is None:
        _watching.pop(name, None)
    else:
        _watching[name] = watcher
    found = list(_watching.values())
    watched_by(None if not found else found[0] if len(found) == 1 else _Several(tuple(found)))


@dataclass(frozen=True, slots=True)
class _Several:
    """Watchers of the same; the one that came first begins first and ends last."""

    watchers: tuple[Watcher, ...]

    @contextmanager
    def stage(self, kind: Kind, facts: StageFacts) -> Iterator[Stage]:
        with ExitStack() as stack:
            yield _Told(tuple(stack.enter_context(each.stage(kind, facts)) for each in self.watchers))


@dataclass(frozen=True, slots=True)
class _Told:
    stages: tuple[Stage, ...]

    def tell(self, **facts: Unpack[StageFacts]) -> None:
        for each in self.stages:
            each.tell(**facts)


_IDS = ("run", "batch", "document", "log", "job")
_SAID = {"run": "info", "batch": "info", "append": "info", "follow": "info"}
"""At which level it is said that a stage ended; at debug where it is not told here, as a warning or an error where it failed."""


class LogWatcher:
    """Says when stages end, and lets all events inside carry their ids."""

    def stage(self, kind: Kind, facts: StageFacts) -> AbstractContextManager[Stage]:
        """See the port."""
        return self._logged(kind, facts)

    @contextmanager
    def _logged(self, kind: Kind, facts: StageFacts) -> Iterator[Stage]:
        begun = time.perf_counter()
        known = _Known(StageFacts(**facts))
        ids: dict[str, str] = {name: str(value) for name, value in facts.items() if name in _IDS}
        with logs.log_bound(**ids):
            if kind == "run":
                logs.log_event("run began")
            try:
                yield known
            except Exception as error:
                level = "error" if kind == "run" else "warning"
                logs.log_event(f"{kind} failed", level, seconds=_rounded(begun), **known.more(ids), **_why(kind, error))
                raise
            logs.log_event(f"{kind} ended", _SAID.get(kind, "debug"), seconds=_rounded(begun), **known.more(ids))


@dataclass(frozen=True, slots=True)
class _Known:
    facts: StageFacts

    def tell(self, **facts: Unpack[StageFacts]) -> None:
        self.facts.update(facts)

    def more(self, ids: dict[str, str]) -> dict[str, object]:
        return {name: value for name, value in self.facts.items() if name not in ids}


def _why(kind: Kind, error: Exception) -> dict[str, str]:
    """The class of an error; its sentence too where it says nothing of what a document or a model said."""
    told = {"error": type(error).__name__}
    is_answer = isinstance(error, ModelFailed) and not isinstance(error, ModelUnavailable)
    if isinstance(error, ChronoKGError) and not is_answer and kind not in ("document", "model call"):
        told["reason"] = str(error)
    return told


def _rounded(begun: float) -> float:
    return round(time.perf_counter() - begun, 4)
