"""Publication dates by document, for as many documents as PubMed has: eight bytes for each PMID."""

import csv
import re
from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.files.line_blocks import BLOCK, blocks, numbered
from pipeline.files.opened_file import OpenedFile
from pipeline.files.written_dates import date_of
from pipeline.identifiers import document_id, is_missing
from schema.dates import PartialDate
from schema.errors import InvalidInput

# Up to nine digits: what surely fits into 32 bits; there are forty million PMIDs.
_PMID = r"^(?:PMID:)?0*([0-9]{1,9})(?:\.0+)?$"


class DateTable:
    """Documents and their dates. PMIDs lie in sorted columns, other ids in a dictionary."""

    def __init__(self, pmids: pl.Series, dates: pl.Series, others: Mapping[str, int], texts: Sequence[str]) -> None:
        """`dates`, beside the sorted `pmids`, and `others` give places in `texts`."""
        self._pmids, self._dates, self._others = pmids, dates, others
        self._texts = pl.Series("published", texts, dtype=pl.String)

    def __len__(self) -> int:
        return len(self._pmids) + len(self._others)

    def get(self, document: str) -> PartialDate | None:
        """The date of one document, by its CURIE."""
        text = self.texts(pl.Series([document], dtype=pl.String))[0]
        return None if text is None else PartialDate.parse(text)

    def texts(self, documents: pl.Series) -> pl.Series:
        """The dates of many documents (CURIEs) in their text form, null where there is none."""
        places = pl.Series("place", [None], dtype=pl.UInt32).new_from_index(0, len(documents))
        if not self._pmids.is_empty():
            wanted = documents.str.extract(_PMID).cast(pl.UInt32)
            near = self._pmids.search_sorted(wanted.fill_null(0)).clip(0, len(self._pmids) - 1)
            looked_up = pl.DataFrame({"wanted": wanted, "pmid": self._pmids.gather(near), "date": self._dates.gather(near)})
            places = looked_up.select(pl.when(pl.col("wanted") == pl.col("pmid")).then("date")).to_series()
        if self._others:
            named = pl.Series([self._others.get(document) for document in documents.to_list()], dtype=pl.UInt32)
            places = places.fill_null(named)
        return self._texts.gather(places)


def read_date_table(file: OpenedFile, size: int = BLOCK) -> DateTable:
    """The table whose first two columns are id and date, read `size` bytes at a time; raises InvalidInput naming the line.

    Tab-separated where the first line has a tab, else comma-separated. Further columns, a header and lines that begin with `#` are
    passed over. Of several dates of one document the last counts.
    """
    building = _Building()
    for number, block in blocks(file, size):
        building.add(number, block)
    return building.table()


def _quoted_cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # no table at all: what stands in its second cell is no date, and is refused as such
        return line.split(delimiter)


class _Building:
    """A table as it grows."""

    def __init__(self) -> None:
        self._separator = ""
        self._header = 0  # number of the first line that is no comment: it may name the columns
        self._places: dict[str, int | None] = {}  # a date as written: its place in `texts`, None where it is none
        self._texts: list[str] = []
        self._parts = [pl.DataFrame(schema={"pmid": pl.UInt32, "date": pl.UInt32})]
        self._others: dict[str, int] = {}

    def add(self, number: int, block: bytes) -> None:
        """Take the lines of a block."""
        rows = self._cells(numbered(number, block).filter(~pl.col("line").str.starts_with("#")))
        written = [text for text in rows["written"].unique().to_list() if not is_missing(text)]
        rows = rows.filter(pl.col("written").is_in(pl.Series(written, dtype=pl.String)))
        for text in written:
            if text not in self._places:
                self._places[text] = self._place(text)
        places = [self._places[text] for text in written]
        codes = pl.DataFrame({"written": written, "date": places}, schema={"written": pl.String, "date": pl.UInt32})
        pmid = pl.col("id").str.strip_chars().str.extract(_PMID).cast(pl.UInt32)
        rows = rows.join(codes, on="written", how="left", maintain_order="left").with_columns(pmid=pmid)
        self._check(rows)
        dated = rows.filter(pl.col("date").is_not_null())
        self._parts.append(dated.filter(pl.col("pmid").is_not_null()).select("pmid", "date"))
        odd = dated.filter(pl.col("pmid").is_null()).select("number", "id", "date").iter_rows()
        others = {key: date for at, written_id, date in odd if (key := self._other(at, written_id)) is not None}
        pmids = {key: int(found[1]) for key in others if (found := re.match(_PMID, key))}
        self._parts.append(pl.DataFrame([(pmids[key], others.pop(key)) for key in pmids], schema=self._parts[0].schema, orient="row"))
        self._others |= others

    def table(self) -> DateTable:
        """All that was added."""
        numbers = pl.concat(self._parts, rechunk=True)
        self._parts = []
        if not numbers["pmid"].is_sorted() or (numbers["pmid"] == numbers["pmid"].shift(1)).any():
            numbers = numbers.sort("pmid", maintain_order=True).unique("pmid", keep="last", maintain_order=True)
        return DateTable(numbers["pmid"].set_sorted(), numbers["date"], self._others, self._texts)

    def _cells(self, lines: pl.DataFrame) -> pl.DataFrame:
        if not self._separator and not lines.is_empty():
            self._separator, self._header = ("\t" if "\t" in lines["line"][0] else ","), lines["number"][0]
        is_quoted = pl.col("line").str.contains('"', literal=True)
        cells = pl.col("line").str.splitn(self._separator or ",", 3).struct.rename_fields(["id", "written", "more"])
        plain = lines.filter(~is_quoted).select("number", cells.struct.unnest()).drop("more")
        quoted = lines.filter(is_quoted)
        read = [_quoted_cells(line, self._separator) for line in quoted["line"].to_list()]
        careful = [(number, *row[:2]) for number, row in zip(quoted["number"].to_list(), read, strict=True) if len(row) > 1]
        rows = pl.concat([plain, pl.DataFrame(careful, schema=plain.schema, orient="row")]).sort("number")
        return rows.filter(pl.col("written").is_not_null())

    def _place(self, written: str) -> int | None:
        try:
            text = str(date_of(written))
        except InvalidInput:
            return None
        self._texts.append(text)
        return len(self._texts) - 1

    def _check(self, rows: pl.DataFrame) -> None:
        wrong = rows.filter(pl.col("date").is_null() & (pl.col("number") != self._header))
        for number, written in wrong.head(1).select("number", "written").iter_rows():
            try:
                date_of(written)
            except InvalidInput as cause:
                raise InvalidInput(f"line {number}: {cause}") from cause

    def _other(self, number: int, written: str) -> str | None:
        """The CURIE of a document; None where it is the header that has none."""
        try:
            return document_id(written)
        except InvalidInput as cause:
            if number == self._header:
                return None
            raise InvalidInput(f"line {number}: {cause}") from cause
