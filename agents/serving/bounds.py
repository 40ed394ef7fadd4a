"""How long and how often a model server is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how often a server is asked. Seconds; `total` is for one request with all its attempts.

    Requests in flight begin with `in_flight` and follow the server's queue up to `most_in_flight`.
    """

    attempts: int = 4
    timeout: float = 180.0
    total: float = 600.0
    wait: float = 0.5  # before the second attempt; doubles from there
    longest_wait: float = 20.0
    in_flight: int = 8
    most_in_flight: int = 256


DEFAULT_BOUNDS = Bounds()


class Again(Exception):
    """A failure that may pass. `after` is what the server asked us to wait, in seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


def pause(bounds: Bounds, attempt: int, error: BaseException | None) -> float:
    """Seconds to wait after an attempt that failed."""
    asked = error.after if isinstance(error, Again) else 0.0
    return float(min(bounds.longest_wait, max(asked, bounds.wait * 2 ** (attempt - 1))))


def seconds(header: str | None) -> float:
    """What a `Retry-After` header asks for; 0 where it says nothing that we follow."""
    return float(header) if header and header.isdecimal() and len(header) < 6 else 0.0
