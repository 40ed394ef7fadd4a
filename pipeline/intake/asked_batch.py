"""A batch of documents that a reader was asked about, and what of that goes into the log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.intake.batches import Intake, read_batch
from pipeline.intake.costs import BUDGET_SPENT
from schema.document import Document
from schema.errors import ModelFailed
from schema.ids import BatchId, DocumentId, stable_id
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import Expense, Preference, Recorded, SetAside, Tally


@dataclass(frozen=True, slots=True)
class Unstarted:
    """A document that was not begun: the budget was spent."""


@dataclass(frozen=True, slots=True)
class AskedBatch:
    """What came of asking about the documents of a batch, and when."""

    documents: Sequence[Document]
    results: Sequence[Extraction | Unstarted | ModelFailed]
    at: datetime

    def intakes(self, reader: Reader, model: str, ontology: Ontology, settles: Mapping[DocumentId, Sequence[str]]) -> Iterator[Intake]:
        """What is to be recorded; `model` says how to ask again, reading a document settles what was set aside of it."""
        both = zip(self.documents, self.results, strict=True)
        begun = [(document, result) for document, result in both if not isinstance(result, Unstarted)]
        # In a batch of its own: failing in the same way again is nothing new, but costs.
        if expenses := list(_expenses(begun, reader, self.at)):
            batch = BatchId(stable_id("expenses", [expense.id for expense in expenses]))
            yield Intake(tuple(Recorded(expense, self.at) for expense in expenses), known_as=batch)
        if begun:
            read, results = zip(*begun, strict=True)
            settled = [aside for document, result in begun if isinstance(result, Extraction) for aside in settles.get(document.id, ())]
            yield read_batch(read, results, reader, model, ontology, self.at).settling(settled, "read", self.at)

    @property
    def left(self) -> Tally:
        """Documents that the budget did not let be begun."""
        number = sum(isinstance(result, Unstarted) for result in self.results)
        return Tally("document", 0, {BUDGET_SPENT: number} if number else {})


def _expenses(begun: Sequence[tuple[Document, Extraction | ModelFailed]], reader: Reader, at: datetime) -> Iterator[Expense]:
    """What was paid for documents that are set aside."""
    for document, result in begun:
        if isinstance(result, ModelFailed) and result.usage is not None and result.usage.requests:
            yield Expense(document.id, document.revision, reader, result.usage, at.isoformat())


def preference(reader: Reader, at: datetime) -> Intake:
    """From now on this reader's readings come first, those under its older name too."""
    names = [name for name in (reader.name, reader.older_name) if name]
    batch = BatchId(f"preference {reader.name} {at.isoformat()}")
    return Intake(tuple(Recorded(Preference(name), at) for name in names), known_as=batch)


def settled_by_reading(asides: Sequence[SetAside]) -> dict[DocumentId, list[str]]:
    """What was set aside of documents, which is settled when they are read at last."""
    found: dict[DocumentId, list[str]] = {}
    for aside in asides:
        if aside.document is not None and aside.unit == "document":
            found.setdefault(aside.document, []).append(aside.id)
    return found
