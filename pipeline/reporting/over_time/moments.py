"""The moments at which something was recorded: the stops of who goes back in what was known."""

from collections.abc import Collection, Sequence
from datetime import datetime

import polars as pl

from pipeline.believing.evidence import Evidence
from pipeline.believing.rules import Rules
from pipeline.believing.standing import without_deleted
from schema.ports import Question

MOST_MOMENTS = 60
"""Moments that are told one by one; of more the last of each minute, hour, day, month or year."""


def moments_recorded(evidence: Evidence, rules: Rules, questions: Collection[Question], most: int = MOST_MOMENTS) -> list[datetime]:
    """When something was recorded that bears on these questions, in order; `evidence` is all that does.

    Where there are more than `most`, the last of each minute, hour, day, month or year stands for the others.
    """
    evidence = without_deleted(evidence, rules)
    gone = evidence.deleted or frozenset()
    said = evidence.said().filter(~pl.col("document").is_in(list(gone)))
    judged = [] if evidence.judgements is None else [pl.DataFrame(evidence.judgements)[name] for name in ("at", "withdrawn")]
    found = {at for column in (said["at"], *judged) for at in column if at is not None}
    found |= {r.at for r in evidence.documents if r.record.id not in gone}
    found |= {r.at for r in evidence.retractions if r.record.document not in gone}
    found |= {r.at for r in evidence.retractions_withdrawn if r.record.document not in gone}
    found |= {r.at for r in evidence.rulings if Question(r.record.ends) in questions}
    return _thinned(sorted(found), most)


def _thinned(moments: Sequence[datetime], most: int) -> list[datetime]:
    for length in (16, 13, 10, 7, 4):  # of 2026-11-23T10:15: a minute, an hour, a day, a month, a year
        if len(moments) <= most:
            break
        moments = list({each.isoformat()[:length]: each for each in moments}.values())
    return list(moments[-most:])
