"""PubTator3's relations, one a line: PMID, relation, Type|ID, Type|ID, parted by tabs, without a header."""

import re

import polars as pl

SOURCE = "pubtator3"
_LINE = re.compile(r"[^\t]+\t[^\t]+\t[^\t|]+\|[^\t]*\t[^\t|]+\|[^\t]*")
_CELLS = ("document", "relation", "head", "tail")


def is_relation(line: str) -> bool:
    """Whether a line looks like one of this format."""
    return _LINE.fullmatch(line) is not None


def relation_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The cells of lines (`number`, `line`, `garbled`, as `line_blocks.numbered` gives them).

    Columns: `number`, `line`; `document`, `relation`, `head`, `tail` as written (an end is `Type|ID`), null where there is a `flaw`,
    which says what is wrong with the line.
    """
    parted = lines.with_columns(pl.col("line").str.split_exact("\t", 4).struct.rename_fields([*_CELLS, "more"]).struct.unnest())
    shaped = (
        pl.col("tail").is_not_null()
        & pl.col("more").is_null()
        & pl.col("head").str.contains("|", literal=True)
        & pl.col("tail").str.contains("|", literal=True)
    )
    flaw = (
        pl.when("garbled")
        .then(pl.lit("the line holds bytes that are not UTF-8"))
        .when(~shaped)
        .then(pl.lit("the line is not PMID, relation, Type|ID and Type|ID, parted by tabs"))
    )
    checked = parted.with_columns(flaw=flaw)
    cells = (pl.when(pl.col("flaw").is_null()).then(pl.col(name).str.strip_chars()).alias(name) for name in _CELLS)
    return checked.select("number", "line", "flaw", *cells)
