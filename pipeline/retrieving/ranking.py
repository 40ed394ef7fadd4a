"""In which order facts are told: by belief, by what was asked, by how lately and how independently they are supported."""

from collections.abc import Collection, Mapping
from math import log

import polars as pl

from pipeline.believing.statements import TRIPLE, one_a_document
from pipeline.retrieving.neighbourhood import Neighbourhood
from schema.fact import Status

HALF_LIFE_DAYS = 3652.5
"""Days in which the bonus of a recent paper is halved: counted back from the latest paper on the facts that are ranked."""
NOT_ASKED = 0.25
"""What a fact of a relation that was not asked for is worth beside one of a relation that was."""
UNCHANGED = 0.5
"""What a fact that simply holds is worth to a question about change, beside one that was overturned or is contested."""


def ranked(facts: pl.DataFrame, found: Neighbourhood, relevance: Mapping[str, float], *, of_change: bool, room: int) -> pl.DataFrame:
    """The first `room` facts, best first, with a `score` from 0 to 1: belief times what the other grounds are worth, each at most 1.

    Relevance is 1 for the relations asked for, down to NOT_ASKED; recency from 1 for the latest paper to a half for the oldest;
    independence a half for one paper, three quarters for two, and so on to 1. Papers that say the same sentence are one. Ties go by triple.
    """
    if facts.is_empty() or room < 1:
        return facts.head(0).with_columns(score=pl.lit(0.0))
    age = (pl.col("last_seen").max() - pl.col("last_seen")).dt.total_days().fill_null(0)
    asked, changed = pl.lit(1.0), pl.lit(1.0)
    if relevance:
        worth = {name: NOT_ASKED + (1.0 - NOT_ASKED) * value for name, value in relevance.items()}
        asked = pl.col("relation").replace_strict(worth, default=NOT_ASKED, return_dtype=pl.Float64)
    if of_change:
        changed = pl.when(pl.col("status") == Status.CURRENT.value).then(UNCHANGED).otherwise(1.0)
    recent = 0.5 + 0.5 * (-age / HALF_LIFE_DAYS * log(2)).exp()
    scored = facts.with_columns(others=pl.col("belief") * asked * recent * changed)
    scored = scored.with_columns(most=_score("support")).sort("most", *TRIPLE, descending=[True, False, False, False])
    # There are no more papers than documents: whoever could not come first even so needs no closer look.
    looked_at = 2 * room + _LOOKED_AT
    while True:
        some = scored.head(looked_at)
        counted = some.join(_papers(found, some), on=TRIPLE, how="left", maintain_order="left")
        first = counted.with_columns(score=_score("papers")).sort("score", *TRIPLE, descending=[True, False, False, False]).head(room)
        if looked_at >= scored.height or first["score"][-1] > scored["most"][looked_at]:
            return first.drop("others", "most", "papers")
        looked_at *= 4


_LOOKED_AT = 100


def _score(papers: str) -> pl.Expr:
    """What so many papers make of it; a withdrawn fact has none left, and is told after all that is believed."""
    number = pl.col(papers).fill_null(0).clip(0, 30).cast(pl.Float64)
    return (pl.col("others") * (1.0 - 0.5**number)).round(9)


def _papers(found: Neighbourhood, facts: pl.DataFrame) -> pl.DataFrame:
    """How many papers assert each fact; two documents with one and the same sentence, as a preprint and its journal's version, are one."""
    live = one_a_document(found.folded.live.join(facts.select(TRIPLE), on=TRIPLE, how="semi").filter(~pl.col("denies")))
    plain = pl.col("quote").str.to_lowercase().str.replace_all(r"\W+", " ")
    said = live.with_columns(paper=pl.when(pl.col("quote") != "").then(plain).otherwise("document"))
    return said.group_by(TRIPLE).agg(papers=pl.col("paper").n_unique())


def one_of_each(quotes: Collection[str]) -> list[bool]:
    """Of quotes in order whether each says something that none before it said, or nearly said."""
    from rapidfuzz import fuzz, utils

    kept: list[str] = []
    new = []
    for quote in quotes:
        plain = utils.default_process(quote)
        is_new = not plain or not any(fuzz.ratio(plain, other) >= _ALIKE for other in kept)
        new.append(is_new)
        if is_new and plain:
            kept.append(plain)
    return new


_ALIKE = 95.0
"""Hundredths of letters from which two sentences are one."""
