"""Questions without a conflict, all at once: whatever is asserted holds from its first day on."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.believing.rules import Rules
from pipeline.believing.statements import QUESTION, TRIPLE
from pipeline.believing.walk import Rulings
from pipeline.believing.weights import belief
from schema.ontology import Stance

PLAIN: dict[str, Any] = {
    **dict.fromkeys(TRIPLE, pl.String),
    "belief": pl.Float64,
    "support": pl.UInt32,
    "first_seen": pl.Date,
    "last_seen": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Divided:
    """Facts of questions without a conflict (columns of PLAIN), and the statements of all other questions."""

    plain: pl.DataFrame
    rest: pl.DataFrame


def divide(live: pl.DataFrame, rules: Rules, rulings: Rulings) -> Divided:
    """Settle the questions in which nothing is opposed, denied, ruled on, ended or doubted; leave the others to the walk."""
    facts = live.group_by(*TRIPLE, *QUESTION, "denies").agg(
        pl.col("weight").sum(),
        pl.len().alias("support"),
        first_seen=pl.col("day").min(),
        last_seen=pl.col("day").max(),
        difficult=pl.col("denies").first() | pl.col("end").is_not_null().any() | (pl.col("trust") < 1.0).any(),
    )
    walked = pl.concat([facts.filter("difficult").select(QUESTION), *_opposed(facts, rules), _ruled(rulings)]).unique()
    if walked.is_empty():
        return Divided(_believed(facts), live.clear())
    return Divided(
        _believed(facts.join(walked, on=QUESTION, how="anti")),
        live.join(walked, on=QUESTION, how="semi"),
    )


def _opposed(facts: pl.DataFrame, rules: Rules) -> list[pl.DataFrame]:
    relations = rules.ontology.relations
    functional = [name for name, relation in relations.items() if relation.functional]
    # Two tails of one head: what such a question asks is which one it is.
    tails = facts.filter(pl.col("relation").is_in(functional)).group_by(QUESTION).len().filter(pl.col("len") > 1)
    pairs = [
        (relation, number)
        for number, pair in enumerate(rules.ontology.opposed)
        for relation in pair
        if rules.ontology.stance(*pair) is Stance.OPPOSED
    ]
    declared = pl.DataFrame(pairs, schema={"relation": pl.String, "pair": pl.Int64}, orient="row")
    sides = facts.join(declared, on="relation").group_by(*QUESTION, "pair").agg(pl.col("relation").n_unique())
    return [tails.select(QUESTION), sides.filter(pl.col("relation") > 1).select(QUESTION)]


def _ruled(rulings: Rulings) -> pl.DataFrame:
    pairs = {ends for ends, _ in rulings if len(ends) == 2 and ends[0] != ends[1]}
    return pl.DataFrame(sorted(pairs), schema=dict.fromkeys(QUESTION, pl.String), orient="row")


def _believed(facts: pl.DataFrame) -> pl.DataFrame:
    weights = facts["weight"].unique()
    beliefs = pl.DataFrame({"weight": weights, "belief": pl.Series([belief(each, 0) for each in weights], dtype=pl.Float64)})
    return facts.join(beliefs, on="weight", how="left").select(*PLAIN)
