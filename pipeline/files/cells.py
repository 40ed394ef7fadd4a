"""Tables as text: columns by any of their names, and what a cell says, the same for every reader."""

import csv
import re
from collections.abc import Mapping
from math import isnan
from typing import Any

from pipeline.identifiers import is_missing, whole_number

_SEPARATORS = re.compile(r"[\s_-]+")


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
    """Where each field is that a header has; of the names of a field the first that the header has counts (see `all_columns_of`)."""
    return {field: places[0] for field, places in all_columns_of(header, names).items()}


def all_columns_of(header: list[str], names: Mapping[str, tuple[str, ...]]) -> dict[str, list[int]]:
    """Where each field may be that a header has, in the order of its names; case is no matter, and a blank or a dash as good as `_`."""
    titles = {_plain_title(title): at for at, title in reversed(list(enumerate(header)))}
    places = {field: [titles[name] for name in map(_plain_title, known) if name in titles] for field, known in names.items()}
    return {field: list(dict.fromkeys(found)) for field, found in places.items() if found}


def _plain_title(title: object) -> str:
    return _SEPARATORS.sub("_", str(title).strip().lower())


def text_of(value: Any) -> str:
    """What a cell says; nothing where there is nothing."""
    return "" if value is None or (isinstance(value, float) and isnan(value)) else str(value).strip()


def plain_of(value: Any) -> str:
    """What a cell with an id, a number or a type says: nothing where it says that it is missing, and 1999 for 1999.0."""
    text = text_of(value)
    return "" if is_missing(text) else text if whole_number(text) is None else text.partition(".")[0]
