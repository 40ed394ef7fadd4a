"""How often, how long and how much at once a model server is asked: as much as keeps it busy, and no more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often a server is asked. Seconds; `total` is for one request with all its attempts.

    Requests in flight begin with `in_flight` and follow the server's queue up to `most_in_flight`. Of several servers each has its own
    attempts and its own requests in flight; `total` is for all of them together.
    """

    attempts: int = 4
    timeout: float = 180.0
    total: float = 600.0
    wait: float = 0.5  # before the second attempt; doubles from there
    longest_wait: float = 20.0
    longest_rest: float = 60.0  # of one of several servers that failed; it begins with two waits, and doubles from there
    in_flight: int = 8
    most_in_flight: int = 256


DEFAULT_BOUNDS = Bounds()


class Again(Exception):
    """A failure that may pass. `after` is what the server asked us to wait, in seconds; `is_busy`: it works, and has enough to do."""

    def __init__(self, reason: str, after: float = 0.0, *, is_busy: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.is_busy = is_busy


def pause(bounds: Bounds, attempt: int, error: BaseException | None) -> float:
    """Seconds to wait after an attempt that failed."""
    asked = error.after if isinstance(error, Again) else 0.0
    return float(min(bounds.longest_wait, max(asked, bounds.wait * 2 ** (attempt - 1))))


def seconds(header: str | None) -> float:
    """What a `Retry-After` header asks for; 0 where it says nothing that we follow."""
    return float(header) if header and header.isdecimal() and len(header) < 6 else 0.0


class Circuit:
    """Leaves a server out once it failed, each time for twice as long, and then lets one request try it. Seconds of any one clock."""

    def __init__(self, first: float, longest: float) -> None:
        self.until = 0.0
        self._first, self._longest = first, longest
        self._failures = 0
        self._is_tried = False

    @property
    def is_closed(self) -> bool:
        """Whether the last thing that the server did was to answer."""
        return self._failures == 0

    def takes(self, now: float) -> bool:
        """Whether a request may go there: any, or the one that tries it."""
        return self.is_closed or (now >= self.until and not self._is_tried)

    def tried(self) -> None:
        """A request is about to go there."""
        self._is_tried = not self.is_closed

    def untried(self) -> None:
        """The request that was to try it came to no end."""
        self._is_tried = False

    def answered(self) -> None:
        """It works."""
        self._failures, self._is_tried = 0, False

    def failed(self, now: float, after: float = 0.0) -> None:
        """It does not; `after` is how long the server asked us to wait. Of requests that fail together one counts."""
        if self.is_closed or now >= self.until:
            self.until = now + min(self._longest, max(after, self._first * 2**self._failures))
            self._failures += 1
        self._is_tried = False


class Throttle:
    """Lets so many in at a time: `start` at first; then the number follows what the server says of its queue, up to `most`."""

    def __init__(self, start: int, most: int) -> None:
        self.limit = start
        self.in_flight = 0
        self._start = start
        self._most = max(start, most)
        self._was_full = False
        self._since = 0  # requests that ended since the limit was last changed

    @property
    def has_room(self) -> bool:
        """Whether one more may come in."""
        return self.in_flight < self.limit

    def crowded(self) -> None:
        """Somebody waits for room."""
        self._was_full = True

    def enter(self) -> None:
        """One comes in, for whom there is room."""
        self.in_flight += 1

    def leave(self, *, has_ended: bool = True) -> None:
        """One goes, and comes again where it has not ended."""
        self.in_flight -= 1
        self._since += has_ended
        if self.limit < self._start and self._since >= self.limit:  # up again, one for each round, after the server refused
            self._set(self.limit + 1)

    def hear(self, waiting: int) -> None:
        """So many requests wait in the server: none means that it could do with more."""
        if waiting > max(1, self.limit // 4):
            self._set(max(1, self.limit - waiting // 2))
        elif waiting == 0 and self._was_full:
            self._set(min(self._most, self.limit + max(1, self.limit // 4)))
        self._was_full = False

    def refused(self) -> None:
        """The server had enough: half as many, once for all that were in flight together."""
        if self._since >= self.limit or self.limit >= self._start:
            self._set(max(1, self.limit // 2))

    def _set(self, limit: int) -> None:
        self.limit = limit
        self._since = 0
