"""Documents in tables: CSV or tab-separated text, row by row, and Parquet, slice by slice."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from pipeline.files.cells import all_columns_of, cells_of, delimiter_of, plain_of, text_of
from pipeline.files.items import RECORD_LIMIT, Item, aside, bounded_lines, usable
from pipeline.files.parquet_table import ParquetTable
from pipeline.files.written_dates import date_of
from pipeline.identifiers import document_id, is_missing
from schema.document import Document, Passage
from schema.errors import InvalidInput, UnreadableRecord

# Names that others give to our columns, lower case, `_` for blanks; of those that a table has the first with a value counts. Besides
# ours and BioPython's these are PubMed's, Scopus' and Web of Science's, the latter's tags of two letters too.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": (
        *("pmid", "pubmedid", "pubmed_id", "id", "document", "document_id", "record_id", "pm"),
        *("pmcid", "pmc", "doi", "di", "eid", "ut_(unique_wos_id)", "ut", "accession_number"),
    ),
    "title": ("title", "articletitle", "article_title", "document_title", "ti"),
    "abstract": ("abstract", "abstracttext", "abstract_text", "text", "ab"),
    "published": ("published", "date", "pubdate", "pub_date", "publication_date", "year", "pubyear", "publication_year", "pub_year", "py"),
    "journal": ("journal", "journal_title", "journal/book", "source_title", "publication_title", "so"),
    "doi": ("doi", "di"),
    "publication_types": ("publication_types", "publicationtypes", "publication_type", "pubtypes", "document_type", "dt"),
}
_ROWS = 2_000
_ESCAPED = re.compile("[\\udc80-\\udcff]")

csv.field_size_limit(RECORD_LIMIT)


def is_document_table(line: str) -> bool:
    """Whether a line is a header that names an id and a title or an abstract, its cells parted by commas or tabs."""
    return _is_whole(all_columns_of(cells_of(line, delimiter_of(line)) or [], COLUMNS))


def read_csv(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row; a row that is malformed is set aside with its line, below its header, so that it can be read again."""
    source = _Lines(stream)
    first = next((line.lstrip() for line in source if line.strip()), "")
    delimiter = delimiter_of(first)
    header = cells_of(first, delimiter)
    if header is None:
        yield aside(name, f"line {source.number}", "the header is no CSV", first, unit="file")
        return
    columns = all_columns_of(header, COLUMNS)
    rows = csv.reader(source, delimiter=delimiter, strict=True)  # else an unclosed quote takes all that follows for one title
    while True:
        line, flaw = source.number + 1, ""
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
            told = {field: _first_of(row[at] for at in places if at < len(row)) for field, places in columns.items()}
            yield _item(told, name, f"line {line}", flaw, first + "".join(source.since))


class _Lines:
    """The lines of a stream, none longer than RECORD_LIMIT; `since` keeps those given since it was last cleared."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines = bounded_lines(stream)
        self.number = 0
        self.since: list[str] = []
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line, self.cut = next(self._lines)
        text = line.decode("utf-8", "surrogateescape") + "\n"
        self.since.append(text)
        return text


def read_document_parquet(stream: IO[bytes], name: str) -> Iterator[Item]:
    """A document for each row, of the columns that are needed, some rows at a time."""
    try:
        table = ParquetTable(stream)
        columns = all_columns_of(table.header, COLUMNS)
        if not _is_whole(columns):
            yield aside(name, "columns", f"the table has the columns {', '.join(table.header)}, and none for an id and a text", unit="file")
            return
        places = {f"{field} {nth}": at for field, all_ in columns.items() for nth, at in enumerate(all_)}
        for number, cells in table.rows(places, _ROWS):
            told = {field: _first_of(cells[f"{field} {nth}"] for nth in range(len(all_))) for field, all_ in columns.items()}
            # As JSON, which is read again without the table.
            yield _item(told, name, f"row {number}", "", json.dumps(told, ensure_ascii=False, default=str))
    except UnreadableRecord as error:
        yield aside(name, "byte 0", f"the file is {error}", unit="file")


def _first_of(cells: Iterable[Any]) -> Any:
    """The first of some cells that says something."""
    return next((cell for cell in cells if not isinstance(cell, str | float | None) or not is_missing(text_of(cell))), None)


def _is_whole(columns: Mapping[str, Sequence[int]]) -> bool:
    return "id" in columns and ("title" in columns or "abstract" in columns)


def _item(told: Mapping[str, Any], name: str, position: str, flaw: str, shown: str) -> Item:
    try:
        if flaw:
            raise UnreadableRecord(f"the row {flaw}")
        return _document(told)
    except InvalidInput as error:
        return aside(name, position, "the row holds bytes that are not UTF-8" if _ESCAPED.search(shown) else str(error), shown)


def _document(told: Mapping[str, Any]) -> Document:
    title, abstract = (text_of(told.get(field)) for field in ("title", "abstract"))
    kinds = told.get("publication_types") or ()
    return usable(
        Document(
            id=document_id(text_of(told.get("id"))),
            title=title,
            passages=(Passage(abstract),) if abstract else (),
            published=date_of(told.get("published")),
            source="table",
            journal=text_of(told.get("journal")) or None,
            doi=plain_of(told.get("doi")) or None,
            publication_types=tuple(sorted({k.strip() for k in (kinds.split(";") if isinstance(kinds, str) else kinds)} - {""})),
        )
    )
