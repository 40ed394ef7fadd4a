"""Observations made elsewhere, many at once: what `observe` makes of each, for rows that need no words about what is wrong."""

from datetime import datetime

import polars as pl

from pipeline.columnar import CONTROL, completed, stable_ids
from pipeline.grounding.given_values import Given
from pipeline.grounding.key_columns import dates, document_keys, entity_keys
from schema.columns import IDENTITY, OBSERVATION
from schema.dates import DateOrigin
from schema.observation import Polarity
from schema.ontology import Ontology

_PLAIN_TEXTS = ("source", "head_name", "tail_name", "quote", "journal")


def observe_table(rows: pl.DataFrame, ontology: Ontology, given: Given, now: datetime) -> pl.DataFrame:
    """Observations (columns as the log has them, and `number`) of rows (pipeline.formats.observation_lines.ROW) with nothing unusual."""
    told = _with_dates(_with_ends(_with_documents(_with_given(rows, given), given)))
    checked = _in_order(_with_pairs(told, ontology))
    sound = checked.filter(
        pl.col("allowed").fill_null(value=False)
        & (pl.col("head") != pl.col("tail"))
        & pl.col("confidence").is_between(0.0, 1.0)
        & pl.col("polarity").is_in([each.value for each in Polarity])
        & (pl.col("source") != "")
        & pl.all_horizontal(pl.col("document", "published", "source", "head", "tail", "confidence").is_not_null())
        & pl.all_horizontal(~pl.col(name).str.contains(CONTROL).fill_null(value=False) for name in _PLAIN_TEXTS)
        & pl.col("publication_types").list.eval(pl.element().is_null() | pl.element().str.contains(CONTROL)).list.any().not_()
        & pl.col("dated")
    )
    stated = pl.when(pl.any_horizontal(pl.col("stated_start", "stated_end").is_not_null()))
    origin = stated.then(pl.lit(DateOrigin.STATED.value)).otherwise(pl.lit(DateOrigin.UNKNOWN.value))
    said = sound.with_columns(stated_origin=origin, at=pl.lit(now, dtype=pl.Datetime("us", "UTC"))).drop("allowed", "symmetric", "dated")
    said = completed(said, OBSERVATION)
    return said.with_columns(stable_ids(said, IDENTITY))


def _with_given(rows: pl.DataFrame, given: Given) -> pl.DataFrame:
    relations = rows["relation"].drop_nulls().unique().to_list()
    confidences = pl.DataFrame(
        {"relation": relations, "given": [given.confidence(relation) for relation in relations]},
        schema={"relation": pl.String, "given": pl.Float64},
    )
    completed = rows.join(confidences, on="relation", how="left", maintain_order="left")
    return completed.with_columns(
        pl.col("confidence").fill_null(pl.col("given")), pl.col("source").fill_null(pl.lit(given.source, dtype=pl.String))
    ).drop("given")


def _with_documents(rows: pl.DataFrame, given: Given) -> pl.DataFrame:
    keys = document_keys(rows["document"])
    keys = keys.with_columns(given.published_texts(keys["key"]).alias("given"))
    found = rows.join(keys, on="document", how="left", maintain_order="left").drop("document")
    return found.with_columns(pl.col("published").fill_null(pl.col("given"))).rename({"key": "document"}).drop("given")


def _with_ends(rows: pl.DataFrame) -> pl.DataFrame:
    ends = [rows.select(key=side, type=f"{side}_type") for side in ("head", "tail")]
    keys = entity_keys(pl.concat(ends))
    for side in ("head", "tail"):
        names = {"key": side, "type": f"{side}_type", "curie": "curie", "kind": "kind"}
        found = rows.join(keys.rename(names), on=[side, f"{side}_type"], how="left", maintain_order="left")
        name = pl.col(f"{side}_name")
        rows = (
            found.drop(side, f"{side}_type")
            .rename({"curie": side, "kind": f"{side}_type"})
            .with_columns(pl.when(name.is_null() | (name == "")).then(side).otherwise(name).alias(f"{side}_name"))
        )
    return rows


def _with_dates(rows: pl.DataFrame) -> pl.DataFrame:
    """With dates as the log has them; `dated` where each of the three that is given is a date."""
    names = ("published", "stated_start", "stated_end")
    known = dates(pl.concat([rows[name].alias("text") for name in names]))
    was_given = rows.select(pl.col(name).is_not_null().alias(f"{name}_given") for name in names)
    for name in names:
        rows = rows.join(known.rename({"text": name}), on=name, how="left", maintain_order="left").drop(name).rename({"key": name})
    rows = pl.concat([rows, was_given], how="horizontal")
    dated = pl.all_horizontal(pl.col(name).is_not_null() | ~pl.col(f"{name}_given") for name in names)
    return rows.with_columns(dated=dated).drop(was_given.columns)


def _with_pairs(rows: pl.DataFrame, ontology: Ontology) -> pl.DataFrame:
    kinds = ("head_type", "relation", "tail_type")
    told = [
        (*pair, ontology.allows(*pair), pair[1] in ontology.relations and ontology.relations[pair[1]].symmetric)
        for pair in rows.select(kinds).drop_nulls().unique().iter_rows()
    ]
    schema = {**dict.fromkeys(kinds, pl.String), "allowed": pl.Boolean, "symmetric": pl.Boolean}
    return rows.join(pl.DataFrame(told, schema=schema, orient="row"), on=kinds, how="left", maintain_order="left")


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """With the ends of symmetric relations in key order."""
    swap = pl.col("symmetric") & (pl.col("tail") < pl.col("head"))
    sides = (("head", "tail"), ("tail", "head"))
    ends = [(f"{one}{part}", f"{other}{part}") for one, other in sides for part in ("", "_type", "_name")]
    ordered = (pl.when(swap).then(other).otherwise(one).alias(one) for one, other in ends)
    kinds = pl.col("publication_types").fill_null([]).list.unique().list.sort()
    return rows.with_columns(*ordered, publication_types=kinds)
