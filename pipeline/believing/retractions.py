"""Which retractions stand: those by sources that are heard, whose notice is not deleted, and that were not taken back since."""

from collections.abc import Callable, Iterator
from datetime import date

from pipeline.believing.evidence import Evidence, last_moments
from schema.ids import DocumentId
from schema.records import Recorded, Retraction

Heard = Callable[[str | None, DocumentId], bool]
"""Whether what a source says of a document counts: one trusted less than those that told of it neither retracts nor takes back."""


def standing_retractions(evidence: Evidence, heard: Heard) -> Iterator[Recorded[Retraction]]:
    """The retractions that no later withdrawal is about: the last recorded of the two counts, on a tie the retraction.

    What is delivered again under the same identity keeps its first moment, and so stays taken back; a new retraction stands.
    """
    withdrawn = last_moments((r for r in evidence.retractions_withdrawn if heard(r.record.source, r.record.document)), lambda w: w.document)
    for recorded in evidence.retractions:
        retraction = recorded.record
        if retraction.notice in (evidence.deleted or ()):
            continue  # a deleted notice leaves no trace either
        taken_back = withdrawn.get(retraction.document)
        if heard(retraction.source, retraction.document) and (taken_back is None or recorded.at >= taken_back):
            yield recorded


def retraction_days(evidence: Evidence, heard: Heard) -> dict[DocumentId, date | None]:
    """The retracted documents, each with the first day that any notice which stands gives, None where none gives one."""
    retracted: dict[DocumentId, date | None] = {}
    for recorded in standing_retractions(evidence, heard):
        retraction = recorded.record
        days = [retracted.get(retraction.document), retraction.on.first if retraction.on is not None else None]
        retracted[retraction.document] = min((day for day in days if day is not None), default=None)
    return retracted
