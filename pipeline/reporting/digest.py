"""What changed its mind: facts that stand otherwise than at an earlier moment, because of what was recorded since."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.believing.evidence import Evidence
from pipeline.believing.fold import fold
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from pipeline.reporting.change_teller import ChangeTeller, Shown
from pipeline.reporting.words import Row
from pipeline.updating.changed_facts import what_became
from schema.fact import Fact

TOLD = ("overturned", "reopened", "withdrawn", "contested", "opened")
"""Kinds of change that are told one by one, the gravest first; of the others there is a number."""


def digest_of(evidence: Evidence, rules: Rules, since: datetime, until: datetime, shown: Shown, most: int = 20) -> Row:
    """What all evidence of a log came to `until` a moment (inclusive, UTC) that it had not come to before `since`; named as `shown`.

    A dictionary of `since`, `until`, `documents` (recorded in between), `retracted` (documents that were retracted in between),
    `facts` (a number for each kind of change) and `changes` by kind of TOLD, those believed most first, at most `most` of each: `fact`,
    `held`, `belief`, `support`, `now`, `because` (document, published, citation, page, quote, retracted). `left_out` counts what there
    was no room for.
    """
    evidence = without_deleted(evidence, rules)
    before, now = (fold(evidence, rules, known_at=moment, histories=False) for moment in (since - timedelta(microseconds=1), until))
    stood = {fact.triple: fact for fact in before.facts}
    changed: dict[str, list[Fact]] = defaultdict(list)
    for fact in now.facts:
        was = stood.pop(fact.triple, None)
        if (kind := what_became(was.state if was else None, fact.state)) is not None:
            changed[kind].append(fact)
    numbers = Counter({kind: len(facts) for kind, facts in changed.items()}) + Counter(removed=len(stood))
    teller = ChangeTeller(before, now, shown)
    known = {source.id for source in before.documents if source.retracted}
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "documents": len({source.id for source in now.documents} - {source.id for source in before.documents}),
        "retracted": [teller.citation(source.id) for source in now.documents if source.retracted and source.id not in known],
        "facts": dict(sorted(numbers.items())),
        "changes": {kind: [teller.row(fact) for fact in _first(changed[kind], most)] for kind in TOLD if changed[kind]},
        "left_out": {kind: len(changed[kind]) - most for kind in TOLD if len(changed[kind]) > most},
    }


def _first(facts: Iterable[Fact], most: int) -> list[Fact]:
    """Those that are, or were, believed most."""
    return sorted(facts, key=lambda fact: (-max([fact.belief, *(h.belief for h in fact.holdings)]), fact.triple))[:most]
