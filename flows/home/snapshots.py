"""A home as it is at one moment, for many readers at once, while this process and others add to its log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Lock, Thread

from flows.home.homes import Home
from flows.watching.logs import log_event
from graph_store.log.log_snapshots import LogSnapshots
from pipeline.linking.name_forms import VERSION as NAME_FORMS
from pipeline.linking.name_forms import forms_of
from schema.errors import ChronoKGError

LOOK_S = 0.5
"""Seconds after which it is looked whether the log has something that its index has not; who adds to the log brings it along, too."""


class HomeSnapshots:
    """Takes snapshots of a home.

    The index of its log is brought along in a thread of its own, so that no reader waits for that: what another process has added is
    answered half a second later at the latest, unless it is very much.
    """

    def __init__(self, home: Home, look_s: float = LOOK_S) -> None:
        self.home = home
        self._look_s = look_s
        self._snapshots = LogSnapshots(home.log, forms_of, NAME_FORMS)
        self._ended, self._starting = Event(), Lock()
        self._thread: Thread | None = None
        self.failure: ChronoKGError | OSError | None = None  # why the index could not be brought along when that was tried last
        self.bring_along()

    @contextmanager
    def taken(self) -> Iterator[Home]:
        """The home with a log that does not change. It answers by that log alone: its graph may have come less far, or further."""
        self._look_now_and_then()
        with self._snapshots.taken() as log:
            yield replace(self.home, log=log)

    def bring_along(self) -> None:
        """Let the next snapshot have all that is in the log now."""
        self.home.complete_index()

    def close(self) -> None:
        """Look no more, and let go of what is open; who takes one after that begins anew."""
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._ended.set()
                thread.join()
                self._ended.clear()
        self._snapshots.close()

    def _look_now_and_then(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = Thread(target=self._look, name="index", daemon=True)
                    self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(self._look_s):
            try:
                if self.home.log.unseen_commits():
                    self.bring_along()
                self.failure = None
            except (ChronoKGError, OSError) as error:
                if self.failure is None:
                    log_event("the index of the log is not brought along", "warning", error=type(error).__name__, reason=str(error))
                self.failure = error
