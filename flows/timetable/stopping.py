"""What tells a schedule to stop: Ctrl-C, SIGTERM, a terminal that is closed; none of them may leave a server behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def stopping_signals() -> list[signal.Signals]:
    """These; not the end of the terminal where whoever started us had that ignored, as `nohup` does."""
    outlives = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([] if outlives else [signal.SIGHUP])]


@contextmanager
def unwound_when_stopped() -> Iterator[None]:
    """While the block runs they end it as an exception does, so that what was begun in it is ended; once, and then they are ignored."""
    before = {number: signal.signal(number, _unwind) for number in stopping_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def heed_no_more() -> None:
    """From now on they are ignored: the end has begun, takes seconds, and is not to be broken off."""
    for number in stopping_signals():
        signal.signal(number, signal.SIG_IGN)


def _unwind(number: int, _frame: FrameType | None) -> None:
    heed_no_more()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
