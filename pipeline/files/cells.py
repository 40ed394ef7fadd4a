"""Tables as text: columns by any of their names, and what a cell says, the same for every reader."""

import csv
from collections.abc import Mapping
from math import isnan
from typing import Any

from pipeline.identifiers import is_missing, whole_number
from schema.dates import PartialDate


def delimiter_of(header: str) -> str:
    """A tab where a header has at least as many tabs as commas, else a comma."""
    return "\t" if "\t" in header and header.count("\t") >= header.count(",") else ","


def cells_of(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line; None where it is no CSV."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def columns_of(header: list[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Where each field is that a header has; of the names of a field, in lower case, the first that the header has counts."""
    titles = {str(title).strip().lower(): at for at, title in reversed(list(enumerate(header)))}
    found = ((field, next((titles[name] for name in known if name in titles), None)) for field, known in names.items())
    return {field: at for field, at in found if at is not None}


def text_of(value: Any) -> str:
    """What a cell says; nothing where there is nothing."""
    return "" if value is None or (isinstance(value, float) and isnan(value)) else str(value).strip()


def plain_of(value: Any) -> str:
    """What a cell with an id, a number or a type says: nothing where it says that it is missing, and 1999 for 1999.0."""
    text = text_of(value)
    return "" if is_missing(text) else text if whole_number(text) is None else text.partition(".")[0]


def date_of(value: Any) -> PartialDate | None:
    """The date in a cell, of any type that a table can have; None where it is missing. Raises InvalidDate."""
    text = plain_of(value.isoformat() if hasattr(value, "isoformat") else value)
    return PartialDate.parse(text) if text else None
