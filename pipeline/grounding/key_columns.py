"""Keys, types and dates of many rows at once: each distinct text is looked at once."""

from collections.abc import Callable
from functools import lru_cache

import polars as pl

from pipeline.files.written_dates import date_of
from pipeline.identifiers import curie, document_id, entity_type
from schema.errors import InvalidInput

LONGEST_KEY = 4096
_DIGITS = r"^[0-9]+$"
_PMID = r"^PMID:[1-9][0-9]*$"
# Keys that stay as they are for these types, which most have; `curie` says the same of them.
_HEADING = r"^MESH:[CD][0-9]{6,15}$"
_NUMBER = r"^[1-9][0-9]{0,15}$"
_NUMBERED = {"Gene": "NCBIGene:", "Species": "NCBITaxon:"}


def document_keys(documents: pl.Series) -> pl.DataFrame:
    """Distinct `document`s as written, each with its `key`, the CURIE, null where it is none."""
    written = pl.col("document")
    forms = pl.DataFrame({"document": documents.drop_nulls().unique()}).filter(pl.col("document").str.len_chars() <= LONGEST_KEY)
    digits = written.str.strip_chars_start("0")
    known = forms.with_columns(
        key=pl.when(written.str.contains(_DIGITS))
        .then(pl.concat_str(pl.lit("PMID:"), pl.when(digits == "").then(pl.lit("0")).otherwise(digits)))
        .when(written.str.contains(_PMID))
        .then(written)
    )
    odd = known.filter(pl.col("key").is_null())["document"]
    return pl.concat([known.filter(pl.col("key").is_not_null()), _translated(odd, _document).rename({"text": "document"})])


def entity_keys(ends: pl.DataFrame) -> pl.DataFrame:
    """Distinct (`key`, `type`) as written, each with its `curie` and `kind`, both null where the key identifies nothing."""
    distinct = ends.drop_nulls().unique()
    key, kind = pl.col("key"), pl.col("type")
    known = distinct.with_columns(
        curie=pl.when(kind.is_in(["Chemical", "Disease"]) & key.str.contains(_HEADING))
        .then(key)
        .when(kind.is_in(list(_NUMBERED)) & key.str.contains(_NUMBER))
        .then(pl.concat_str(kind.replace(_NUMBERED), key)),
    )
    plain = known.filter(pl.col("curie").is_not_null()).with_columns(kind="type")
    told = [(key, kind, *_entity(key, kind)) for key, kind in known.filter(pl.col("curie").is_null()).select("key", "type").iter_rows()]
    return pl.concat([plain, pl.DataFrame(told, schema=plain.schema, orient="row")])


def dates(texts: pl.Series) -> pl.DataFrame:
    """Distinct dates as written (`text`), each with its `key`, the text form that the log has, null where it is none."""
    return _translated(texts.drop_nulls().unique(), _date)


def _translated(texts: pl.Series, by: Callable[[str], str | None]) -> pl.DataFrame:
    columns = {"text": pl.String, "key": pl.String}
    return pl.DataFrame({"text": texts, "key": [by(text) for text in texts.to_list()]}, schema_overrides=columns)


def _document(text: str) -> str | None:
    try:
        return document_id(text)
    except InvalidInput:
        return None


@lru_cache(maxsize=1 << 16)
def _date(text: str) -> str | None:
    try:
        found = date_of(text)
    except InvalidInput:
        return None
    return None if found is None else str(found)


@lru_cache(maxsize=1 << 16)
def _entity(key: str, written: str) -> tuple[str | None, str | None]:
    kind = entity_type(written)
    if len(key) > LONGEST_KEY or not written:
        return None, None
    try:
        found = curie(key, kind)
    except InvalidInput:
        return None, None
    return (found, kind) if found is not None else (None, None)
