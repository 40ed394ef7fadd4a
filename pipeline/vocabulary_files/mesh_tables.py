"""MeSH as tables of labels: identifier, name, synonyms parted by bars, then tree numbers, or the headings of a supplement."""

import re
from collections import Counter
from collections.abc import Iterable

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, Rows, TermOptions, term, text_lines

_IDENTIFIER = re.compile(r"[DC]\d{6,9}")
NO_TYPE = "of no type that MeSH trees give"
_NO_HEADING = "supplements whose headings are not loaded: load the descriptors first, or give --type"


def is_mesh_table(line: str) -> bool:
    """Whether a first line is such a row."""
    cells = line.split("\t")
    return len(cells) >= 4 and _IDENTIFIER.fullmatch(cells[0]) is not None


def read_mesh_table(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each row whose trees or headings are of a type."""
    for number, line in text_lines(stream, file):
        if line:
            yield _row(line, file, f"line {number}", wanted)
        elif line is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, or far too long")


def type_of_trees(trees: Iterable[str]) -> str:
    """Disease for diseases and mental disorders (C, F03), Chemical for chemicals and drugs (D), else ""."""
    areas = {"Disease" if tree.startswith(("C", "F03")) else "Chemical" for tree in trees if tree.startswith(("C", "D", "F03"))}
    return "Disease" if "Disease" in areas else "Chemical" if areas else ""


def type_of_headings(headings: Iterable[str], wanted: TermOptions) -> str:
    """What most of a supplement's headings are; Chemical on a tie, for most supplements are; "" where none is loaded."""
    kinds = Counter(wanted.headings[key] for key in (f"MESH:{each}" for each in headings) if key in wanted.headings)
    return max(sorted(kinds), key=lambda kind: kinds[kind]) if kinds else ""


def without_type(wanted: TermOptions) -> Passed:
    """What is said of a supplement whose headings say no type."""
    return Passed(NO_TYPE if wanted.headings else _NO_HEADING)


def _row(line: str, file: str, place: str, wanted: TermOptions) -> Row:
    cells = line.split("\t")
    if len(cells) < 4 or not _IDENTIFIER.fullmatch(cells[0]):
        return BadRow(file, place, f"{line[:60]!r} does not begin with a MeSH identifier and three more cells")
    key, name, synonyms = f"MESH:{cells[0]}", cells[1], cells[2].split("|")
    if cells[0].startswith("D"):
        kind = type_of_trees(cells[3].split("|")) or wanted.type or ""
        return term(key, kind, name, synonyms, wanted, file, place) if kind else Passed(NO_TYPE)
    kind = type_of_headings(cells[3].split(","), wanted) or wanted.type or ""
    return term(key, kind, name, synonyms, wanted, file, place) if kind else without_type(wanted)
