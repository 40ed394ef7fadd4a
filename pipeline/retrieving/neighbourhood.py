"""What is known about some entities: the fold of their questions in tables, of which only what is shown becomes objects."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import Folded, fold_into_tables, plain_facts, reports_in, with_reports
from pipeline.believing.gathering import all_evidence, evidence_about, evidence_beside
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.believing.statements import PLAIN, TRIPLE
from pipeline.believing.walk import withdrawn
from pipeline.believing.weighed_documents import as_source
from pipeline.identity.judgements import Possible
from pipeline.updating.graph_changes import questions_about
from schema.events import Event, EventKind, Side
from schema.fact import Fact, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity
from schema.ports import EvidenceLog, Question

FACT: dict[str, Any] = {**PLAIN, "status": pl.String}
"""Columns of a fact: its triple, belief, support, the days it was first and last seen (null where withdrawn), and status."""

TOLD_CHANGES = (EventKind.CLOSED, EventKind.OPENED, EventKind.REOPENED, EventKind.CONTESTED)
"""Kinds of events that change where a fact stands; of one day, in this order."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The facts of some questions, one row each (columns of FACT), and the fold that they come from."""

    facts: pl.DataFrame
    folded: Folded

    @property
    def rows(self) -> int:
        """How large it is: its facts, and the statements they rest on."""
        return self.facts.height + self.folded.live.height

    def as_facts(self, triples: Collection[Triple]) -> list[Fact]:
        """These facts with all their reports, in the order in which they are asked for; those that are none are left out."""
        wanted = pl.DataFrame(list(dict.fromkeys(triples)), schema=dict.fromkeys(TRIPLE, pl.String), orient="row")
        reports = reports_in(self.folded.live.join(wanted, on=TRIPLE, how="semi"))
        facts = {fact.triple: fact for fact in plain_facts(self.folded.plain.join(wanted, on=TRIPLE, how="semi"), reports)}
        for triple in triples:
            if triple not in facts and (fact := self._walked_fact(triple)) is not None:
                facts[triple] = with_reports(fact, reports)
        return [facts[triple] for triple in dict.fromkeys(triples) if triple in facts]

    def reports(self, triples: Collection[Triple]) -> dict[Triple, list[Report]]:
        """All that is said for and against these triples, also where none of it asserts them."""
        wanted = pl.DataFrame(list(triples), schema=dict.fromkeys(TRIPLE, pl.String), orient="row")
        return reports_in(self.folded.live.join(wanted, on=TRIPLE, how="semi"))

    def sources(self, documents: Collection[DocumentId]) -> dict[DocumentId, Source]:
        """What is known of some documents."""
        rows = self.folded.documents.filter(pl.col("document").is_in(list(documents)))
        return {source.id: source for source in map(as_source, rows.iter_rows(named=True))}

    def events(self, since: date | None = None, until: date | None = None) -> Iterator[Event]:
        """What changed on the days from `since`, up to but not including `until`; a denial that opens is told by what it closes."""
        for decided in self.folded.walked.values():
            for event in decided.events:
                told = event.side.polarity is Polarity.ASSERTS or event.kind is EventKind.CONTESTED
                if told and event.kind in TOLD_CHANGES and _within(event.on, since, until):
                    yield event
        yield from self._openings(self.folded.plain.filter(_days(since, until)))

    def events_of(self, triples: Collection[Triple]) -> dict[Triple, list[Event]]:
        """All that changed what these triples, and denials of them, stand at, in the order of days."""
        asked = set(triples)
        told: dict[Triple, list[Event]] = {}
        for decided in self.folded.walked.values():
            for event in decided.events:
                if event.side.triple in asked and event.kind in TOLD_CHANGES:
                    told.setdefault(event.side.triple, []).append(event)
        wanted = pl.DataFrame(sorted(asked), schema=dict.fromkeys(TRIPLE, pl.String), orient="row")
        for event in self._openings(self.folded.plain.join(wanted, on=TRIPLE, how="semi")):
            told[event.side.triple] = [event]
        return told

    def _openings(self, plain: pl.DataFrame) -> Iterator[Event]:
        """Facts without a conflict are not walked: they opened when they were first seen, and nothing else happened to them."""
        days = plain.select(*TRIPLE, day="first_seen")
        said = self.folded.live.join(days, on=[*TRIPLE, "day"], how="semi").filter(~pl.col("denies"))
        for head, relation, tail, day, documents in said.group_by(*TRIPLE, "day").agg("document").iter_rows():
            side = Side(Triple(head, relation, tail), Polarity.ASSERTS)
            yield Event(day, EventKind.OPENED, side, tuple(sorted(set(documents))))

    def _walked_fact(self, triple: Triple) -> Fact | None:
        for decided in self.folded.walked.values():
            for fact in decided.facts:
                if fact.triple == triple:
                    return fact
        return withdrawn(triple) if triple in set(self.folded.withdrawn) else None


def neighbourhood_of(
    log: EvidenceLog, rules: Rules, keys: Collection[EntityKey], *, as_of: date | None = None, known_at: datetime | None = None
) -> Neighbourhood:
    """All facts that have one of these entities as an end, as of a day and as known at a moment (inclusive, UTC)."""
    if any(relation.functional for relation in rules.ontology.relations.values()):
        # What holds of one end depends on what is said of the head and other tails.
        found = facts_on(log, rules, questions_about(log, rules, keys, known_at), as_of=as_of, known_at=known_at)
    else:
        # A question between two ends is all in what is said of one of them, under any name.
        evidence = evidence_beside(log, Possible(log.judgements(keys)).names(keys))
        found = _folded(evidence, rules, as_of, known_at, None)
    ends = list(keys)
    return Neighbourhood(found.facts.filter(pl.col("head").is_in(ends) | pl.col("tail").is_in(ends)), found.folded)


def facts_on(
    log: EvidenceLog, rules: Rules, questions: Collection[Question], *, as_of: date | None = None, known_at: datetime | None = None
) -> Neighbourhood:
    """All facts of some questions."""
    return _folded(evidence_about(log, questions, names=False), rules, as_of, known_at, questions)


def all_facts(log: EvidenceLog, rules: Rules, *, as_of: date | None = None, known_at: datetime | None = None) -> Neighbourhood:
    """All facts of a log."""
    return _folded(all_evidence(log, names=False), rules, as_of, known_at, None)


def _folded(
    evidence: Evidence, rules: Rules, as_of: date | None, known_at: datetime | None, questions: Collection[Question] | None
) -> Neighbourhood:
    evidence = without_deleted(evidence, rules).known_at(known_at)
    folded = fold_into_tables(evidence, rules, as_of=as_of, questions=questions)
    walked = _rows(fact for decided in folded.walked.values() for fact in decided.facts)
    plain = folded.plain.with_columns(status=pl.lit(Status.CURRENT.value))
    return Neighbourhood(pl.concat([plain, walked, _rows(map(withdrawn, folded.withdrawn))]), folded)


def _rows(facts: Iterable[Fact]) -> pl.DataFrame:
    rows = [(*fact.triple, fact.belief, fact.support, fact.first_seen, fact.last_seen, fact.status.value) for fact in facts]
    return pl.DataFrame(rows, schema=FACT, orient="row")


def _within(day: date, since: date | None, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day < until)


def _days(since: date | None, until: date | None) -> pl.Expr:
    first = pl.col("first_seen")
    return (pl.lit(value=True) if since is None else first >= since) & (pl.lit(value=True) if until is None else first < until)
