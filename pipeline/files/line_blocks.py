"""Large files of lines, some millions of bytes at a time, so that memory does not grow with the file."""

from collections.abc import Iterator

import polars as pl

from pipeline.files.items import RECORD_LIMIT
from pipeline.files.opened_file import OpenedFile

BLOCK = 4_000_000
"""Bytes taken at a time. What is recorded together depends on it: another size makes other batches of the same file."""


def blocks(stream: OpenedFile, size: int = BLOCK) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines, each with the number of its first line; the same file gives the same blocks.

    A longer line than RECORD_LIMIT loses its middle and has a NUL in that place, so that nothing takes it for whole. Where the file
    turns out to be broken at its end, the line that it breaks off in is left out.
    """
    number, rest = 1, b""
    while some := stream.read(size):
        end = some.rfind(b"\n") + 1
        if not end:
            rest += some
            rest = rest if len(rest) <= RECORD_LIMIT else rest[:RECORD_LIMIT] + b"\x00"
            continue
        block, rest = rest + some[:end], some[end:]
        yield number, block
        number += block.count(b"\n")
    if rest and stream.broken is None:
        yield number, rest


def numbered(number: int, block: bytes) -> pl.DataFrame:
    """The lines of a block that are not empty: `number`, `line` and `garbled`, where bytes that are not UTF-8 have been replaced."""
    try:
        texts, garbled = block.decode().split("\n"), None
    except UnicodeDecodeError:
        raw = block.split(b"\n")
        texts = [line.decode("utf-8", "replace") for line in raw]
        garbled = [text.encode() != line for text, line in zip(texts, raw, strict=True)]
    frame = pl.DataFrame({"line": texts, "garbled": garbled}, schema={"line": pl.String, "garbled": pl.Boolean})
    frame = frame.with_columns(pl.col("line").str.strip_chars("\r\ufeff"), pl.col("garbled").fill_null(value=False))
    return frame.select(pl.int_range(number, number + pl.len(), dtype=pl.Int64).alias("number"), "line", "garbled").filter(
        pl.col("line").str.contains(r"\S")
    )
