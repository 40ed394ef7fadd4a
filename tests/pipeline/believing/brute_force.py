"""The facts of a history, worked out anew for every day and every triple from the definitions; shares no code with the fold.

Slow and plain on purpose. It reads records and an ontology, and gives lines of the canonical export of kind "fact".
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from schema.document import Document
from schema.observation import Observation
from schema.ontology import Ontology
from schema.records import Deletion, Preference, Reading, Recorded, Restoration, Retraction, RetractionWithdrawal
from tests.pipeline.believing.brute_sums import Term, Triple, belief_in, fact_line, most_by, source_as_compared, speaking, total_of

Side = tuple[Triple, bool]  # a triple, and whether it is denied
DAY = timedelta(days=1)


class BruteForce:
    """`facts()` of some records, as of a day and as known at a moment."""

    def __init__(
        self,
        records: Iterable[Recorded[Any]],
        ontology: Ontology,
        trust: Mapping[str, float],
        as_of: date | None = None,
        known_at: datetime | None = None,
        threshold: float = 0.6,
        margin: Fraction = Fraction(5, 4),
        half_life: float = 1826.25,
    ) -> None:
        self.ontology, self.threshold, self.margin, self.half_life = ontology, threshold, margin, half_life
        self.trusted = {source_as_compared(source): value for source, value in trust.items()}
        every = list(records)
        self.deleted = self._deleted(every)
        self.records = [r for r in every if known_at is None or r.at <= known_at]
        self.standing = self._standing(self.records)
        self.as_of = as_of

    def facts(self) -> list[dict[str, Any]]:
        """All facts, as the canonical export has them, sorted."""
        said, asserted = self._said()
        questions: dict[tuple[str, ...], set[Side]] = defaultdict(set)
        for side in said:
            questions[self._question(side[0])].add(side)
        found = []
        for sides in questions.values():
            found += self._walked({side: said[side] for side in sides})
        for triple in asserted - {triple for triple, denied in said if not denied}:
            found.append(fact_line(triple, 0.0, "withdrawn", [], 0, None, None, []))
        return sorted(found, key=lambda fact: (fact["head"], fact["relation"], fact["tail"]))

    # Who speaks

    def _trust(self, source: str | None) -> float:
        return 1.0 if source is None else self.trusted.get(source_as_compared(source), self.trusted.get("default", 1.0))

    def _spoke(self, records: Iterable[Recorded[Any]]) -> dict[str, set[str]]:
        spoke: dict[str, set[str]] = defaultdict(set)
        for record in (r.record for r in records):
            if isinstance(record, Observation) and record.reader is None:
                spoke[record.document].add(record.source)
            elif isinstance(record, Document):
                spoke[record.id].add(record.source)
        return spoke

    def _standing(self, records: Iterable[Recorded[Any]]) -> dict[str, float]:
        return {document: max(map(self._trust, sources)) for document, sources in self._spoke(records).items()}

    def _deleted(self, records: Sequence[Recorded[Any]]) -> set[str]:
        standing = self._standing(records)
        heard = [
            r
            for r in records
            if isinstance(r.record, Deletion | Restoration) and self._trust(r.record.source) >= standing.get(r.record.document, 0.0)
        ]
        gone = set()
        for document in {r.record.document for r in heard}:
            # On a tie the deletion is the last.
            last = max((r.at, isinstance(r.record, Deletion)) for r in heard if r.record.document == document)
            if last[1]:
                gone.add(document)
        return gone

    def _retracted(self, document: str) -> bool:
        about = [r for r in self.records if isinstance(r.record, Retraction | RetractionWithdrawal) and r.record.document == document]
        heard = [r for r in about if self._trust(r.record.source) >= self.standing.get(document, 0.0)]
        back = [r.at for r in heard if isinstance(r.record, RetractionWithdrawal)]
        return any(
            r.record.notice not in self.deleted and all(r.at >= at for at in back) for r in heard if isinstance(r.record, Retraction)
        )

    def _live(self, document: str) -> tuple[Document | None, str | None]:
        """The live revision and the name of the reader that counts."""
        editions = [
            r.record
            for r in self.records
            if isinstance(r.record, Document) and r.record.id == document and self._trust(r.record.source) == self.standing[document]
        ]
        if not editions:
            return None, None
        live = max(editions, key=lambda d: (d.revision.version, d.revision.revised, d.revision.content))
        names = {
            r.record.reader.name
            for r in self.records
            if isinstance(r.record, Reading) and r.record.document == document and r.record.revision == live.revision
        }
        preferred = {r.record.reader: r.at for r in sorted(self.records, key=lambda r: r.at) if isinstance(r.record, Preference)}
        order = sorted(names, key=lambda name: (name not in preferred, -preferred[name].timestamp() if name in preferred else 0, name))
        return live, order[0] if order else None

    def _is(self, document: str, live: Document | None) -> tuple[date, float]:
        """The day from which a document counts, and its grade."""
        lines = [
            r.record
            for r in self.records
            if isinstance(r.record, Observation)
            and r.record.reader is None
            and r.record.document == document
            and self._trust(r.record.source) == self.standing[document]
        ]
        dates = [line.published for line in lines] + ([live.published] if live is not None and live.published else [])
        coarseness = {"day": 0, "month": 1, "season": 2, "year": 3, "range": 4}
        day = min((coarseness[when.precision], when.first) for when in dates)[1]
        kinds = {kind for line in lines for kind in line.publication_types} | set(live.publication_types if live else ())
        return day, max((self.ontology.grades[kind] for kind in kinds if kind in self.ontology.grades), default=1.0)

    # What is said

    def _said(self) -> tuple[dict[Side, list[Term]], set[Triple]]:
        said: dict[Side, list[Term]] = defaultdict(list)
        asserted: set[Triple] = set()
        known: dict[str, Any] = {}
        for recorded in self.records:
            line = recorded.record
            if not isinstance(line, Observation) or line.document in self.deleted or line.document not in self.standing:
                continue
            if line.confidence < self.threshold or line.head.key == line.tail.key or not self._allowed(line):
                continue
            if line.document not in known:
                live, reader = self._live(line.document)
                known[line.document] = (live, reader, self._retracted(line.document), *self._is(line.document, live))
            live, reader, retracted, published, grade = known[line.document]
            trust = self._trust(line.source)
            start, end = published, None
            if self.ontology.relations[line.relation].time == "stated":
                start = line.stated_start.first if line.stated_start else published
                end = line.stated_end.last + DAY if line.stated_end else None
            if trust * grade == 0.0 or (end is not None and end <= start) or (self.as_of is not None and start > self.as_of):
                continue
            head, tail = line.head.key, line.tail.key
            if self.ontology.relations[line.relation].symmetric and tail < head:
                head, tail = tail, head
            denied = line.polarity == "denies"
            read = line.reader is None or (live is not None and line.revision == live.revision and line.reader.name == reader)
            if not denied:
                asserted.add((head, line.relation, tail))
            if retracted or not read:
                continue
            evidence = round(-math.log(1 - trust * grade * min(line.confidence, 0.95)) * 1e9)
            name = source_as_compared(line.source)
            account = name if name in self.trusted else "default"
            said[(head, line.relation, tail), denied].append(Term(line.document, start, end, evidence, account, trust, name))
        return said, asserted

    def _allowed(self, line: Observation) -> bool:
        relation = self.ontology.relations.get(line.relation)
        if relation is None:
            return False
        ends = (line.head.type, line.tail.type)
        return ends in relation.pairs or (relation.symmetric and ends[::-1] in relation.pairs)

    def _question(self, triple: Triple) -> tuple[str, ...]:
        head, relation, tail = triple
        return (head, "", relation) if self.ontology.relations[relation].functional else tuple(sorted((head, tail)))

    # The walk

    def _walked(self, said: Mapping[Side, Sequence[Term]]) -> list[dict[str, Any]]:
        first = min(term.start for terms in said.values() for term in terms)
        days = sorted({day for terms in said.values() for term in terms for day in (term.start, term.end) if day is not None})
        holding: dict[Side, date] = {}
        intervals: dict[Side, list[list[date | None]]] = defaultdict(list)
        closed: dict[Side, list[dict[str, Any]]] = defaultdict(list)

        def close(side: Side, day: date, by: Any, because: Iterable[str]) -> None:
            del holding[side]
            intervals[side][-1][1] = day
            closed[side].append({"on": str(day), "by": by, "because": sorted(set(because))})

        for day in (day for day in days if self.as_of is None or day <= self.as_of):
            for side in sorted(holding):
                spoken = speaking(said[side], day)
                if not side[1] and all(end is not None and end <= day for _, end, _ in spoken.values()):
                    close(side, day, "stated_end", [document for document, (_, end, _) in spoken.items() if end == day])
            today = {side: [t.document for t in terms if t.start == day] for side, terms in said.items()}
            strength = {side: self._strength(terms, day, first) for side, terms in said.items()}
            waiting = [side for side in said if today[side] and side not in holding]
            for side in sorted(waiting, key=lambda s: (-strength[s], s[0][1], s[0][0], s[0][2], s[1])):
                against = [holder for holder in sorted(holding) if self._opposed(side, holder)]
                if any(holding[holder] == day or strength[side] < self.margin * strength[holder] for holder in against):
                    continue
                for holder in against:
                    close(holder, day, "denied" if side[1] else list(side[0]), today[side])
                holding[side] = day
                intervals[side].append([day, None])
        return [self._as_fact(side[0], said, intervals[side], closed[side]) for side in said if not side[1]]

    def _opposed(self, one: Side, other: Side) -> bool:
        (first, denied), (second, denies) = one, other
        if first == second:
            return denied != denies
        if denied or denies:
            return False
        if first[1] == second[1]:
            return self.ontology.relations[first[1]].functional and first[0] == second[0]
        declared = {frozenset(pair) for pair in self.ontology.opposed}
        return frozenset((first[1], second[1])) in declared and (first[0], first[2]) == (second[0], second[2])

    def _strength(self, terms: Sequence[Term], day: date, first: date) -> int:
        amounts: dict[tuple[str, float], int] = defaultdict(int)
        for start, _, term in speaking(terms, day).values():
            amounts[term.account, term.trust] += self._later(term.evidence, start, first)
        return sum(
            amount if trust == 1.0 else min(amount, self._later(most_by(trust), day, first)) for (_, trust), amount in amounts.items()
        )

    def _later(self, amount: int, day: date, first: date) -> int:
        return round(amount * 2 ** ((day - first).days / self.half_life))

    def _as_fact(
        self, triple: Triple, said: Mapping[Side, Sequence[Term]], intervals: Sequence[Any], closed: Sequence[Any]
    ) -> dict[str, Any]:
        terms = said[triple, False]
        status = "contested" if not intervals else "current" if intervals[-1][1] is None else "superseded"
        belief = belief_in(total_of(terms), total_of(said.get((triple, True), ())))
        starts = [term.start for term in terms]
        return fact_line(triple, belief, status, intervals, len({t.document for t in terms}), min(starts), max(starts), closed)
