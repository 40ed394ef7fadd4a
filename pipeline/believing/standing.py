"""What documents are: told by their standing sources alone, those trusted most among all that ever spoke of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from pipeline.believing.evidence import Evidence, last_moments, order_of_readers
from pipeline.believing.retractions import Heard, retraction_days, standing_retractions
from pipeline.believing.rules import Rules, source_name
from schema.columns import CITATION
from schema.dates import PartialDate
from schema.document import Document, Edition
from schema.fact import Source
from schema.ids import DocumentId
from schema.records import Retraction


@dataclass(frozen=True, slots=True)
class DocumentState:
    """A document as the fold sees it: its date, source and types from all that is known, and what of it is live."""

    source: Source
    revision: str | None
    reader: str | None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """What a line of `observe` says of its document."""

    published: PartialDate
    source: str
    publication_types: tuple[str, ...]
    journal: str | None


@dataclass(slots=True)
class _Told:
    """All that was told of a document: by lines, and by its editions."""

    lines: list[DocumentLine] = field(default_factory=list)
    editions: list[Document | Edition] = field(default_factory=list)

    def trust(self, rules: Rules) -> float:
        """The trust in its standing sources; 0 where nobody spoke of it."""
        return max((rules.trust_in(each.source) for each in (*self.lines, *self.editions)), default=0.0)

    def by_standing_sources(self, rules: Rules) -> "_Told":
        least = self.trust(rules)
        return _Told(
            [line for line in self.lines if rules.trust_in(line.source) >= least],
            [edition for edition in self.editions if rules.trust_in(edition.source) >= least],
        )


def without_deleted(evidence: Evidence, rules: Rules) -> Evidence:
    """The evidence with its deleted documents named, once and for every moment: they leave no trace in what was known before."""
    return evidence if evidence.deleted is not None else replace(evidence, deleted=_deleted(evidence, rules))


def document_states(evidence: Evidence, lines: pl.DataFrame, rules: Rules) -> dict[DocumentId, DocumentState]:
    """The state of each document that these lines or an edition tell of and that is not deleted (`without_deleted` says which are)."""
    gone = evidence.deleted or frozenset()
    all_told = _told(evidence, lines)
    standing = {key: each.by_standing_sources(rules) for key, each in all_told.items() if key not in gone}
    live = {key: max(each.editions, key=lambda edition: edition.revision) for key, each in standing.items() if each.editions}
    readers = _first_readers(evidence, live)
    retracted = retraction_days(evidence, _hearing(all_told, rules))
    return {key: _state_of(key, live.get(key), standing[key].lines, readers.get(key), retracted) for key in sorted(standing)}


def _told(evidence: Evidence, lines: pl.DataFrame, documents: Collection[DocumentId] | None = None) -> dict[DocumentId, _Told]:
    told: dict[DocumentId, _Told] = defaultdict(_Told)
    if documents is not None:
        lines = lines.filter(pl.col("document").is_in(list(documents)))
    for document, published, source, types, journal in lines.select(list(CITATION)[:-1]).iter_rows():
        told[document].lines.append(DocumentLine(PartialDate.parse(published), source, tuple(types or ()), journal))
    for recorded in evidence.documents:
        if documents is None or recorded.record.id in documents:
            told[recorded.record.id].editions.append(recorded.record)
    return dict(told)


def retractions_that_stand(evidence: Evidence, rules: Rules) -> list[Retraction]:
    """The retractions by which documents count for nothing, in the order in which they were recorded."""
    told = _told(evidence, evidence.cited(), {recorded.record.document for recorded in evidence.retractions})
    found = standing_retractions(without_deleted(evidence, rules), _hearing(told, rules))
    return [recorded.record for recorded in sorted(found, key=lambda recorded: (recorded.at, recorded.record.id))]


def _hearing(told: Mapping[DocumentId, _Told], rules: Rules) -> Heard:
    least: dict[DocumentId, float] = {}

    def heard(source: str | None, document: DocumentId) -> bool:
        if document not in least:
            least[document] = told[document].trust(rules) if document in told else 0.0
        return rules.trust_in(source) >= least[document]

    return heard


def _deleted(evidence: Evidence, rules: Rules) -> frozenset[DocumentId]:
    """Documents whose last deletion is not followed by a restoration; on a tie the deletion stands.

    A source trusted less than those that told of a document neither deletes nor restores it.
    """
    if not evidence.deletions:
        return frozenset()
    heard = _hearing(_told(evidence, evidence.cited(), {recorded.record.document for recorded in evidence.deletions}), rules)
    deletions = last_moments((r for r in evidence.deletions if heard(r.record.source, r.record.document)), lambda d: d.document)
    restorations = last_moments((r for r in evidence.restorations if heard(r.record.source, r.record.document)), lambda r: r.document)
    return frozenset(key for key, at in deletions.items() if key not in restorations or restorations[key] <= at)


def _state_of(
    key: DocumentId,
    live: Document | Edition | None,
    lines: Sequence[DocumentLine],
    reader: str | None,
    retracted: Mapping[DocumentId, date | None],
) -> DocumentState:
    dates = [line.published for line in lines] + ([live.published] if live and live.published else [])
    published = min(dates, key=lambda when: (when.coarseness, when.first, when.last))
    spoken = {line.source for line in lines} | ({live.source} if live else set())
    types = {kind for line in lines for kind in line.publication_types} | set(live.publication_types if live else ())
    journals = {live.journal} if live and live.journal else {line.journal for line in lines if line.journal}
    source = Source(
        id=key,
        title=live.title if live else "",
        published=published.first,
        precision=published.precision,
        source=min(spoken, key=lambda name: (source_name(name), name)),
        journal=min(journals, default=None),
        publication_types=tuple(sorted(types)),
        retracted=key in retracted,
        retracted_on=retracted.get(key),
    )
    return DocumentState(source, str(live.revision) if live else None, reader)


def _first_readers(evidence: Evidence, live: Mapping[DocumentId, Document | Edition]) -> dict[DocumentId, str]:
    place = order_of_readers(evidence.preferences)
    readers: dict[DocumentId, str] = {}
    for recorded in evidence.readings:
        reading = recorded.record
        document = live.get(reading.document)
        if document is None or document.revision != reading.revision:
            continue
        name = reading.reader.name
        if reading.document not in readers or place(name) < place(readers[reading.document]):
            readers[reading.document] = name
    return readers
