"""What reading has cost, as the log tells: by reader, by document or by day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.identifiers import document_id
from pipeline.intake.costs import Prices, usage_as_data
from schema.errors import WrongUse
from schema.ports import EvidenceLog
from schema.records import Expense, Reading, Recorded
from schema.usage import NOTHING_PAID, Usage

Spent = Recorded[Reading] | Recorded[Expense]

_BY: dict[str, Callable[[Spent], str]] = {
    "reader": lambda spent: spent.record.reader.name,
    "document": lambda spent: spent.record.document,
    "day": lambda spent: spent.at.date().isoformat(),
}


@dataclass
class _Sum:
    usage: Usage = NOTHING_PAID
    documents: int = 0
    from_cache: int = 0
    in_vain: int = 0

    def add(self, record: Reading | Expense) -> None:
        self.usage += record.usage
        if isinstance(record, Expense):
            self.in_vain += 1
            return
        self.documents += 1
        self.from_cache += record.usage.is_from_cache


def cost_rows(log: EvidenceLog, prices: Prices, by: str, documents: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """A row for each reader, document or day: money by these prices, seconds of all documents one after another."""
    if by not in _BY:
        raise WrongUse(f"--by is {by!r}, and must be one of {', '.join(_BY)}")
    sums: dict[str, _Sum] = {}
    for spent in _spent(log, documents):
        sums.setdefault(_BY[by](spent), _Sum()).add(spent.record)
    return [
        {
            by: key,
            "readings": total.documents,
            "from_cache": total.from_cache,
            "in_vain": total.in_vain,
            **usage_as_data(total.usage, prices),
            "seconds": round(total.usage.seconds, 1),
        }
        for key, total in sorted(sums.items())
    ]


def _spent(log: EvidenceLog, documents: Sequence[str] | None) -> Iterator[Spent]:
    wanted = {document_id(document) for document in documents or ()}
    yield from log.records(Reading, wanted or None)
    yield from (expense for expense in log.records(Expense) if not wanted or expense.record.document in wanted)
