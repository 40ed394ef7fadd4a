"""The constructor: takes the log into the graph beside what adds to the log, and at the end all of it."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from threading import Event, Thread

from tenacity import Retrying

from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience, worth_another_attempt
from flows.home.homes import Home
from flows.home.terminal import note
from schema.errors import StoreBusy, StoreFailed
from schema.ports import GraphStore

LOOK_S = 1.0
"""Seconds after which the log is looked at again where nobody said that something is new: other processes add to it, too."""

REST = 9
"""How many times longer it rests than it worked, so that it takes a tenth of a run: a batch is safe once it is in the log."""

MOST_BEHIND = 200
"""Batches in the log that the graph may lack before it rests no more, and nothing further is read: memory and delay stay bounded."""

TAKEN_IN_LATER = "what is new in the log is taken into the graph by that process if it adds too, else by the next command that adds"


@dataclass(eq=False)
class Constructor:
    """Follows the log in a thread of its own once it is started. Who adds calls `wake` after each batch, and looks at `is_behind`.

    Nothing is recorded before it has opened the graph and brought it to where the log was: what changes then is of this run.
    """

    home: Home
    outcome: Outcome
    patience: Patience
    tells_all: bool = False  # also what the graph lacked when it was opened
    failure: Exception | None = None  # what ended it before its time
    left_to: StoreBusy | None = None  # who holds the graph, so that it was not followed
    _woken: Event = field(default_factory=Event)
    _stopped: Event = field(default_factory=Event)
    _opened: Event = field(default_factory=Event)
    _thread: Thread | None = None
    _recorded: int = 0  # batches so far, counted by who reads
    _taken: int = 0  # how many of these the graph has, counted by the constructor's thread
    _took_in: bool = False  # whether something new went in since the graph was opened

    def start(self) -> None:
        """Open the graph and begin to follow; the caller goes on meanwhile."""
        self.outcome.before_recording = self._until_opened
        self._thread = Thread(target=copy_context().run, args=(self._run,), name="constructor", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Another batch is in the log."""
        self._recorded += 1
        self._woken.set()

    @property
    def lacking(self) -> int:
        """How many batches the graph lacks that this run has recorded."""
        return self._recorded - self._taken

    @property
    def is_behind(self) -> bool:
        """Whether nothing further is to be read before the graph has come closer; never while another process holds the graph."""
        return self._thread is not None and self.lacking > MOST_BEHIND and self.left_to is None and self.failure is None

    def finish(self) -> None:
        """Take in what is left, let go of the graph, and raise what failed."""
        self._stopped.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        try:
            while not Retrying(**self.patience.attempts(self._is_worth_another_attempt, self))(self._has_all):
                pass
        except Exception as error:  # noqa: BLE001 - of whatever it dies: who waits for it raises that
            self.failure = error
        finally:
            self._opened.set()

    def _is_worth_another_attempt(self, error: BaseException) -> bool:
        """A graph that could not be opened at first is told at once, unless there is patience."""
        return worth_another_attempt(error) and (self._opened.is_set() or self.patience.seconds > 0)

    def _until_opened(self) -> None:
        self._opened.wait()
        if self.failure is not None:
            raise self.failure

    def _has_all(self) -> bool:
        """Follow to the end; False where that failed of something that may pass, after it had gone on: patience begins anew."""
        self._took_in = False
        try:
            self._follow_to_the_end()
        except StoreFailed as error:
            if self._took_in and worth_another_attempt(error):
                return False
            raise
        return True

    def _follow_to_the_end(self) -> None:
        while True:
            try:
                with self.home.graph(as_it_is=self.tells_all, wait_s=0 if not self._stopped.is_set() else None) as store:
                    self.left_to = None
                    self._opened.set()
                    self._follow(store)
                return
            except StoreBusy as error:
                self.left_to = error
                self._opened.set()
                if self._stopped.is_set():
                    note(f"{error}; {TAKEN_IN_LATER}")
                    return
                self._stopped.wait(LOOK_S)

    def _follow(self, store: GraphStore) -> None:
        self._take_in(store)
        while not self._stopped.is_set():
            self._woken.wait(LOOK_S)
            if not self._stopped.is_set():
                begun = time.monotonic()
                self._take_in(store)
                if not self.is_behind:
                    self._stopped.wait(REST * (time.monotonic() - begun))
        self._take_in(store)

    def _take_in(self, store: GraphStore) -> None:
        self._woken.clear()
        recorded = self._recorded
        self.outcome.follow(store)
        self._took_in = self._took_in or recorded > self._taken
        self._taken = recorded
        self.patience.goes_on(self)


@contextmanager
def constructing(home: Home, outcome: Outcome, patience: Patience | None = None, *, tells_all: bool = False) -> Iterator[Constructor]:
    """The graph follows the log while the block runs, and has all of it when the block ends, also where that failed.

    Where another process holds the graph it is left to that one, with a word. What changes is told in the outcome; with `tells_all` what
    had to be made good at first is, too. Raises StoreFailed where the graph cannot be written, and whatever else
    the constructor died of.
    """
    constructor = Constructor(home, outcome, patience or Patience(), tells_all)
    with outcome.telling_what_is_safe():
        constructor.start()
        try:
            yield constructor
        except BaseException:
            with suppress(Exception):  # what the block failed of is told
                constructor.finish()
            raise
        constructor.finish()


@contextmanager
def graph_if_free(home: Home) -> Iterator[GraphStore | None]:
    """The graph for who adds little; None, with a word, where another process holds it and so takes in what is new."""
    with ExitStack() as opened:
        store = None
        try:
            store = opened.enter_context(home.graph())
        except StoreBusy as error:
            note(f"{error}; {TAKEN_IN_LATER}")
        yield store
