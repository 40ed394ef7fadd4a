"""Observations made for measuring: many around few hubs, some opposed to others; the same for the same numbers."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from benchmarks.common import BIOMEDICAL
from schema.dates import PartialDate
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.records import Recorded

AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("Chemical", "Disease", "Gene")
OPPOSED = {one: other for pair in BIOMEDICAL.opposed for one, other in (pair, pair[::-1])}
QUOTE = "A sentence of about a hundred characters that says what the paper found, as abstracts have them at their end."


def entity(number: int) -> Entity:
    return Entity(EntityKey(f"MADE:{number}"), KINDS[number % 3], f"entity {number}")


def relations() -> Mapping[tuple[str, str], list[str]]:
    return {(a, b): [name for name in BIOMEDICAL.relations if BIOMEDICAL.allows(a, name, b)] for a in KINDS for b in KINDS}


def observations(
    count: int, entities: int, conflicts: float = 0.15, seed: int = 7, first_document: int = 0
) -> Iterator[Recorded[Observation]]:
    """Heads are drawn from a Pareto distribution (exponent 0.9), tails evenly; four observations a document.

    A share of `conflicts` says the opposite of something said before, in a later document.
    """
    rng = random.Random(seed)
    allowed = relations()
    said: list[tuple[Entity, str, Entity]] = []
    number = 0
    while number < count:
        document = first_document + number // 4
        if said and rng.random() < conflicts:
            head, relation, tail = said[rng.randrange(len(said))]
            relation = OPPOSED[relation]
        else:
            head, tail = entity(min(int(rng.paretovariate(0.9)), entities - 1)), entity(rng.randrange(entities))
            names = allowed[head.type, tail.type]
            if head.key == tail.key or not names:
                continue
            relation = rng.choice(names)
            if OPPOSED.get(relation) in names:
                said.append((head, relation, tail))
        number += 1
        day = f"{1990 + document % 35}-{1 + document % 12:02}-{1 + document % 28:02}"
        confidence = round(rng.uniform(0.6, 0.95), 2)
        yield Recorded(
            Observation(DocumentId(f"PMID:{document}"), PartialDate.parse(day), "pubmed", head, relation, tail, confidence, quote=QUOTE), AT
        )
