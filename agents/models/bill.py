"""What answers cost, noted where they come in, so that it is known also where the document fails in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from schema.usage import NOTHING_PAID, Usage


class Bill:
    """What was paid so far."""

    def __init__(self) -> None:
        self.usage = NOTHING_PAID


_open: ContextVar[Bill | None] = ContextVar("bill", default=None)


@contextmanager
def billed() -> Iterator[Bill]:
    """A bill for all that is asked inside, also in tasks that are started there; it is part of the bill outside, if there is one."""
    bill = Bill()
    token = _open.set(bill)
    try:
        yield bill
    finally:
        _open.reset(token)
        paid(bill.usage)


def paid(usage: Usage) -> None:
    """Note the cost of an answer on the open bill, where there is one."""
    bill = _open.get()
    if bill is not None:
        bill.usage += usage
