"""Documents in tables: CSV or tab-separated text, row by row, and Parquet, slice by slice."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

import polars as pl

from pipeline.identifiers import document_id
from pipeline.reading.items import RECORD_LIMIT, Item, aside, usable
from schema.dates import PartialDate
from schema.document import Document, Passage
from schema.errors import InvalidInput, UnreadableRecord

# Names that others give to our columns, lower case, the first that a table has counts.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "pmid", "pubmedid", "pubmed_id", "document", "document_id", "record_id"),
    "title": ("title", "articletitle", "article_title"),
    "abstract": ("abstract", "abstracttext", "abstract_text", "text"),
    "published": ("published", "date", "pubdate", "pub_date", "publication_date", "year", "pubyear", "publication_year"),
    "journal": ("journal", "journal_title"),
    "doi": ("doi",),
    "publication_types": ("publication_types", "publicationtypes", "pubtypes"),
}
_PREFERRED = {"id": ("pmid", "pubmedid", "pubmed_id")}
_ROWS = 2_000

csv.field_size_limit(RECORD_LIMIT)


def has_columns(header: list[str]) -> bool:
    """Whether a header names an id and a title or an abstract."""
    found = _columns(header)
    return "id" in found and ("title" in found or "abstract" in found)


def read_csv(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row; a row that is malformed is set aside with its line."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    first = text.readline()
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = _columns(header)
    rows = csv.reader(text, delimiter=delimiter, strict=True)  # else an unclosed quote takes all that follows for one title
    while True:
        line = rows.line_num + 2
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield aside(name, f"line {line}", f"the row is no CSV: {error}")
            continue
        if row is None:
            return
        if row:
            told = {field: row[at] for field, at in columns.items() if at < len(row)}
            yield _item(told, name, f"line {line}", len(row) == len(header) or f"has {len(row)} cells where the header has {len(header)}")


def read_parquet(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row."""
    try:
        frame = pl.scan_parquet(stream)
        header = frame.collect_schema().names()
        columns = _columns(header)
        if not has_columns(header):
            yield aside(name, "columns", f"the table has the columns {', '.join(header)}, and none for an id and a text", unit="file")
            return
        rows = frame.select(pl.len()).collect().item()
        for start in range(0, rows, _ROWS):
            for number, row in enumerate(frame.slice(start, _ROWS).collect().iter_rows(), start + 1):
                yield _item({field: row[at] for field, at in columns.items()}, name, f"row {number}", True)
    except (pl.exceptions.PolarsError, OSError) as error:
        yield aside(name, "byte 0", f"the file is no Parquet: {error}", unit="file")


def _columns(header: list[str]) -> dict[str, int]:
    places = {name.strip().lower(): at for at, name in reversed(list(enumerate(header)))}
    found = {}
    for field, names in COLUMNS.items():
        for name in (*_PREFERRED.get(field, ()), *names):
            if name in places:
                found[field] = places[name]
                break
    return found


def _item(told: Mapping[str, Any], name: str, position: str, whole: bool | str) -> Item:
    # As JSON, which is read again without the table's header.
    shown = json.dumps(told, ensure_ascii=False, default=str)
    try:
        if isinstance(whole, str):
            raise UnreadableRecord(f"the row {whole}")
        if any("\udc80" <= character <= "\udcff" for character in shown):
            raise UnreadableRecord("the row holds bytes that are not UTF-8")
        return _document(told)
    except InvalidInput as error:
        return aside(name, position, str(error), shown)


def _document(told: Mapping[str, Any]) -> Document:
    title, abstract = (str(told.get(field) or "").strip() for field in ("title", "abstract"))
    kinds = told.get("publication_types") or ()
    when = told.get("published")
    if when is not None and hasattr(when, "isoformat"):
        when = when.isoformat()[:10]
    return usable(
        Document(
            id=document_id(_plain(told.get("id"))),
            title=title,
            passages=(Passage(abstract),) if abstract else (),
            published=PartialDate.parse(_plain(when)) if _plain(when) else None,
            source="table",
            journal=str(told.get("journal") or "").strip() or None,
            doi=str(told.get("doi") or "").strip() or None,
            publication_types=tuple(sorted({k.strip() for k in (kinds.split(";") if isinstance(kinds, str) else kinds) if k.strip()})),
        )
    )


def _plain(value: Any) -> str:
    """Numbers as other programs write them into tables: 1999.0 is 1999."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value if value is not None else "").strip()
    return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text
