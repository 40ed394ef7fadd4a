"""The canonical export: JSON lines that depend on what is known, never on when or in which order it was learnt."""

import json
from collections.abc import Iterable, Iterator
from datetime import date

from schema.fact import Closure, Fact, Source
from schema.observation import Entity


def canonical_lines(facts: Iterable[Fact], entities: Iterable[Entity], documents: Iterable[Source]) -> Iterator[str]:
    """Every line of the export, sorted, keys sorted; without line ends."""
    rows = (*map(_fact, facts), *map(_entity, entities), *map(_document, documents))
    yield from sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)


def _fact(fact: Fact) -> dict[str, object]:
    head, relation, tail = fact.triple
    return {
        "kind": "fact",
        "head": head,
        "relation": relation,
        "tail": tail,
        "belief": fact.belief,
        "status": fact.status.value,
        "intervals": [[_day(h.interval.start), _day(h.interval.end)] for h in fact.holdings],
        "support": fact.support,
        "first_seen": _day(fact.first_seen),
        "last_seen": _day(fact.last_seen),
        "closed": [_closure(closure) for closure in fact.closed],
    }


def _closure(closure: Closure) -> dict[str, object]:
    by = list(closure.by) if closure.by is not None else closure.rule
    return {"on": _day(closure.on), "by": by, "because": list(closure.because)}


def _entity(entity: Entity) -> dict[str, object]:
    return {"kind": "entity", "key": entity.key, "type": entity.type, "name": entity.name}


def _document(source: Source) -> dict[str, object]:
    return {
        "kind": "document",
        "id": source.id,
        "title": source.title,
        "published": _day(source.published),
        "precision": source.precision,
        "source": source.source,
        "journal": source.journal,
        "publication_types": list(source.publication_types),
        "retracted": source.retracted,
        "retracted_on": _day(source.retracted_on),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
