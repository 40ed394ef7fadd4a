"""Which of the documents in the spool are to be read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from pipeline.believing.evidence import order_of_readers
from pipeline.intake.rereading import older, unread, without_finding
from schema.document import Document
from schema.ids import DocumentId
from schema.observation import Reader
from schema.ports import EvidenceLog
from schema.records import Preference, Reading

AT_ONCE = 500
"""Documents whose readings are looked up together."""


def to_read(
    log: EvidenceLog, documents: Iterable[Document], reader: Reader, again: str | None, passed_over: Counter[str]
) -> Iterator[Document]:
    """Those that the reader has not read; with `again`, those whose reading is older in that. The others are counted by reason."""
    reasons = _unread(log, documents, reader) if again is None else _older(log, documents, reader, again)
    for document, reason in reasons:
        if reason is None:
            yield document
        else:
            passed_over[reason] += 1


def read_by(log: EvidenceLog, reader: Reader) -> set[tuple[DocumentId, str]]:
    """What this reader has read, under any name it had."""
    done = log.read_by(reader.name)
    return done | log.read_by(reader.older_name) if reader.older_name else done


def _unread(log: EvidenceLog, documents: Iterable[Document], reader: Reader) -> Iterator[tuple[Document, str | None]]:
    done, given = read_by(log, reader), without_finding(reader)
    without = done if given == reader else read_by(log, given)
    return ((document, unread(document, done, without)) for document in documents)


def _older(log: EvidenceLog, documents: Iterable[Document], reader: Reader, again: str) -> Iterator[tuple[Document, str | None]]:
    place = order_of_readers(log.records(Preference))
    waiting = iter(documents)
    while some := list(islice(waiting, AT_ONCE)):
        readings: dict[DocumentId, list[Reading]] = {document.id: [] for document in some}
        for recorded in log.records(Reading, list(readings)):
            readings[recorded.record.document].append(recorded.record)
        for document in some:
            yield document, older(document, readings[document.id], reader, again, place)
