"""What each live document says for each side of a question, in tables; and the questions without a conflict, settled all at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipeline.believing.rules import Rules, source_name
from pipeline.believing.walk import Rulings
from pipeline.believing.weighed_documents import joined
from pipeline.believing.weights import belief, weight
from schema.dates import PartialDate, day_after
from schema.observation import Polarity
from schema.ontology import Stance, TimeOf
from schema.ports import Question

TRIPLE = ("head", "relation", "tail")
QUESTION = ("low", "high")
"""A question as two columns: its ends in key order; for a functional relation its head, and the relation behind a sign."""

_FUNCTIONAL = "\x00"
_TERM = {
    "day": pl.when("by_stated").then(pl.coalesce("start", "published")).otherwise("published"),
    "end": pl.when("by_stated").then("end"),
}
_HOLDS = pl.col("end").is_null() | (pl.col("end") > pl.col("day"))
"""What is stated to have ended before it began never held."""

_SIDE = (*TRIPLE, "denies", "document")
_BEST = ("weight", "trust", "source", "account", "confidence", "quote", "reader", "at", "id")
_BEST_FIRST = {"weight": True, "trust": True, "source": False, "confidence": True, "quote": False, "at": False, "id": False}
"""What a document says best, and whether the greater is the better: most weight, then the more trusted source, then by name."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What documents say.

    `live`: one row for each side (TRIPLE, `denies`), document and day from which it counts, with QUESTION, `end` (the day after the
    last that it can mean, or null), and the observation that says it best: `weight` (billionths of a nat), `source`, the `account`
    that it counts on, `trust`, and what it reports; `several` where the document states more than one term. `dead`: triples that
    were asserted and no longer are, with their questions.
    """

    live: pl.DataFrame
    dead: pl.DataFrame


def state(
    said: pl.DataFrame, documents: pl.DataFrame, rules: Rules, as_of: date | None, questions: Collection[Question] | None
) -> Statements:
    """Sort out what counts (up to the day `as_of`) and weigh it; `said` has the columns of FOLDED, `documents` those of DOCUMENT."""
    lazily = _counted(said, documents, rules, as_of)
    if questions is not None:
        lazily = lazily.join(_asked(questions).lazy(), on=QUESTION, how="semi")
    counted = lazily.collect()
    dead = counted.filter(~pl.col("is_live") & ~pl.col("denies")).select(*TRIPLE, *QUESTION).unique()
    live = counted.filter("is_live") if not counted["is_live"].all() else counted
    if not dead.is_empty():
        dead = dead.join(live.filter(~pl.col("denies")).select(TRIPLE), on=TRIPLE, how="anti")
    return Statements(_one_a_day(_weighed(live), several=bool(_stated_relations(rules))), dead)


def never_held(said: pl.DataFrame, rules: Rules) -> int:
    """How many claims that are sure enough state an end before their start; columns relation, published, confidence and stated times."""
    sure = said.filter(pl.col("confidence") >= rules.threshold).rename({"published": "written"})
    dated = joined(sure, "written", lambda text: (PartialDate.parse(text).first,), {"published": pl.Date})
    timed = _with_stated_times(dated, rules).with_columns(by_stated=pl.col("relation").is_in(_stated_relations(rules)))
    return timed.with_columns(**_TERM).filter(~_HOLDS).height


def one_a_document(live: pl.DataFrame) -> pl.DataFrame:
    """Of the rows of `live` the best one of each side and document."""
    if not live["several"].any():
        return live
    return live.sort(*_BEST_FIRST, descending=[*_BEST_FIRST.values()]).unique(_SIDE, keep="first", maintain_order=True)


def question_in(low: str, high: str) -> Question:
    """The question that two cells name."""
    if high.startswith(_FUNCTIONAL):
        return Question((low,), high.removeprefix(_FUNCTIONAL))  # type: ignore[arg-type]
    return Question((low, high))  # type: ignore[arg-type]


def _asked(questions: Collection[Question]) -> pl.DataFrame:
    cells = [(q.ends[0], _FUNCTIONAL + q.relation if q.relation is not None else q.ends[1]) for q in questions]
    return pl.DataFrame(cells, schema=dict.fromkeys(QUESTION, pl.String), orient="row")


def _counted(said: pl.DataFrame, documents: pl.DataFrame, rules: Rules, as_of: date | None) -> pl.LazyFrame:
    needed = ("document", "published", "retracted", "live_revision", "live_reader", "grade")
    timed = _with_stated_times(said.drop("published", strict=False), rules)
    speaks = {"trust": pl.Float64, "account": pl.String, "speaker": pl.String}
    heard = joined(timed, "source", lambda name: (rules.trust_in(name), rules.account(name), source_name(name)), speaks)
    rows = heard.lazy().filter((pl.col("confidence") >= rules.threshold) & (pl.col("head") != pl.col("tail"))).drop("source")
    rows = rows.join(_allowed(rules).lazy(), on=("relation", "head_type", "tail_type"))
    rows = rows.join(documents.lazy().select(needed), on="document").rename({"speaker": "source"})
    rows = rows.with_columns(worth=pl.col("trust") * pl.col("grade")).filter(pl.col("worth") > 0.0)
    rows = rows.with_columns(**_TERM)
    counts = _HOLDS
    if as_of is not None:
        counts = counts & (pl.col("day") <= as_of)
    by_reader = (pl.col("revision") == pl.col("live_revision")) & (pl.col("reader") == pl.col("live_reader"))
    turned = pl.col("symmetric") & (pl.col("tail") < pl.col("head"))
    head, tail = pl.when(turned).then("tail").otherwise("head"), pl.when(turned).then("head").otherwise("tail")
    rows = rows.filter(counts).with_columns(
        head=head,
        tail=tail,
        denies=pl.col("polarity") == Polarity.DENIES.value,
        is_live=~pl.col("retracted") & (pl.col("reader").is_null() | by_reader.fill_null(value=False)),
    )
    functional = pl.col("functional")
    return rows.with_columns(
        low=pl.when(functional).then("head").otherwise(pl.min_horizontal("head", "tail")),
        high=pl.when(functional).then(pl.lit(_FUNCTIONAL) + pl.col("relation")).otherwise(pl.max_horizontal("head", "tail")),
    ).select("is_live", *_SIDE, *QUESTION, "day", "end", "worth", *_BEST[1:])


def _allowed(rules: Rules) -> pl.DataFrame:
    rows = set()
    for name, relation in rules.ontology.relations.items():
        for head, tail in relation.pairs:
            said = (relation.symmetric, relation.functional, relation.time is TimeOf.STATED)
            rows.add((name, head, tail, *said))
            if relation.symmetric:
                rows.add((name, tail, head, *said))
    names: dict[str, Any] = dict.fromkeys(("relation", "head_type", "tail_type"), pl.String)
    flags: dict[str, Any] = dict.fromkeys(("symmetric", "functional", "by_stated"), pl.Boolean)
    return pl.DataFrame(sorted(rows), schema=names | flags, orient="row")


def _stated_relations(rules: Rules) -> list[str]:
    return [name for name, relation in rules.ontology.relations.items() if relation.time is TimeOf.STATED]


def _with_stated_times(said: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The first day that a stated start can mean, and the day after the last that a stated end can."""
    if not _stated_relations(rules):
        return said.with_columns(start=pl.lit(None, dtype=pl.Date), end=pl.lit(None, dtype=pl.Date))
    rows = joined(said, "stated_start", lambda text: (PartialDate.parse(text).first,), {"start": pl.Date})
    return joined(rows, "stated_end", lambda text: (day_after(PartialDate.parse(text).last),), {"end": pl.Date})


def _one_a_day(live: pl.DataFrame, *, several: bool) -> pl.DataFrame:
    """One paper is one paper: of all that it says for a side from one day the best, with its latest end (none if one states none)."""
    columns = (*_SIDE, *QUESTION, "day", "end", *_BEST)
    # Equal hashes are looked at closely; rows that differ can share one, rows that are equal always do.
    again = live.select(pl.struct(*_SIDE, "day").hash()).to_series().is_duplicated()
    rows = live.select(columns)
    if again.any():
        merged = (
            live.filter(again)
            .sort(*_BEST_FIRST, descending=[*_BEST_FIRST.values()])
            .group_by(*_SIDE, "day", maintain_order=True)
            .agg(
                *(pl.col(name).first() for name in (*QUESTION, *_BEST)),
                end=pl.when(pl.col("end").is_null().any()).then(None).otherwise(pl.col("end").max()),
            )
        )
        rows = pl.concat([rows.filter(~again), merged.select(columns)])
    return rows.with_columns(several=pl.struct(_SIDE).is_duplicated() if several else pl.lit(value=False))


def _weighed(rows: pl.DataFrame) -> pl.DataFrame:
    distinct = rows.select("confidence", "worth").unique()
    weights = [weight(confidence, worth) for confidence, worth in distinct.iter_rows()]
    return rows.join(
        distinct.with_columns(weight=pl.Series(weights, dtype=pl.Int64)), on=("confidence", "worth"), how="left", maintain_order="left"
    ).drop("worth")


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
    """Settle questions without a denial, ruling, stated end, several terms, doubt or anything opposed; leave the others to the walk."""
    facts = live.group_by(*TRIPLE, *QUESTION, "denies").agg(
        pl.col("weight").sum(),
        pl.len().alias("support"),
        first_seen=pl.col("day").min(),
        last_seen=pl.col("day").max(),
        difficult=pl.col("denies").first() | (pl.col("end").is_not_null() | pl.col("several") | (pl.col("trust") < 1.0)).any(),
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
