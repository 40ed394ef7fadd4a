"""A batch of documents that a reader was asked about, and what of that goes into the log."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.intake.batches import Intake, read_batch
from schema.document import Document
from schema.errors import ModelFailed
from schema.ids import BatchId, DocumentId, stable_id
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import Expense, Preference, Recorded, SetAside, Tally
from schema.usage import Usage

MODEL_AWAY = "the model's server was away"
"""Why a document was not read: nobody answered, and there was no patience left to wait. Nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that is left for another run, why, and what was paid for it all the same."""

    why: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class AskedBatch:
    """What came of asking about the documents of a batch, and when."""

    documents: Sequence[Document]
    results: Sequence[Extraction | Unread | ModelFailed]
    at: datetime

    def intakes(self, reader: Reader, model: str, ontology: Ontology, settles: Mapping[DocumentId, Sequence[str]]) -> Iterator[Intake]:
        """What is to be recorded; `model` says how to ask again, reading a document settles what was set aside of it."""
        both = list(zip(self.documents, self.results, strict=True))
        begun = [(document, result) for document, result in both if not isinstance(result, Unread)]
        # In a batch of its own: failing in the same way again is nothing new, but costs.
        if expenses := list(_expenses(both, reader, self.at)):
            batch = BatchId(stable_id("expenses", [expense.id for expense in expenses]))
            yield Intake(tuple(Recorded(expense, self.at) for expense in expenses), known_as=batch)
        if begun:
            read, results = zip(*begun, strict=True)
            settled = [aside for document, result in begun if isinstance(result, Extraction) for aside in settles.get(document.id, ())]
            yield read_batch(read, results, reader, model, ontology, self.at).settling(settled, "read", self.at)

    @property
    def left(self) -> Tally:
        """Documents that are left for another run, by reason."""
        return Tally("document", 0, dict(Counter(result.why for result in self.results if isinstance(result, Unread))))


def _expenses(asked: Sequence[tuple[Document, Extraction | Unread | ModelFailed]], reader: Reader, at: datetime) -> Iterator[Expense]:
    """What was paid for documents of which nothing is recorded as read."""
    for document, result in asked:
        if not isinstance(result, Extraction) and result.usage is not None and result.usage.requests:
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
