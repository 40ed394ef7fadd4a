"""What a retriever of another library hands on: the facts of a context one by one, each as text with its marker, and as data."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flows.answers.answers_from_log import context_for
from flows.home.homes import Home
from pipeline.retrieving.context_in_words import entry_in_words
from pipeline.retrieving.fact_filter import FactFilter


@dataclass(frozen=True, slots=True)
class FactsTold:
    """Questions to a home with the same limits each time: see flows.answers.answers_from_log.context_for."""

    home: Home
    as_of: date | None = None
    known_at: datetime | None = None
    wanted: FactFilter | None = None
    limit: int = 20
    budget: int | None = None

    def to(self, question: str, limit: int | None = None) -> list["FactInText"]:
        """The facts that answer a question, best first."""
        limit = self.limit if limit is None else limit
        told = context_for(self.home, question, self.as_of, self.known_at, limit, wanted=self.wanted, budget=self.budget)
        return [FactInText(entry_in_words(fact), fact["belief"], _plain(fact)) for fact in told["facts"]]


@dataclass(frozen=True, slots=True)
class FactInText:
    """One fact: text with dates, belief and quotes; belief as its score; what it is, for filters and for links."""

    text: str
    score: float
    data: dict[str, Any] = field(default_factory=dict)


_KEPT = ("marker", "head", "head_name", "relation", "tail", "tail_name", "belief", "status", "support", "since", "until", "because")


def _plain(fact: dict[str, Any]) -> dict[str, Any]:
    return {**{name: fact[name] for name in _KEPT}, "documents": [each["document"] for each in fact["citations"]]}
