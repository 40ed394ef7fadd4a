"""Answers to recipes about evidence and about what might be new."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from schema.fact import Status
from schema.observation import Entity, Polarity
from tests.graph_store.cookbook.answers import Row, World, answers, ends, ordered


@answers("What a fact rests on, sentence by sentence", head="MESH:C1", relation="treat", tail="MESH:D1")
def provenance(world: World, head: str, relation: str, tail: str) -> list[Row]:
    rows = [
        {
            "status": fact.status.value,
            "belief": fact.belief,
            "published": source.published,
            "document": source.id,
            "journal": source.journal,
            "types": list(source.publication_types),
            "polarity": report.polarity.value,
            "confidence": report.confidence,
            "quote": report.quote,
            "method": report.method,
        }
        for fact, report, source in world.reports([world.one(head, relation, tail)])
    ]
    return ordered(rows, "published", "document", "polarity")


@answers("The most reinforced facts")
def reinforced(world: World) -> list[Row]:
    rows = [
        {**ends(fact), "papers": fact.support, "belief": fact.belief, "first": fact.first_seen, "latest": fact.last_seen}
        for fact in world.current()
    ]
    return ordered(rows, "-papers", "-belief", "head", "relation", "tail", limit=20)


@answers("Facts that rest on one document only")
def single(world: World) -> list[Row]:
    rows = [
        {**ends(fact), "belief": fact.belief, "document": report.document, "quote": report.quote}
        for fact, report, _ in world.reports(world.current())
        if fact.support == 1 and report.polarity is Polarity.ASSERTS
    ]
    return ordered(rows, "-belief", "head", "relation", "tail", limit=50)


def tallied(reports: Iterable[tuple[Any, str, Polarity]], name: str) -> list[Row]:
    """Documents, assertions and denials by whatever comes first in each."""
    rows = []
    for value, group in groupby(sorted(reports), key=lambda row: row[0]):
        said = list(group)
        polarities = Counter(polarity for _, _, polarity in said)
        papers = len({document for _, document, _ in said})
        rows.append({name: value, "papers": papers, "asserting": polarities[Polarity.ASSERTS], "denying": polarities[Polarity.DENIES]})
    return rows


@answers("Evidence by journal", key="MESH:C1")
def by_journal(world: World, key: str) -> list[Row]:
    told = ((source.journal or "not known", source.id, report.polarity) for _, report, source in world.reports(world.about(key)))
    return ordered(tallied(told, "journal"), "-papers", "journal")


@answers("Evidence by year", key="MESH:C1")
def by_year(world: World, key: str) -> list[Row]:
    return tallied(((source.published.year, source.id, report.polarity) for _, report, source in world.reports(world.about(key))), "year")


@answers("Retracted documents")
def retracted(world: World) -> list[Row]:
    rows = [
        {"document": source.id, "published": source.published, "journal": source.journal, "retracted": source.retracted_on}
        for source in world.documents.values()
        if source.retracted
    ]
    return ordered(rows, "published", "document")


@answers("Facts that lost all they rested on")
def withdrawn(world: World) -> list[Row]:
    return ordered((ends(fact) for fact in world.facts if fact.status is Status.WITHDRAWN), "head", "relation", "tail")


@answers("Entities with most facts")
def hubs(world: World) -> list[Row]:
    degree = Counter(end for fact in world.current() for end in (fact.triple.head, fact.triple.tail))
    rows = (
        {"key": key, "name": world.entities[key].name, "type": world.entities[key].type, "facts": facts} for key, facts in degree.items()
    )
    return ordered(rows, "-facts", "key", limit=20)


@answers("Drugs that might treat a disease", key="MESH:D4", day=date(2014, 6, 1))
def repurposing(world: World, key: str, day: date) -> list[Row]:
    treated = {edge.head for edge in world.on(day, key) if edge.type == "TREAT"}
    strength: dict[str, dict[str, float]] = defaultdict(dict)
    for near in world.on(day, key):
        gene = near.other(key)
        for edge in world.on(day, gene) if world.entities[gene].type == "Gene" else ():
            drug = edge.other(gene)
            if world.entities[drug].type == "Chemical" and drug not in treated:
                strength[drug][gene] = max(strength[drug].get(gene, 0.0), edge.belief * near.belief)
    rows = [
        {
            "drug": drug,
            "name": world.entities[drug].name,
            "best": max(genes.values()),
            "genes": sorted(genes, key=lambda gene: (-genes[gene], gene)),
        }
        for drug, genes in strength.items()
    ]
    return ordered(rows, "-best", "drug", limit=20)


@answers("Drugs that treat a disease and cause another", key="MESH:D1", day=date(2005, 6, 1))
def side_effects(world: World, key: str, day: date) -> list[Row]:
    rows = [
        {"drug": edge.head, "treats": edge.belief, "causes": other.tail, "causes_belief": other.belief}
        for edge in world.on(day, key)
        if edge.type == "TREAT"
        for other in world.on(day, edge.head)
        if other.type == "CAUSE"
    ]
    return ordered(rows, "-treats", "drug", "-causes_belief", "causes")


@answers("The key of a name", name="DRUG ONE")
def key_of_name(world: World, name: str) -> list[Row]:
    rows = ({"key": e.key, "type": e.type, "name": e.name} for e in world.entities.values() if name.lower() in called(e))
    return ordered(rows, "key")


@answers("Names with a word in them", words="drug*")
def names_with(world: World, words: str) -> list[Row]:
    found = [e for e in world.entities.values() if any(name.startswith(words.rstrip("*")) for name in called(e))]
    return [{"key": e.key, "name": e.name} for e in sorted(found, key=lambda e: (len(e.name), e.key))]


def called(entity: Entity) -> list[str]:
    return [name.lower() for name in (entity.name, *entity.aliases)]
