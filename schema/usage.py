"""What reading costs: requests, tokens, seconds; and accounts that it is charged to, also where a document fails in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reading cost; `prompt_tokens` are those computed, not those that came from a server's cache.

    `cached` are answers that came from our own cache, for nothing; `seconds` is the time from asking to the answer.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Those computed of prompts, and those of answers."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def is_from_cache(self) -> bool:
        """Whether all answers came from our own cache, and there were any."""
        return bool(self.cached and not self.requests)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached + other.cached,
            self.seconds + other.seconds,
        )


NOTHING_PAID = Usage()


class UsageAccount:
    """What was charged so far."""

    def __init__(self) -> None:
        self.usage = NOTHING_PAID


_open_account: ContextVar[UsageAccount | None] = ContextVar("usage account", default=None)


@contextmanager
def usage_account() -> Iterator[UsageAccount]:
    """An account for all that is asked inside, also in tasks that are started there; the account outside, if any, is charged too."""
    account = UsageAccount()
    token = _open_account.set(account)
    try:
        yield account
    finally:
        _open_account.reset(token)
        charge(account.usage)


def charge(usage: Usage) -> None:
    """Note the cost of an answer on the open account, where there is one."""
    account = _open_account.get()
    if account is not None:
        account.usage += usage
