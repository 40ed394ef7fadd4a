"""A small world of evidence with everything in it that the cookbook asks about."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.believing.rules import Rules
from schema.dates import PartialDate
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.records import Recorded, Retraction
from tests.graph_store.builders import ONTOLOGY
from tests.graph_store.log.memory_log import MemoryEvidenceLog

KNOWN = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(ONTOLOGY)
JOURNALS = ["Annals", "Bulletin", None]
NUMBERS = {"Chemical": 9, "Gene": 6, "Disease": 8}
PREFIX = {"Chemical": "MESH:C", "Gene": "NCBIGene:", "Disease": "MESH:D"}


def ending(kind: str, number: int) -> Entity:
    return Entity(EntityKey(f"{PREFIX[kind]}{number}"), kind, f"{kind.lower()} {number}")


def said(
    document: str,
    published: str,
    head: Entity,
    relation: str,
    tail: Entity,
    confidence: float = 0.8,
    denies: bool = False,
    journal: str | None = "Annals",
    types: tuple[str, ...] = (),
) -> Observation:
    return Observation(
        document=DocumentId(document),
        published=PartialDate.parse(published),
        source="pubmed",
        head=head,
        relation=relation,
        tail=tail,
        confidence=confidence,
        polarity=Polarity.DENIES if denies else Polarity.ASSERTS,
        quote=f"{document} on {head.name} and {tail.name}",
        publication_types=types,
        journal=journal,
    )


def stories() -> Iterator[Observation]:
    """Each thing that can become of a fact, once."""
    drug = [ending("Chemical", number) for number in range(5)]
    illness = [ending("Disease", number) for number in range(4)]
    gene = [ending("Gene", number) for number in range(3)]
    # overturned
    yield said("PMID:1", "1981-08-27", drug[0], "prevent", illness[0])
    yield said("PMID:2", "1983-05", drug[0], "prevent", illness[0], 0.7)
    yield said("PMID:3", "1984-02-03", drug[0], "cause", illness[0], types=("Case Reports",))
    yield said("PMID:4", "1989-08-10", drug[0], "cause", illness[0], 0.95)
    yield said("PMID:5", "1989-08-10", drug[0], "cause", illness[0], 0.9, journal="Bulletin")
    yield said("PMID:29", "1985-06", drug[4], "prevent", illness[3], 0.7)
    yield said("PMID:4", "1989-08-10", drug[4], "cause", illness[3], 0.95)
    # denied, and back again
    yield said("PMID:6", "2003-10-22", drug[1], "treat", illness[1], 0.7)
    yield said("PMID:7", "2005-10-29", drug[1], "treat", illness[1], 0.8, denies=True)
    yield said("PMID:28", "2005-10-29", drug[1], "treat", illness[1], 0.65, denies=True)
    yield said("PMID:8", "2009-09-03", replace(drug[1], name="Drug One"), "treat", illness[1], 0.9)
    # contested by what holds, and by a denial
    yield from (said(f"PMID:{number}", "1999-01-05", drug[2], "prevent", illness[2], 0.9) for number in (9, 10, 11))
    yield said("PMID:12", "2001-06", drug[2], "cause", illness[2], 0.7)
    yield said("PMID:13", "2000-01-01", drug[3], "treat", illness[2], 0.9, denies=True)
    yield said("PMID:14", "2001-01-01", drug[3], "treat", illness[2], 0.7)
    # holds against a denial
    yield from (said(f"PMID:{number}", f"20{number}-01-01", drug[3], "treat", illness[3], 0.9) for number in (15, 16, 17))
    yield said("PMID:18", "2018-02-02", drug[3], "treat", illness[3], 0.65, denies=True)
    yield said("PMID:27", "2019-02-02", drug[3], "treat", illness[3], 0.65, denies=True)
    # retracted: alone, and beside another
    yield said("PMID:19", "2010-04-01", drug[4], "treat", illness[0])
    yield said("PMID:19", "2010-04-01", drug[4], "treat", illness[1])
    yield said("PMID:20", "2011-04-01", drug[4], "treat", illness[1], 0.7)
    # a way from a drug to an illness that it is not known to treat, and one that it is
    yield said("PMID:21", "1995-01-01", drug[1], "inhibit", gene[0], 0.9)
    yield said("PMID:22", "1996-01-01", gene[0], "cause", illness[1], 0.85)
    yield said("PMID:23", "1997-01-01", gene[0], "cause", illness[3], 0.75, journal=None)
    yield said("PMID:24", "1998-01-01", drug[4], "negative_correlate", gene[0], 0.66)
    # a relation between genes that turns over
    yield said("PMID:25", "1990-01-01", gene[1], "stimulate", gene[2], 0.7)
    yield said("PMID:26", "2002-01-01", gene[1], "inhibit", gene[2], 0.9)


def chance(papers: int = 160) -> Iterator[Observation]:
    """Papers that say anything that the ontology allows."""
    dice = random.Random(20)
    allowed = [
        (relation, head, tail)
        for relation, rule in sorted(ONTOLOGY.relations.items())
        for head, tail in rule.pairs
        if head in NUMBERS and tail in NUMBERS
    ]
    for paper in range(100, 100 + papers):
        published = date(1980, 1, 1).toordinal() + dice.randrange(15_000)
        journal = dice.choice(JOURNALS)
        for _ in range(dice.randint(1, 4)):
            relation, first, second = dice.choice(allowed)
            head, tail = ending(first, dice.randrange(NUMBERS[first])), ending(second, dice.randrange(NUMBERS[second]))
            if head.key != tail.key:
                confidence = dice.choice([0.6, 0.7, 0.8, 0.9, 0.95])
                on = date.fromordinal(published).isoformat()
                yield said(f"PMID:{paper}", on, head, relation, tail, confidence, dice.random() < 0.15, journal)


def log_of_the_world() -> MemoryEvidenceLog:
    log = MemoryEvidenceLog()
    log.append(BatchId("said"), [Recorded(observation, KNOWN) for observation in [*stories(), *chance()]])
    retractions = [
        Retraction(DocumentId("PMID:19"), PartialDate.parse("2012-06-05"), None),
        Retraction(DocumentId("PMID:104"), None, None),
    ]
    log.append(BatchId("retracted"), [Recorded(retraction, KNOWN) for retraction in retractions])
    return log
