"""What observations say of documents and entities, worked out of rows of the log; rows may be lazy."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl

from schema.columns import CITATION, JUDGEMENT
from schema.ids import EntityKey
from schema.ports import Votes

_JUDGEMENT = pl.Struct({"key": pl.String, "sameness": pl.String, "by_person": pl.Boolean, "label": pl.String})
_WITHDRAWAL = pl.Struct({"judgement": pl.String})

SIDES = ("head", "tail")


def document_lines(said: pl.LazyFrame) -> pl.LazyFrame:
    """What observations made elsewhere say of their documents, each once, with its first moment."""
    told = said.filter(pl.col("reader").is_null()).with_columns(
        journal=pl.when(pl.col("journal") != "").then("journal"), publication_types=pl.col("publication_types").fill_null([])
    )
    return told.group_by(list(CITATION)[:-1]).agg(pl.col("at").min())


def namings(said: pl.LazyFrame, keys: Collection[EntityKey] | None) -> pl.LazyFrame:
    """Document, key, type, name and first moment of each naming (of these entities, or of all)."""
    ends = pl.concat([said.select("document", "at", key=side, type=f"{side}_type", name=f"{side}_name") for side in SIDES])
    if keys is not None:
        ends = ends.filter(pl.col("key").is_in(list(keys)))
    return ends.group_by("document", "key", "type", "name").agg(pl.col("at").min())


def votes_cast(said: pl.LazyFrame) -> pl.LazyFrame:
    """Each document's votes, once for each type and each name: document, key, is_name (0 or 1), value."""
    parts = [(side, part) for side in SIDES for part in ("type", "name")]
    told = [said.select("document", key=side, is_name=pl.lit(int(part == "name")), value=f"{side}_{part}") for side, part in parts]
    return pl.concat(told).unique()


def judged(judgements: pl.LazyFrame, withdrawals: pl.LazyFrame) -> pl.LazyFrame:
    """Judgements as JUDGEMENT has them, of rows of the log."""
    taken = withdrawals_in(withdrawals).group_by("judgement").agg(withdrawn=pl.col("at").min())
    made = judgements_in(judgements).sort("at").unique("id", keep="first")
    return made.join(taken, left_on="id", right_on="judgement", how="left").select(*JUDGEMENT)


def judgements_in(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What rows of judgements say, without whether they were withdrawn."""
    return rows.select(pl.col("body").str.json_decode(_JUDGEMENT).struct.unnest(), "id", "at", name="head")


def withdrawals_in(rows: pl.LazyFrame) -> pl.LazyFrame:
    """What rows of withdrawals say: the judgement that is taken back, and the moment."""
    return rows.select(pl.col("body").str.json_decode(_WITHDRAWAL).struct.unnest(), "at")


def count_ballots(votes: pl.LazyFrame) -> pl.LazyFrame:
    """Ballots by key, is_name and value, with how many documents cast them."""
    return votes.group_by("key", "is_name", "value").agg(pl.len().alias("documents"))


def votes_from(rows: Iterable[tuple[Any, ...]]) -> Mapping[EntityKey, Votes]:
    """Counted ballots by entity."""
    types: dict[EntityKey, dict[str, int]] = {}
    names: dict[EntityKey, dict[str, int]] = {}
    for key, is_name, value, documents in rows:
        (names if is_name else types).setdefault(key, {})[value] = documents
    return {key: Votes(types[key], names[key]) for key in sorted(types)}
