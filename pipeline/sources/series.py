"""PubMed's numbered files: baseline and daily updates are one series a year, `pubmed26n0001.xml.gz` and on."""

import re
from collections.abc import Collection, Iterable

from schema.errors import FileUnfinished

_NAME = re.compile(r"((?:pubmed|medline)(\d\d)n)(\d{4,6})\.xml(?:\.gz)?")
_CHECKSUM = re.compile(r"^\s*(?:MD5\s*\(([^)]+)\)\s*=\s*([0-9a-fA-F]{32})|([0-9a-fA-F]{32})(?:\s+\*?(\S+))?)\s*$")

CHECKSUM = ".md5"
"""What the name of a file of checksums ends with, after the name of the file that it is of."""


def place_in_series(name: str) -> tuple[str, int] | None:
    """Series and number of a file, from its name; None where it is no file of PubMed's."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[3])) if found else None


def file_names(series: str, first: int, last: int) -> str:
    """A run of numbers as a person reads it."""
    names = f"{series}{first:04}", f"{series}{last:04}"
    return names[0] if first == last else " to ".join(names)


def missing_numbers(read: Collection[int], listed: Collection[int]) -> list[tuple[int, int]]:
    """Runs of numbers, first and last, that were neither read nor are listed, up to the greatest that is listed.

    A series may begin anywhere: updates go on where the year's baseline ends, and old files leave the listing.
    """
    if not listed:
        return []
    there = {*read, *listed}
    return list(_runs(number for number in range(min(there), max(listed)) if number not in there))


def told_checksum(text: str, name: str) -> str:
    """The MD5 that a file of checksums tells of a file, as `md5:…`; raises FileUnfinished where it tells none, or of another file."""
    found = _CHECKSUM.match(text) if len(text) < 1000 else None
    if found is None:
        raise FileUnfinished(f"{name}{CHECKSUM} holds no checksum, it begins with {text[:40]!r}")
    named = (found[1] or found[4] or name).rsplit("/", 1)[-1]
    if named != name:
        raise FileUnfinished(f"{name}{CHECKSUM} holds the checksum of {named!r}, another file")
    return f"md5:{(found[2] or found[3]).lower()}"


def _runs(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    first = last = -1
    for number in numbers:
        if first >= 0 and number == last + 1:
            last = number
            continue
        if first >= 0:
            yield first, last
        first = last = number
    if first >= 0:
        yield first, last
