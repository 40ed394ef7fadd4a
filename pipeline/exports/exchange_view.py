"""The graph as formats of exchange tell it: facts one by one, each with its intervals and with who says what of it."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import polars as pl

from pipeline.believing.fold import fold_into_tables, name_entities
from pipeline.believing.fold_tables import graph_tables
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules, source_name
from pipeline.believing.standing import without_deleted
from schema.dates import PartialDate, Precision, day_before
from schema.fact import Holding, Interval, Status
from schema.observation import Entity, Polarity
from schema.ontology import Ontology, TimeOf
from schema.ports import EvidenceLog

_TRIPLE = ("head", "relation", "tail")
FACTS_AT_ONCE = 20_000
"""Facts whose statements are in memory as objects at one time."""


class Saying(NamedTuple):
    """What one document says of a fact, at its strongest."""

    document: str
    source: str  # as sources are compared
    denies: bool
    confidence: float
    quote: str
    is_read: bool  # by a reader of ours, not observed elsewhere
    stated: tuple[date | None, date | None]  # first and last day of the time that it states


@dataclass(frozen=True, slots=True)
class ExchangedFact:
    """A fact with everything that an export can tell of it."""

    id: str
    head: Entity
    relation: str
    tail: Entity
    belief: float
    status: Status
    support: int
    first_seen: date | None
    last_seen: date | None
    held: tuple[Holding, ...]
    closed: tuple[Mapping[str, Any], ...]  # on, by (a triple or None), because, rule
    statements: tuple[Saying, ...]

    @property
    def asserting(self) -> tuple[str, ...]:
        """The documents that assert it, each once."""
        return tuple(dict.fromkeys(said.document for said in self.statements if not said.denies))

    @property
    def last(self) -> Interval | None:
        """The interval that is open, else the last that was; None where it never held."""
        return self.held[-1].interval if self.held else None

    @property
    def spans(self) -> list[str]:
        """Its intervals as ISO 8601 writes them, the end not included, `..` while it is open: `1981-08-27/1989-08-10`."""
        return [f"{each.interval.start}/{each.interval.end or '..'}" for each in self.held]


@dataclass(frozen=True, slots=True)
class ExchangedGraph:
    """Facts of a day and of what was known at a moment, sorted, with their ends and the documents that they rest on."""

    ontology: Ontology
    entities: Mapping[str, Entity]
    documents: Mapping[str, Mapping[str, Any]]
    _facts: pl.DataFrame
    _edges: pl.DataFrame
    _statements: pl.DataFrame

    @property
    def size(self) -> int:
        """The number of facts."""
        return self._facts.height

    def relations(self) -> list[str]:
        """The relations that its facts have, in the order of names."""
        return sorted(self._facts["relation"].unique().to_list())

    def cited(self) -> list[Mapping[str, Any]]:
        """The documents that its facts rest on and that deny or close them, by id; all there are, where withdrawn facts are told too."""
        return [self.documents[each] for each in sorted(self.documents)]

    def facts(self) -> Iterator[ExchangedFact]:
        """Its facts in the order of triples, some thousand of them in memory at a time."""
        for part in self._facts.iter_slices(FACTS_AT_ONCE):
            held: dict[str, list[Holding]] = {}
            edges = self._edges.join(part.select(fact="id"), on="fact", how="semi", maintain_order="left")
            for fact, since, until, belief, support in edges.iter_rows():
                held.setdefault(fact, []).append(Holding(Interval(since, until), belief, support))
            said: dict[str, list[Saying]] = {}
            told = self._statements.join(part.select(fact="id"), on="fact", how="semi", maintain_order="left")
            for fact, document, source, denies, confidence, quote, is_read, start, end in told.iter_rows():
                said.setdefault(fact, []).append(Saying(document, source, denies, confidence, quote, is_read, (start, end)))
            for row in part.iter_rows(named=True):
                yield self._fact(row, held.get(row["id"], []), said.get(row["id"], []))

    def _fact(self, row: Mapping[str, Any], held: Collection[Holding], said: Collection[Saying]) -> ExchangedFact:
        return ExchangedFact(
            id=row["id"],
            head=self.entities[row["head"]],
            relation=row["relation"],
            tail=self.entities[row["tail"]],
            belief=row["belief"],
            status=Status(row["status"]),
            support=row["support"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            held=tuple(held),
            closed=tuple(json.loads(row["closed"])),
            statements=tuple(said),
        )


def exchanged_graph(
    log: EvidenceLog,
    rules: Rules,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    statuses: Collection[Status] = (Status.CURRENT,),
    ontology: Ontology | None = None,
) -> ExchangedGraph:
    """The facts of these statuses for an export, and what they rest on.

    `ontology` says how others call types and relations; by default it is that of the rules.
    """
    evidence = all_evidence(log, limited=as_of is not None or known_at is not None)
    evidence = without_deleted(evidence, rules).known_at(known_at).identified()
    folded = fold_into_tables(evidence, rules, as_of=as_of)
    voters = None if as_of is None else set(folded.documents["document"])
    tables = graph_tables(folded, name_entities(None, evidence, rules, voters), ())
    facts = pl.DataFrame(tables.facts).filter(pl.col("status").is_in([status.value for status in statuses])).sort(_TRIPLE)
    ends = pl.concat([facts.select(key=side) for side in ("head", "tail")]).unique()
    entities = pl.DataFrame(tables.entities).join(ends, on="key", how="semi").sort("key")
    statements = _statements(folded.live, facts, rules.ontology, folded.documents)
    named = {key: Entity(key, kind, name, tuple(aliases)) for key, kind, name, aliases in entities.iter_rows()}
    cited = {*statements["document"], *(each for row in facts["closed"] for closure in json.loads(row) for each in closure["because"])}
    documents = pl.DataFrame(tables.documents)
    if Status.WITHDRAWN not in statuses:  # what those rested on is nowhere else
        documents = documents.filter(pl.col("id").is_in(list(cited)))
    return ExchangedGraph(
        ontology or rules.ontology,
        named,
        {row["id"]: row for row in documents.iter_rows(named=True)},
        facts,
        pl.DataFrame(tables.edges).sort("fact", "valid_from").select("fact", "valid_from", "valid_to", "belief", "support"),
        statements,
    )


def _statements(live: pl.DataFrame, facts: pl.DataFrame, ontology: Ontology, documents: pl.DataFrame) -> pl.DataFrame:
    """What documents say of these facts, in the order of documents; a stated time only where it is what counts."""
    supported = facts.filter(pl.col("status") != Status.WITHDRAWN.value).select(*_TRIPLE, fact="id")
    rows = live.join(supported, on=_TRIPLE).join(documents.select("document", "published"), on="document", how="left")
    by_stated = pl.col("relation").is_in([name for name, each in ontology.relations.items() if each.time is TimeOf.STATED])
    starts = pl.when(by_stated & (pl.col("day") != pl.col("published"))).then("day")
    ends = pl.col("end").map_elements(day_before, pl.Date)
    return (
        rows.with_columns(start=starts, last=ends, is_read=pl.col("reader").is_not_null())
        .sort("fact", "document", "denies", "day")
        .select("fact", "document", "source", "denies", "confidence", "quote", "is_read", "start", "last")
    )


def written_date(document: Mapping[str, Any]) -> str:
    """The date of a document in the text form that `observe` reads back: as precise as it is known, a range by its first day."""
    day, precision = document["published"], Precision(document["precision"])
    return day.isoformat() if precision is Precision.RANGE else str(PartialDate(day, day, precision))


def observed_statement(fact: ExchangedFact, said: Saying, document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says of a fact as a line of `observe`, without the ends and the relation."""
    line: dict[str, Any] = {
        "document": said.document,
        "published": written_date(document),
        "source": document["source"] if source_name(document["source"]) == said.source else said.source,
        "confidence": said.confidence,
        "polarity": (Polarity.DENIES if said.denies else Polarity.ASSERTS).value,
        "quote": said.quote,
    }
    if document["publication_types"]:
        line["publication_types"] = list(document["publication_types"])
    if document["journal"]:
        line["journal"] = document["journal"]
    if said.stated != (None, None):
        line["stated"] = [day.isoformat() if day is not None else None for day in said.stated]
    return line
