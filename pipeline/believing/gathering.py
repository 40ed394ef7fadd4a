"""What of a log the fold needs: all of it, or what bears on some questions, documents and names."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.identity.judgements import identity_in
from schema.columns import Table
from schema.ids import DocumentId, EntityKey
from schema.observation import Observation
from schema.ports import EvidenceLog, Question
from schema.records import Deletion, Preference, Reading, Restoration, Retraction, RetractionWithdrawal, Ruling, RulingWithdrawal


def all_evidence(log: EvidenceLog, *, limited: bool = True, names: bool = True) -> Evidence:
    """All that the log says; not `limited` where it is not asked as of a day or as known at a moment, which is faster.

    Without `names` it cannot tell what entities are called, which costs nothing where that is asked for a few of them.
    """
    deletions = tuple(log.records(Deletion))
    silenced = {recorded.record.document for recorded in deletions}
    return Evidence(
        table=log.table(),
        lines=log.lines(),
        documents=tuple(log.editions()),
        readings=tuple(log.records(Reading)),
        retractions=tuple(log.records(Retraction)),
        retractions_withdrawn=tuple(log.records(RetractionWithdrawal)),
        deletions=deletions,
        restorations=tuple(log.records(Restoration)),
        rulings=tuple(log.records(Ruling)),
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names() if limited else log.names(documents=silenced)) if names and (limited or silenced) else (),
        votes=None if limited or not names else log.votes(),
        judgements=log.judgements(),
    )


def one_by_one(log: EvidenceLog, questions: Collection[Question] | None = None) -> Evidence:
    """All that the log says (about some questions), each observation by itself: for what is small and looked through."""
    if questions is not None:
        return replace(evidence_about(log, questions), observations=tuple(log.observations(questions)), table=None)
    return replace(all_evidence(log), observations=tuple(log.records(Observation)), table=None, lines=None)


def evidence_about(
    log: EvidenceLog,
    questions: Collection[Question],
    documents: Collection[DocumentId] = (),
    entities: Collection[EntityKey] = (),
    *,
    names: bool = True,
) -> Evidence:
    """All that bears on some questions, some documents and the names of some entities; without `names` it cannot tell these."""
    return _evidence_with(log, pl.DataFrame(log.table(questions)), documents, entities, names=names)


def evidence_beside(log: EvidenceLog, keys: Collection[EntityKey]) -> Evidence:
    """All that bears on what is said of some recorded keys and on its documents; in one reading, and without names of entities.

    Of a functional relation it is only what names one of the keys, not all that its question is about.
    """
    return _evidence_with(log, pl.DataFrame(log.table(keys=keys)), (), (), names=False)


def _evidence_with(
    log: EvidenceLog, table: pl.DataFrame, documents: Collection[DocumentId], entities: Collection[EntityKey], *, names: bool
) -> Evidence:
    said = {*table["document"].unique().to_list(), *documents}
    rulings = tuple(log.records(Ruling))
    ends = {*table["head"].unique().to_list(), *table["tail"].unique().to_list(), *entities}
    judgements = pl.DataFrame(log.judgements(ends | {end for r in rulings for end in r.record.ends}))
    retractions = tuple(log.records(Retraction, said))
    # A deleted document has no vote on names, a deleted notice retracts nothing.
    silenced = log.deleted_speakers() if names else set()
    # Whether they are deleted depends on who spoke of them.
    deletable = said | silenced | {r.record.notice for r in retractions if r.record.notice is not None}
    return Evidence(
        table=table,
        lines=log.lines(deletable),
        documents=tuple(log.editions(deletable)),
        readings=tuple(log.records(Reading, said)),
        retractions=retractions,
        retractions_withdrawn=tuple(log.records(RetractionWithdrawal, said)),
        deletions=tuple(log.records(Deletion, deletable)),
        restorations=tuple(log.records(Restoration, deletable)),
        rulings=rulings,
        withdrawals=tuple(log.records(RulingWithdrawal)),
        preferences=tuple(log.records(Preference)),
        namings=tuple(log.names(documents=silenced)) if silenced else (),
        votes=log.votes(ends | _judged(judgements)) if names else None,
        judgements=judgements,
    )


def evidence_on_names(log: EvidenceLog, keys: Collection[EntityKey]) -> Evidence:
    """What decides what some entities are called."""
    silenced = log.deleted_speakers()
    judgements = pl.DataFrame(log.judgements(keys))
    return replace(
        evidence_on_deletions(log, silenced),
        namings=tuple(log.names(documents=silenced)) if silenced else (),
        votes=log.votes({*keys} | _judged(judgements)),
        judgements=judgements,
    )


def evidence_on_deletions(log: EvidenceLog, documents: Collection[DocumentId]) -> Evidence:
    """What decides whether these documents are deleted."""
    return Evidence(
        lines=log.lines(documents),
        documents=tuple(log.editions(documents)),
        deletions=tuple(log.records(Deletion, documents)),
        restorations=tuple(log.records(Restoration, documents)),
    )


def rulings_in(log: EvidenceLog, known_at: datetime | None = None) -> Evidence:
    """Everything that was ruled and withdrawn, by now or as known at a moment, and what its ends count as."""
    rulings = tuple(log.records(Ruling))
    judgements = log.judgements({end for recorded in rulings for end in recorded.record.ends})
    told = Evidence(rulings=rulings, withdrawals=tuple(log.records(RulingWithdrawal)), judgements=judgements)
    return told.known_at(known_at).identified()


def said_of_all(log: EvidenceLog) -> Table:
    """All observations as a table, their ends as the entities that they count as."""
    return identity_in(log.judgements()).rows(pl.DataFrame(log.table()))


def _judged(judgements: pl.DataFrame) -> set[EntityKey]:
    """The names that judgements are on, and what they name."""
    return {*judgements["name"].unique().to_list(), *judgements["key"].unique().to_list()}
