"""Sums and lines of the facts that are worked out by brute force."""

import math
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

Triple = tuple[str, str, str]


@dataclass(frozen=True)
class Term:
    """One document says one thing from one day on, by one source."""

    document: str
    start: date
    end: date | None
    evidence: int
    account: str
    trust: float
    name: str


def source_as_compared(source: str) -> str:
    return unicodedata.normalize("NFKC", source).strip().casefold()


def speaking(terms: Iterable[Term], day: date) -> dict[str, tuple[date, date | None, Term]]:
    """By document: the latest of its starts by a day, the latest of their ends, and the term that weighs most."""
    spoken = {}
    ordered = sorted((t for t in terms if t.start <= day), key=lambda t: t.document)
    for document, group in groupby(ordered, key=lambda t: t.document):
        some = list(group)
        ends = [term.end for term in some]
        end = None if None in ends else max(end for end in ends if end is not None)
        best = min(some, key=lambda t: (-t.evidence, -t.trust, t.name))
        spoken[document] = (max(term.start for term in some), end, best)
    return spoken


def total_of(terms: Sequence[Term]) -> int:
    amounts: dict[tuple[str, float], int] = defaultdict(int)
    for _, _, term in speaking(terms, date.max).values():
        amounts[term.account, term.trust] += term.evidence
    return sum(amount if trust == 1.0 else min(amount, most_by(trust)) for (_, trust), amount in amounts.items())


def most_by(trust: float) -> int:
    return round(-math.log(1 - trust) * 1e9)


def belief_in(asserting: int, denying: int) -> float:
    total = asserting + denying
    return round((1 - math.exp(-total / 1e9)) * asserting / total, 6)


def fact_line(
    triple: Triple,
    belief: float,
    status: str,
    intervals: Sequence[Sequence[date | None]],
    support: int,
    first: date | None,
    last: date | None,
    closed: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    head, relation, tail = triple
    return {
        "kind": "fact",
        "head": head,
        "relation": relation,
        "tail": tail,
        "belief": belief,
        "status": status,
        "intervals": [[day and day.isoformat() for day in interval] for interval in intervals],
        "support": support,
        "first_seen": first and first.isoformat(),
        "last_seen": last and last.isoformat(),
        "closed": list(closed),
    }
