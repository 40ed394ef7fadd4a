"""Which evidence is live: revisions, readers, retractions, deletions, as known at a moment."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from schema.dates import PartialDate
from schema.document import Document, Revision
from schema.fact import Source
from schema.ids import DocumentId
from schema.log import Deletion, Preference, Reading, Recorded, Restoration, Retraction, Ruling
from schema.observation import Observation
from schema.ports import Naming

_R = TypeVar("_R", Deletion, Restoration, Preference)
_K = TypeVar("_K", bound=str)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the log says about some documents (or all): each identity once, with its first moment."""

    observations: tuple[Recorded[Observation], ...] = ()
    documents: tuple[Recorded[Document], ...] = ()
    readings: tuple[Recorded[Reading], ...] = ()
    retractions: tuple[Recorded[Retraction], ...] = ()
    deletions: tuple[Recorded[Deletion], ...] = ()
    restorations: tuple[Recorded[Restoration], ...] = ()
    rulings: tuple[Recorded[Ruling], ...] = ()
    preferences: tuple[Recorded[Preference], ...] = ()
    namings: tuple[Recorded[Naming], ...] = ()

    def known_at(self, moment: datetime | None) -> "Evidence":
        """What was recorded up to a moment. Deletions stay: a deleted document leaves no trace at any moment."""
        if moment is None:
            return self
        return Evidence(
            observations=tuple(r for r in self.observations if r.at <= moment),
            documents=tuple(r for r in self.documents if r.at <= moment),
            readings=tuple(r for r in self.readings if r.at <= moment),
            retractions=tuple(r for r in self.retractions if r.at <= moment),
            deletions=self.deletions,
            restorations=self.restorations,
            rulings=tuple(r for r in self.rulings if r.at <= moment),
            preferences=tuple(r for r in self.preferences if r.at <= moment),
            namings=tuple(r for r in self.namings if r.at <= moment),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """A document as the fold sees it: its date, source and types from all that is known, and what of it is live."""

    source: Source
    published: PartialDate
    revision: Revision | None
    reader: str | None

    def is_live(self, observation: Observation) -> bool:
        """Whether an observation counts: made elsewhere, or by the first reader of the live revision; never when retracted."""
        if self.source.retracted:
            return False
        if observation.reader is None:
            return True
        return observation.revision == self.revision and observation.reader.name == self.reader


def standings(evidence: Evidence) -> dict[DocumentId, Standing]:
    """How each document stands that is not deleted."""
    gone = deleted(evidence)
    lines: dict[DocumentId, list[Observation]] = defaultdict(list)
    for recorded in evidence.observations:
        if recorded.record.reader is None:
            lines[recorded.record.document].append(recorded.record)
    live: dict[DocumentId, Document] = {}
    for entry in evidence.documents:
        document = entry.record
        if document.id not in live or live[document.id].revision < document.revision:
            live[document.id] = document
    readers = _first_readers(evidence, live)
    retracted = _retractions(evidence, gone)
    return {
        key: _standing(key, live.get(key), lines.get(key, ()), readers.get(key), retracted.get(key))
        for key in sorted({*lines, *live})
        if key not in gone
    }


def deleted(evidence: Evidence) -> frozenset[DocumentId]:
    """Documents whose last deletion is not followed by a restoration; on a tie the deletion stands."""
    deletions, restorations = _last(evidence.deletions, lambda d: d.document), _last(evidence.restorations, lambda r: r.document)
    return frozenset(key for key, at in deletions.items() if key not in restorations or restorations[key] <= at)


def latest_rulings(evidence: Evidence) -> Mapping[tuple[tuple[str, ...], tuple[str, str]], Ruling]:
    """For two ends and two relations the ruling recorded last; on a tie the greater identity."""
    ordered = sorted(evidence.rulings, key=lambda r: (r.at, r.record.id))
    return {(r.record.ends, r.record.relations): r.record for r in ordered}


def _standing(
    key: DocumentId, live: Document | None, lines: Iterable[Observation], reader: str | None, retraction: "_Retracted | None"
) -> Standing:
    lines = list(lines)
    dates = [line.published for line in lines] + ([live.published] if live and live.published else [])
    published = min(dates, key=lambda when: (when.coarseness, when.first, when.last))
    sources = {line.source for line in lines} | ({live.source} if live else set())
    types = {kind for line in lines for kind in line.publication_types} | set(live.publication_types if live else ())
    journals = {live.journal} if live and live.journal else {line.journal for line in lines if line.journal}
    source = Source(
        id=key,
        title=live.title if live else "",
        published=published.first,
        precision=published.precision,
        source=min(sources),
        journal=min(journals, default=None),
        publication_types=tuple(sorted(types)),
        retracted=retraction is not None,
        retracted_on=retraction.on if retraction else None,
    )
    return Standing(source, published, live.revision if live else None, reader)


def _first_readers(evidence: Evidence, live: Mapping[DocumentId, Document]) -> dict[DocumentId, str]:
    preferred = _last(evidence.preferences, lambda preference: preference.reader)

    def place(reader: str) -> tuple[int, float, str]:
        # Preferred readers come first, the last preferred before all; the others by name.
        return (0, -preferred[reader].timestamp(), reader) if reader in preferred else (1, 0.0, reader)

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


@dataclass(slots=True)
class _Retracted:
    on: date | None = field(default=None)


def _retractions(evidence: Evidence, gone: frozenset[DocumentId]) -> dict[DocumentId, _Retracted]:
    retracted: dict[DocumentId, _Retracted] = {}
    for recorded in evidence.retractions:
        retraction = recorded.record
        if retraction.notice in gone:
            continue  # a deleted notice leaves no trace either
        found = retracted.setdefault(retraction.document, _Retracted())
        if retraction.on is not None and (found.on is None or retraction.on.first < found.on):
            found.on = retraction.on.first
    return retracted


def _last(records: Iterable[Recorded[_R]], key: Callable[[_R], _K]) -> dict[_K, datetime]:
    """The last moment of all records with the same key."""
    moments: dict[_K, datetime] = {}
    for recorded in records:
        name = key(recorded.record)
        if name not in moments or moments[name] < recorded.at:
            moments[name] = recorded.at
    return moments
