"""How a model server is asked and how long a text is to it: what a forecast needs to know of it."""

from dataclasses import dataclass
from typing import Protocol

from agents.serving.protocols import Dialect


@dataclass(frozen=True, slots=True)
class Measured:
    """How a server is spoken to, how much it takes at once, and the tokens of a text; None where it does not tell."""

    dialect: Dialect
    queries_at_once: int
    answers_at_once: int | None
    tokens: int | None


class Measuring(Protocol):
    """A model that can tell how long a text is."""

    @property
    def name(self) -> str:
        """The model's name."""

    async def measure(self, text: str) -> Measured:
        """The text as the server sees it; no answer is asked for."""

    async def close(self) -> None:
        """Let go of it."""
