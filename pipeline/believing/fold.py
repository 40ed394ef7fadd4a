"""The fold: from evidence to facts and the names of their ends, a pure function; one for a batch, a question and the whole log."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import polars as pl

from pipeline.believing.evidence import Evidence, latest_rulings
from pipeline.believing.rules import Rules
from pipeline.believing.said import Statement
from pipeline.believing.standing import without_deleted
from pipeline.believing.statements import QUESTION, TRIPLE, divide, one_a_document, question_in, state
from pipeline.believing.walk import Decided, Rulings, decide_question, withdrawn
from pipeline.believing.weighed_documents import as_source
from pipeline.believing.weighed_documents import weigh_documents as documents_in
from pipeline.identity.judgements import AS_RECORDED, Identity
from schema.columns import FOLDED
from schema.events import Event, Side
from schema.fact import Fact, Holding, Interval, Report, Source, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Polarity, Reader
from schema.ports import Naming, Question, Votes
from schema.records import Recorded

ALIASES = 50
"""Other names of an entity that are kept, the most used first."""


def elected(votes: Mapping[EntityKey, Votes], types: Collection[str], labels: Mapping[EntityKey, str]) -> tuple[Entity, ...]:
    """Type and name of each entity: those that most documents give, ties by name order; without a known type it is left out.

    What a vocabulary calls an entity (`labels`) comes before all names that documents use.
    """
    entities = []
    for key in sorted(votes):
        known = [kind for kind in _ranked(votes[key].types) if kind in types]
        # Sources without names give the key for one: that says nothing where anybody knows a name.
        names = sorted(_ranked(votes[key].names), key=lambda name: name == key)
        if key in labels:
            names = [labels[key], *(name for name in names if name != labels[key])]
        if known and names:
            entities.append(Entity(key, known[0], names[0], tuple(names[1 : ALIASES + 1])))
    return tuple(entities)


def count_votes(
    namings: Iterable[Recorded[Naming]], voters: Collection[DocumentId] | None = None, identity: Identity = AS_RECORDED
) -> dict[EntityKey, Votes]:
    """Each document's vote for each type and each name that it uses, once for each key that it is recorded under.

    Where none of `voters` names an entity, all do.
    """
    said: dict[EntityKey, set[tuple[DocumentId, EntityKey, str, str]]] = defaultdict(set)
    for recorded in namings:
        entity = recorded.record.entity
        said[identity.of(entity.key)].add((recorded.record.document, entity.key, entity.type, entity.name))
    votes = {}
    for key, all_of_it in said.items():
        heard = {each for each in all_of_it if voters is None or each[0] in voters} or all_of_it
        votes[key] = Votes(
            Counter(kind for *_, kind in {each[:3] for each in heard}),
            Counter(name for *_, name in {(document, recorded, name) for document, recorded, _, name in heard}),
        )
    return votes


def without(votes: Mapping[EntityKey, Votes], silenced: Mapping[EntityKey, Votes]) -> dict[EntityKey, Votes]:
    """The votes less some of them."""
    return {
        key: Votes(_less(each.types, silenced[key].types), _less(each.names, silenced[key].names)) if key in silenced else each
        for key, each in votes.items()
    }


def _less(votes: Mapping[str, int], silenced: Mapping[str, int]) -> dict[str, int]:
    return {value: count - silenced.get(value, 0) for value, count in votes.items() if count > silenced.get(value, 0)}


def _ranked(votes: Mapping[str, int]) -> list[str]:
    return sorted(votes, key=lambda value: (-votes[value], value))


@dataclass(frozen=True, slots=True)
class Graph:
    """What the evidence adds up to, sorted; `histories` tells each question's events, `reports` what each triple rests on.

    Where only some documents' reports were asked for, `whole` are triples that carry all of theirs (a withdrawn one has none).
    """

    facts: tuple[Fact, ...]
    entities: tuple[Entity, ...]
    documents: tuple[Source, ...]
    histories: Mapping[Question, Sequence[Event]]
    reports: Mapping[Triple, Sequence[Report]]
    whole: frozenset[Triple] = frozenset()


@dataclass(frozen=True, slots=True)
class Folded:
    """The same in tables, where there is much of it: columns of DOCUMENT, of PLAIN, of statements (`live`); and what was walked.

    `plain` are the facts of questions without a conflict; `walked` all the others, by question; `withdrawn` triples.
    """

    documents: pl.DataFrame
    live: pl.DataFrame
    plain: pl.DataFrame
    walked: Mapping[Question, Decided]
    withdrawn: Sequence[Triple]


def fold(
    evidence: Evidence,
    rules: Rules,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    questions: Collection[Question] | None = None,
    histories: bool = True,
    reporting: Collection[DocumentId] | None = None,
    in_full: Collection[Triple] = (),
    unwritten: Collection[DocumentId] = (),
) -> Graph:
    """Fold evidence dated up to the day `as_of` and recorded up to `known_at` (inclusive, UTC); default: no limit.

    `evidence` must hold all that the log says about the questions, about every document that it mentions, and all namings of
    its entities. With `questions` only their facts are given. Without `histories` questions that need no walk have none, which
    is much faster. Facts carry the reports of all documents, or of those in `reporting`; all reports where only these and others
    still `unwritten` assert it, for then it may be new, and what others deny of it has not been told; and all where the triple is in
    `in_full`.
    """
    evidence = without_deleted(evidence, rules).known_at(known_at).identified()
    folded = fold_into_tables(evidence, rules, as_of=as_of, questions=questions, histories=histories)
    sources = tuple(as_source(row) for row in folded.documents.sort("document").iter_rows(named=True))
    told, whole = (folded.live, frozenset[Triple]()) if reporting is None else _reported(folded.live, reporting, unwritten, in_full)
    reports = reports_in(told)
    facts = [*plain_facts(folded.plain, reports), *map(withdrawn, folded.withdrawn)]
    facts += [with_reports(fact, reports) for decided in folded.walked.values() for fact in decided.facts]
    facts.sort(key=lambda fact: fact.triple)
    ends = {end for fact in facts for end in (fact.triple.head, fact.triple.tail)}
    voters = None if as_of is None else {source.id for source in sources}
    return Graph(
        facts=tuple(facts),
        entities=name_entities(ends, evidence, rules, voters),
        documents=sources,
        histories={question: decided.events for question, decided in folded.walked.items()},
        reports=reports,
        whole=whole | {fact.triple for fact in facts if fact.status is Status.WITHDRAWN},
    )


def fold_into_tables(
    evidence: Evidence,
    rules: Rules,
    *,
    as_of: date | None = None,
    questions: Collection[Question] | None = None,
    histories: bool = False,
) -> Folded:
    """The fold without making an object of each fact; with `histories` every question is walked."""
    evidence = without_deleted(evidence, rules).identified()
    documents = documents_in(evidence, rules)
    stated = state(evidence.same.rows(evidence.said().select(*FOLDED)), documents, rules, as_of, questions)
    rulings = latest_rulings(evidence)
    if as_of is not None:
        documents = _dated(documents, stated.live, as_of)
    if histories:
        walked = _walked(stated.live, stated.dead, rules, rulings, as_of)
        return Folded(documents, stated.live, stated.live.clear(), walked, ())
    divided = divide(stated.live, rules, rulings)
    # Dead triples have no part in a walk: all they come to is that they are withdrawn.
    walked = _walked(divided.rest, stated.dead.clear(), rules, rulings, as_of)
    dead = [Triple(*cells) for cells in stated.dead.select(TRIPLE).iter_rows()]
    return Folded(documents, stated.live, divided.plain, walked, dead)


def name_entities(
    keys: Collection[EntityKey] | None, evidence: Evidence, rules: Rules, voters: Collection[DocumentId] | None = None
) -> tuple[Entity, ...]:
    """Type and name of each entity (of all, where `keys` is None): what a vocabulary says, else most documents that are not deleted.

    Where the evidence has namings and `voters` are given only they have a say; where none of them names an entity, all do. Where it
    has counted votes, entities are called as they are now.
    """
    evidence = without_deleted(evidence, rules).identified()
    same, gone = evidence.same, evidence.deleted or frozenset()
    namings = [r for r in evidence.namings if keys is None or same.of(r.record.entity.key) in keys]
    votes: Mapping[EntityKey, Votes]
    if evidence.votes is not None:
        known = {key: votes for key, votes in evidence.votes.items() if keys is None or same.of(key) in keys}
        votes = same.votes(without(known, count_votes(r for r in namings if r.record.document in gone)))
    else:
        votes = count_votes((r for r in namings if r.record.document not in gone), voters, same)
    return elected(votes, rules.ontology.entity_types, same.labels)


def with_reports(fact: Fact, reports: Mapping[Triple, Sequence[Report]]) -> Fact:
    """The fact with what is told about it; a withdrawn one rests on nothing."""
    told = reports.get(fact.triple)
    if not told or fact.status is Status.WITHDRAWN:
        return fact
    return Fact(
        fact.triple, fact.belief, fact.status, fact.support, fact.first_seen, fact.last_seen, fact.holdings, fact.closed, tuple(told)
    )


def _dated(documents: pl.DataFrame, live: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Documents published by a day, and those that a fact of that day rests on: what they state can count from before."""
    asserted = live.filter(~pl.col("denies")).select(TRIPLE)
    spoken = live.join(asserted, on=TRIPLE, how="semi")["document"].implode()
    return documents.filter((pl.col("published") <= as_of) | pl.col("document").is_in(spoken))


def _reported(
    live: pl.DataFrame, documents: Collection[DocumentId], unwritten: Collection[DocumentId], in_full: Collection[Triple]
) -> tuple[pl.DataFrame, frozenset[Triple]]:
    speaks = pl.col("document")
    marked = live.with_columns(told=speaks.is_in(list(documents)), new=speaks.is_in([*documents, *unwritten]))
    asserted = marked.filter(~pl.col("denies")).group_by(TRIPLE).agg(pl.col("new").all(), pl.col("told").any())
    whole = asserted.filter("new", "told").select(TRIPLE)
    if in_full:
        wanted = pl.DataFrame(list(in_full), schema=dict.fromkeys(TRIPLE, pl.String), orient="row")
        whole = pl.concat([whole, wanted.join(marked.select(TRIPLE), on=TRIPLE, how="semi")]).unique()
    rest = marked.filter("told").join(whole, on=TRIPLE, how="anti")
    rows = pl.concat([rest, marked.join(whole, on=TRIPLE, how="semi")])
    return rows, frozenset(Triple(*cells) for cells in whole.iter_rows())


def plain_facts(plain: pl.DataFrame, reports: Mapping[Triple, Sequence[Report]]) -> Iterator[Fact]:
    """Facts of questions without a conflict, from rows with the columns of PLAIN."""
    for head, relation, tail, belief, support, first, last in plain.iter_rows():
        triple = Triple(head, relation, tail)
        holding = Holding(Interval(first), belief, support)
        yield Fact(triple, belief, Status.CURRENT, support, first, last, (holding,), (), tuple(reports.get(triple, ())))


def _walked(live: pl.DataFrame, dead: pl.DataFrame, rules: Rules, rulings: Rulings, as_of: date | None) -> dict[Question, Decided]:
    said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    gone: dict[tuple[str, str], list[Triple]] = defaultdict(list)
    columns = (*QUESTION, *TRIPLE, "denies", "document", "day", "end", "weight", "source", "account", "trust")
    for low, high, head, relation, tail, denies, *rest in live.select(columns).iter_rows():
        side = Side(Triple(head, relation, tail), Polarity.DENIES if denies else Polarity.ASSERTS)
        said[low, high].append(Statement(side, *rest))
    for low, high, *triple in dead.select(*QUESTION, *TRIPLE).iter_rows():
        gone[low, high].append(Triple(*triple))
    return {
        question_in(*cells): decide_question(said.get(cells, ()), gone.get(cells, ()), rules, rulings, as_of)
        for cells in sorted({*said, *gone})
    }


def reports_in(live: pl.DataFrame) -> dict[Triple, list[Report]]:
    """What each triple rests on, by document, an assertion before a denial."""
    reports: dict[Triple, list[Report]] = defaultdict(list)
    columns = (*TRIPLE, "document", "denies", "confidence", "quote", "reader", "at")
    for head, relation, tail, document, denies, confidence, quote, reader, at in (
        one_a_document(live).sort("document", "denies").select(columns).iter_rows()
    ):
        by = reader_of(reader)
        polarity = Polarity.DENIES if denies else Polarity.ASSERTS
        reports[Triple(head, relation, tail)].append(Report(document, polarity, confidence, quote, by.method, by.model, by.prompt, at))
    return reports


@lru_cache(maxsize=256)
def reader_of(name: str | None) -> Reader:
    """Who made an observation; what was made elsewhere was `observed`."""
    return Reader.parse(name) if name is not None else Reader("observed", "", "", "")


def facts_in_parts(folded: Folded, at_once: int) -> Iterator[tuple[Fact, ...]]:
    """Every fact with its reports, plain ones first, in the order of their triples."""
    plain = folded.plain.sort(TRIPLE)
    live = folded.live.join(plain.select(TRIPLE).with_row_index("place"), on=TRIPLE, how="inner").sort("place")
    start = 0
    for first in range(0, plain.height, at_once):
        end = live["place"].search_sorted(first + at_once)
        yield tuple(plain_facts(plain[first : first + at_once], reports_in(live[start:end])))
        start = end
    others = [fact for decided in folded.walked.values() for fact in decided.facts] + [*map(withdrawn, folded.withdrawn)]
    others.sort(key=lambda fact: fact.triple)
    for number in range(0, len(others), at_once):
        some = others[number : number + at_once]
        wanted = pl.DataFrame([fact.triple for fact in some], schema=dict.fromkeys(TRIPLE, pl.String), orient="row")
        reports = reports_in(folded.live.join(wanted, on=TRIPLE, how="semi"))
        yield tuple(with_reports(fact, reports) for fact in some)
