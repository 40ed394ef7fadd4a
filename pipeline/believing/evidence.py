"""Which evidence there is and which of it is live: revisions, readers, retractions, deletions, as known at a moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import polars as pl

from pipeline.columnar import typed
from pipeline.identity.judgements import AS_RECORDED, Identity, identity_in, judged_by
from schema.columns import CITATION, OBSERVATION, Table
from schema.document import Document, Edition
from schema.ids import DocumentId, EntityKey
from schema.observation import Observation
from schema.ports import Naming, Votes
from schema.records import (
    Deletion,
    Preference,
    Reading,
    Recorded,
    Restoration,
    Retraction,
    RetractionWithdrawal,
    Ruling,
    RulingWithdrawal,
)

_R = TypeVar("_R", Deletion, Restoration, RetractionWithdrawal, Preference)
_K = TypeVar("_K", bound=str)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the log says about some questions (or all): each identity once, with its first moment.

    Observations come one by one or as a `table`; `lines` are what those made elsewhere say of their documents, also where they
    are about other questions (None: taken from the observations); names come as `namings`, or counted, as `votes`. All keys are as
    recorded; `judgements` say what they count as, and `identity` what came of these, once that is settled; `deleted` is what came of
    deletions and restorations.
    """

    observations: tuple[Recorded[Observation], ...] = ()
    documents: tuple[Recorded[Document] | Recorded[Edition], ...] = ()
    readings: tuple[Recorded[Reading], ...] = ()
    retractions: tuple[Recorded[Retraction], ...] = ()
    retractions_withdrawn: tuple[Recorded[RetractionWithdrawal], ...] = ()
    deletions: tuple[Recorded[Deletion], ...] = ()
    restorations: tuple[Recorded[Restoration], ...] = ()
    rulings: tuple[Recorded[Ruling], ...] = ()
    withdrawals: tuple[Recorded[RulingWithdrawal], ...] = ()
    preferences: tuple[Recorded[Preference], ...] = ()
    namings: tuple[Recorded[Naming], ...] = ()
    table: Table | None = None
    lines: Table | None = None
    votes: Mapping[EntityKey, Votes] | None = None
    judgements: Table | None = None
    identity: Identity | None = None
    deleted: frozenset[DocumentId] | None = None

    def known_at(self, moment: datetime | None) -> "Evidence":
        """What was recorded up to a moment. Deletions stay: a deleted document leaves no trace at any moment."""
        if moment is None:
            return self
        upto = pl.col("at") <= moment
        return replace(
            self,
            observations=tuple(r for r in self.observations if r.at <= moment),
            documents=tuple(r for r in self.documents if r.at <= moment),
            readings=tuple(r for r in self.readings if r.at <= moment),
            retractions=tuple(r for r in self.retractions if r.at <= moment),
            retractions_withdrawn=tuple(r for r in self.retractions_withdrawn if r.at <= moment),
            rulings=tuple(r for r in self.rulings if r.at <= moment),
            withdrawals=tuple(r for r in self.withdrawals if r.at <= moment),
            preferences=tuple(r for r in self.preferences if r.at <= moment),
            namings=tuple(r for r in self.namings if r.at <= moment),
            table=None if self.table is None else pl.DataFrame(self.table).filter(upto),
            lines=None if self.lines is None else pl.DataFrame(self.lines).filter(upto),
            judgements=None if self.judgements is None else judged_by(self.judgements, moment),
        )

    def identified(self) -> "Evidence":
        """With what its judgements make of names, settled once."""
        return self if self.identity is not None else replace(self, identity=identity_in(self.judgements))

    def said(self) -> pl.DataFrame:
        """The observations as rows: columns FOLDED at least."""
        return pl.DataFrame(self.table) if self.table is not None else rows_of(self.observations)

    def cited(self) -> pl.DataFrame:
        """What observations made elsewhere say of their documents, each once, with its first moment: columns CITATION."""
        if self.lines is not None:
            return pl.DataFrame(self.lines)
        elsewhere = self.said().filter(pl.col("reader").is_null())
        told = elsewhere.with_columns(journal=pl.when(pl.col("journal") != "").then("journal"))
        return told.group_by(list(CITATION)[:-1]).agg(pl.col("at").min())

    @property
    def same(self) -> Identity:
        """Which entity each key counts as; where that is not settled every key is itself."""
        return self.identity or AS_RECORDED


def rows_of(observations: Iterable[Recorded[Observation]]) -> pl.DataFrame:
    """Observations as rows, with all their columns."""
    rows = [{**recorded.record.cells(), "at": recorded.at} for recorded in observations]
    return pl.DataFrame(rows, schema=typed(OBSERVATION), orient="row")


def latest_rulings(evidence: Evidence) -> Mapping[tuple[tuple[str, ...], tuple[str, str]], Ruling]:
    """For two ends, as the entities that they count as, and two relations the ruling that stands, of those that were not withdrawn.

    A person's stands before any model's; of several the last recorded, on a tie the greater identity.
    """
    withdrawn = {recorded.record.ruling for recorded in evidence.withdrawals}
    left = (r for r in evidence.rulings if r.record.id not in withdrawn)
    ordered = sorted(left, key=lambda r: (not r.record.by_model, r.at, r.record.id))
    return {(evidence.same.pair(r.record.ends), r.record.relations): r.record for r in ordered}


def order_of_readers(preferences: Iterable[Recorded[Preference]]) -> Callable[[str], tuple[int, float, str]]:
    """The place of a reader, by name: preferred ones come first, the last preferred before all; the others by name."""
    preferred = last_moments(preferences, lambda preference: preference.reader)

    def place(reader: str) -> tuple[int, float, str]:
        return (0, -preferred[reader].timestamp(), reader) if reader in preferred else (1, 0.0, reader)

    return place


def last_moments(records: Iterable[Recorded[_R]], key: Callable[[_R], _K]) -> dict[_K, datetime]:
    """The last moment of all records with the same key."""
    moments: dict[_K, datetime] = {}
    for recorded in records:
        name = key(recorded.record)
        if name not in moments or moments[name] < recorded.at:
            moments[name] = recorded.at
    return moments
