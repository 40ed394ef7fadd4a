"""The graph brought along behind a program that adds to the log again and again, a little later and never in its way."""

from threading import Event, Thread

from flows.home.homes import Home
from flows.watching.logs import log_event
from schema.errors import ChronoKGError

SETTLE_S = 2.0
"""Seconds that it waits after something was added, so that it opens the graph once for many additions."""

AGAIN_S = 30.0
"""Seconds after which it tries again where another process holds the graph, or its server is away."""


class GraphFollower:
    """Brings the graph of a home along when it is woken, in a thread of its own. A graph in memory is left to who reads it."""

    def __init__(self, home: Home, settle_s: float = SETTLE_S, again_s: float = AGAIN_S) -> None:
        self._home, self._settle_s, self._again_s = home, settle_s, again_s
        self._woken, self._ended = Event(), Event()
        self._thread: Thread | None = None

    def wake(self) -> None:
        """The log has something new. Called by one thread."""
        if self._home.is_in_memory:
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="graph", daemon=True)
            self._thread.start()
        self._woken.set()

    def close(self) -> None:
        """Bring along what is left, and end; who wakes it after that begins anew."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            self._woken.set()
            thread.join()
            self._ended.clear()

    def _run(self) -> None:
        is_due = True
        while True:
            self._woken.wait(self._again_s if not is_due else None)
            self._woken.clear()
            self._ended.wait(self._settle_s)
            is_due = self._followed()
            if self._ended.is_set() and not self._woken.is_set():
                return

    def _followed(self) -> bool:
        """Whether the graph has all now; else what hinders is logged, and the next command that adds does it if we cannot."""
        try:
            self._home.bring_graph_along()
        except (ChronoKGError, OSError) as error:
            log_event("the graph is not brought along", "warning", error=type(error).__name__, reason=str(error))
            return False
        return True
