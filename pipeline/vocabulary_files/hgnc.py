"""Gene names of HGNC: its complete set, and the tables with the same columns under longer titles."""

from pipeline.files.cells import columns_of, plain_of
from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, Rows, TermOptions, term, text_lines

# Titles in lower case; the first that a file has counts.
_COLUMNS = {
    "id": ("hgnc_id", "hgnc id"),
    "symbol": ("symbol", "approved symbol"),
    "name": ("name", "approved name"),
    "status": ("status",),
    "entrez": ("entrez_id", "ncbi gene id(supplied by ncbi)", "ncbi gene id (supplied by ncbi)", "ncbi gene id"),
    "aliases": ("alias_symbol", "alias symbols"),
    "alias_names": ("alias_name", "alias names"),
    "previous": ("prev_symbol", "previous symbols"),
    "previous_names": ("prev_name", "previous names", "previous name"),
}


def is_hgnc(line: str) -> bool:
    """Whether a line is the header of such a table."""
    return {"id", "symbol", "name"} <= columns_of(line.split("\t"), _COLUMNS).keys()


def read_hgnc(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A gene for each approved symbol, under its NCBI number where it has one; its symbol is its name."""
    places: dict[str, int] = {}
    for number, line in text_lines(stream, file):
        if line is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, or far too long")
        elif not places:
            places = columns_of(line.split("\t"), _COLUMNS)
        elif line:
            yield _row(line, places, file, f"line {number}", wanted)


def _row(line: str, places: dict[str, int], file: str, place: str, wanted: TermOptions) -> Row:
    cells = line.split("\t")
    if len(cells) <= max(places[field] for field in ("id", "symbol", "name")):
        return BadRow(file, place, f"the row has {len(cells)} cells")
    told = {field: cells[at].strip().strip('"') if at < len(cells) else "" for field, at in places.items()}
    if told.get("status", "Approved").lower() not in {"approved", ""}:
        return Passed("withdrawn symbols")
    number = plain_of(told.get("entrez"))
    if number and not number.isdigit():
        return BadRow(file, place, f"the NCBI gene number {number[:40]!r} is no number")
    key = f"NCBIGene:{number}" if number else "HGNC:" + told["id"].removeprefix("HGNC:")
    # A name may hold commas; where symbols are parted by bars, names are too.
    synonyms = [told["name"]]
    for field in ("aliases", "previous"):
        cell = told.get(field, "")
        synonyms += cell.split("|" if "|" in cell else ", ")
    for field in ("alias_names", "previous_names"):
        synonyms += told.get(field, "").split("|")
    return term(key, wanted.type or "Gene", told["symbol"], synonyms, wanted, file, place)
