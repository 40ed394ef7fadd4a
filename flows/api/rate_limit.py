"""How much one caller may ask: a bucket for each that fills at a steady rate, and holds two seconds' worth."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

MOST_CALLERS = 10_000
"""Callers that are remembered; who asked longest ago is forgotten first, and begins with a full bucket."""

BURST_S = 2.0
"""Seconds of the rate that a bucket holds: so much may be asked at once."""


class RateLimit:
    """Token buckets by the name of who asks; a rate of 0 limits nobody. Used by one thread."""

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        """`rate` is in requests a second."""
        self._rate, self._clock = rate, clock
        self._most = max(1.0, rate * BURST_S)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and when that was so

    def wait_of(self, caller: str) -> float:
        """Take one from a caller's bucket: 0.0, or where it is empty the seconds until one is there, and nothing is taken."""
        if self._rate <= 0.0:
            return 0.0
        now = self._clock()
        left, then = self._buckets.pop(caller, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        wait = 0.0 if left >= 1.0 else (1.0 - left) / self._rate
        self._buckets[caller] = (left if wait else left - 1.0, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return wait
