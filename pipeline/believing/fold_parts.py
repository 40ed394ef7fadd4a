"""Facts of a large fold, some thousand at a time, so that there is never an object for each of them at once."""

from collections.abc import Iterator

import polars as pl

from pipeline.believing.decided import withdrawn
from pipeline.believing.fold import Folded, plain_facts, reports_in, with_reports
from pipeline.believing.statements import TRIPLE
from schema.fact import Fact


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
