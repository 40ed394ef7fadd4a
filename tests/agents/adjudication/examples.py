"""A conflict to rule on: does a drug treat an illness, or cause it?"""

from dataclasses import replace
from datetime import date

from schema.conflict import CitedSentence, Conflict, Position
from schema.fact import Fact, Holding, Interval, Status, Triple
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Polarity

DRUG = Entity(EntityKey("MESH:C1"), "Chemical", "a drug")
ILLNESS = Entity(EntityKey("MESH:D1"), "Disease", "an illness")
CLUB = Entity(EntityKey("X:1"), "Organisation", "Nordlys")
MEMBER = Entity(EntityKey("X:2"), "Person", "Ines Holm")


def cited(document: str, day: str, quote: str, confidence: float = 0.8, polarity: Polarity = Polarity.ASSERTS) -> CitedSentence:
    return CitedSentence(DocumentId(document), date.fromisoformat(day), polarity, confidence, quote)


def position(head: Entity, relation: str, tail: Entity, *citations: CitedSentence, until: str | None = None) -> Position:
    days = sorted(c.published for c in citations if c.polarity is Polarity.ASSERTS) or [date(2001, 1, 1)]
    held = Holding(Interval(days[0], date.fromisoformat(until) if until else None), 0.8, len(days))
    fact = Fact(Triple(head.key, relation, tail.key), 0.8, Status.CURRENT, len(days), days[0], days[-1], (held,))
    return Position(fact, citations)


def conflict(*quotes: str) -> Conflict:
    """Treat or cause; `quotes` replace what the two sides' first documents say."""
    treats, causes = quotes or ("A drug eased an illness.", "A drug brought on an illness in four of ten.")
    return Conflict(
        (DRUG, ILLNESS),
        ("cause", "treat"),
        (
            position(DRUG, "cause", ILLNESS, cited("PMID:2", "2010-03-01", causes, 0.7)),
            position(
                DRUG,
                "treat",
                ILLNESS,
                cited("PMID:1", "2001-01-01", treats),
                cited("PMID:3", "2003-05-01", "A drug did nothing against an illness.", 0.6, Polarity.DENIES),
                until="2010-03-01",
            ),
        ),
        "evidence-1",
    )


def employment() -> Conflict:
    return Conflict(
        (CLUB, MEMBER),
        ("member_of", "works_for"),
        (
            position(MEMBER, "member_of", CLUB, cited("NEWS:1", "2003-01-01", "Holm is a member.")),
            position(MEMBER, "works_for", CLUB, cited("NEWS:2", "2004-01-01", "Holm is paid.")),
        ),
        "evidence-2",
    )


def called(found: Conflict, *names: str) -> Conflict:
    """The same with other names of its ends."""
    one, other = (replace(entity, name=name) for entity, name in zip(found.ends, names, strict=True))
    return replace(found, ends=(one, other))
