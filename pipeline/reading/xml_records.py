"""The records of an XML file as bytes, one at a time, so that each is parsed, or fails, by itself."""

import re
from collections.abc import Iterator
from typing import IO

from pipeline.reading.items import RECORD_LIMIT

_CHUNK = 1 << 20
# Longer than any start tag's name, so that one cut by the end of a chunk is not overlooked.
_OVERLAP = 32


def records(stream: IO[bytes], opening: re.Pattern[bytes]) -> Iterator[tuple[int, int, bytes, bool]]:
    """Number, byte, text of each record, and whether it is whole; what lies between records is passed over.

    `opening` matches the beginning of a record's start tag, its first group is the tag's name.
    """
    buffer, base, at, number = b"", 0, 0, 0  # `at` is how far the buffer is read, `base` where it begins in the file
    while True:
        found = opening.search(buffer, at)
        if found is None:
            kept = max(at, len(buffer) - _OVERLAP)
            chunk = stream.read(_CHUNK)
            if not chunk:
                return
            base, buffer, at = base + kept, buffer[kept:] + chunk, 0
            continue
        number += 1
        start, tag = found.start(), b"</" + found[1] + b">"
        end = buffer.find(tag, start)
        if end < 0:
            base, buffer, start = base + start, buffer[start:], 0
            end, buffer = _to_end(stream, buffer, tag)
        else:
            end += len(tag)
        if end < 0:
            yield number, base, buffer[:RECORD_LIMIT], False
            if len(buffer) <= RECORD_LIMIT:
                return  # the file ends within the record
            passed, buffer, at = _skip(stream, buffer, tag)
            base += passed
        else:
            # A record that lacks its end tag does not take the next one with it: no record holds another of its kind.
            if (inner := buffer.find(b"<" + found[1], start + 1, end)) >= 0:
                end = inner
            yield number, base + start, buffer[start:end], end - start <= RECORD_LIMIT
            at = end


def _to_end(stream: IO[bytes], buffer: bytes, tag: bytes) -> tuple[int, bytes]:
    """Where the record that begins the buffer ends, reading on as needed; -1 where it is cut off or too long."""
    searched = 0
    while (end := buffer.find(tag, searched)) < 0:
        if len(buffer) > RECORD_LIMIT:
            return -1, buffer
        searched = max(0, len(buffer) - len(tag))
        chunk = stream.read(_CHUNK)
        if not chunk:
            return -1, buffer
        buffer += chunk
    return end + len(tag), buffer


def _skip(stream: IO[bytes], buffer: bytes, tag: bytes) -> tuple[int, bytes, int]:
    """Pass over the rest of a record that is too long, keeping little of it: bytes dropped, what is kept, where the record ends in it."""
    passed = 0
    while (end := buffer.find(tag)) < 0:
        chunk = stream.read(_CHUNK)
        if not chunk:
            return passed, b"", 0
        passed += max(0, len(buffer) - len(tag))
        buffer = buffer[-len(tag) :] + chunk
    return passed, buffer, end + len(tag)
