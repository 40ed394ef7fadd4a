"""Documents in tables: CSV or tab-separated text, row by row, and Parquet, slice by slice."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

import polars as pl

from pipeline.files.items import RECORD_LIMIT, Item, aside, day_of_instant, lines, usable
from pipeline.identifiers import document_id
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
_ESCAPED = re.compile("[\\udc80-\\udcff]")

csv.field_size_limit(RECORD_LIMIT)


def has_columns(header: list[str]) -> bool:
    """Whether a header names an id and a title or an abstract."""
    found = _columns(header)
    return "id" in found and ("title" in found or "abstract" in found)


def is_table(line: str) -> bool:
    """Whether a line is such a header, its cells parted by commas or tabs."""
    try:
        return any(has_columns(header) for delimiter in ",\t" for header in csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return False


def read_csv(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row; a row that is malformed is set aside with its line, below its header, so that it can be read again."""
    source = _Lines(stream)
    first = next(source, "").removeprefix("\ufeff")
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    header = next(csv.reader([first], delimiter=delimiter), [])
    columns = _columns(header)
    rows = csv.reader(source, delimiter=delimiter, strict=True)  # else an unclosed quote takes all that follows for one title
    while True:
        line, flaw = rows.line_num + 2, ""
        source.since.clear()
        try:
            row = next(rows, None)
        except csv.Error as error:
            row, flaw = [], f"is no CSV: {error}"
        if row is None:
            return
        if source.cut:
            flaw = f"is longer than {RECORD_LIMIT} bytes"
        elif row and len(row) != len(header):
            flaw = f"has {len(row)} cells where the header has {len(header)}"
        if row or flaw:
            told = {field: row[at] for field, at in columns.items() if at < len(row)}
            yield _item(told, name, f"line {line}", flaw, first + "".join(source.since))


class _Lines:
    """The lines of a stream, none longer than RECORD_LIMIT; `since` keeps those given since it was last cleared."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines = lines(stream)
        self.since: list[str] = []
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        _, line, self.cut = next(self._lines)
        text = line.decode("utf-8", "surrogateescape") + "\n"
        self.since.append(text)
        return text


def read_parquet(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row, of the columns that are needed, some rows at a time."""
    try:
        frame = pl.scan_parquet(stream)
        header = frame.collect_schema().names()
        if not has_columns(header):
            yield aside(name, "columns", f"the table has the columns {', '.join(header)}, and none for an id and a text", unit="file")
            return
        columns = {field: header[at] for field, at in _columns(header).items()}
        wanted, count = frame.select(columns.values()), frame.select(pl.len()).collect().item()
        # By slices: polars' own batches read further ahead and took half as much memory again.
        for start in range(0, count, _ROWS):
            for number, row in enumerate(wanted.slice(start, _ROWS).collect().iter_rows(named=True), start + 1):
                told = {field: row[column] for field, column in columns.items()}
                # As JSON, which is read again without the table.
                yield _item(told, name, f"row {number}", "", json.dumps(told, ensure_ascii=False, default=str))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
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


def _item(told: Mapping[str, Any], name: str, position: str, flaw: str, shown: str) -> Item:
    try:
        if flaw:
            raise UnreadableRecord(f"the row {flaw}")
        return _document(told)
    except InvalidInput as error:
        return aside(name, position, "the row holds bytes that are not UTF-8" if _ESCAPED.search(shown) else str(error), shown)


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
            published=PartialDate.parse(day_of_instant(_plain(when))) if _plain(when) else None,
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
