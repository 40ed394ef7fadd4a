"""Parquet, some rows at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import polars as pl

from schema.errors import UnreadableRecord


class ParquetTable:
    """A table in a stream in which one can seek; raises UnreadableRecord where it is none."""

    def __init__(self, stream: IO[bytes]) -> None:
        with _readable():
            self._frame = pl.scan_parquet(stream)
            self.header = self._frame.collect_schema().names()

    def rows(self, columns: Mapping[str, int], at_once: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows with their numbers, by field, of the columns at these places; raises UnreadableRecord where a page is broken."""
        names = {field: self.header[at] for field, at in columns.items()}
        with _readable():
            wanted, count = self._frame.select(list(dict.fromkeys(names.values()))), self._frame.select(pl.len()).collect().item()
            # By slices: polars' own batches read further ahead and took half as much memory again.
            for start in range(0, count, at_once):
                for number, row in enumerate(wanted.slice(start, at_once).collect().iter_rows(named=True), start + 1):
                    yield number, {field: row[name] for field, name in names.items()}


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UnreadableRecord(f"no Parquet: {error}") from error
