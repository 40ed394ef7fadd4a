"""The records of an XML file as bytes, one at a time, so that each is parsed, or fails, by itself."""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from lxml import etree

from pipeline.files.items import RECORD_LIMIT, Item, aside
from schema.errors import InvalidInput, UnreadableRecord

CUT_OFF = "the file is cut off: it ends within this record"
NOT_CLOSED = "the file is cut off: it ends before the end tag of its root element"
TOO_LONG = f"the record is longer than {RECORD_LIMIT} bytes"

_CHUNK = 1 << 20
_PREFIX = re.compile(r"Namespace prefix ([A-Za-z_][\w.-]*) ", re.ASCII)
_BEGIN = re.compile(rb"<[A-Za-z][\w.-]*")
_MOST_PREFIXES = 8
# Longer than any start tag's name, so that one cut by the end of a chunk is not overlooked.
_OVERLAP = 32


class Record(NamedTuple):
    """A record's bytes and place; `flaw` says why it cannot be parsed, if it cannot."""

    number: int
    at: int
    data: bytes
    flaw: str = ""


def opening(*names: str) -> re.Pattern[bytes]:
    """What `records` looks for: a record's start tag, unless it is empty, and remarks, in which there are no records."""
    return re.compile(rb"<(?:!--|(" + "|".join(names).encode() + rb")(?=[\s>])(?!\s*/>))")


def record_parser(encoding: str) -> etree.XMLParser:
    """A parser of single records; raises UnreadableRecord for an encoding that is not known."""
    try:
        codecs.lookup(encoding)
        return _parser(encoding)
    except LookupError as cause:
        raise UnreadableRecord(f"the file is in the encoding {encoding!r}, which nothing here knows") from cause


def read_records(
    stream: IO[bytes], begin: re.Pattern[bytes], root: str, encoding: str, name: str, items: Callable[[etree._Element], Iterator[Item]]
) -> Iterator[Item]:
    """The items of every record, or for one that cannot be used why not; for an unknown encoding that alone."""
    try:
        parser = record_parser(encoding)
    except UnreadableRecord as error:
        yield aside(name, "byte 0", str(error), unit="file")
        return
    for record in records(stream, begin, root):
        if record.flaw == NOT_CLOSED:
            yield aside(name, f"byte {record.at}, after record {record.number}", record.flaw, unit="file")
            continue
        reason, unit = record.flaw, "file" if record.flaw == CUT_OFF else "document"
        if not reason:
            try:
                yield from items(_parsed(record.data, parser))
                continue
            except etree.XMLSyntaxError as error:
                reason = f"the record is not well-formed XML: {error.msg}"
            except InvalidInput as error:
                reason = str(error)
        yield aside(name, f"record {record.number}, byte {record.at}", reason, record.data.decode(encoding, "replace"), unit=unit)


def records(stream: IO[bytes], begin: re.Pattern[bytes], root: str) -> Iterator[Record]:
    """The records of a stream; what lies between them is passed over.

    A file that ends within a record has it as its last, with CUT_OFF; one that ends without the end tag of its root, if that
    is no record itself, has an empty last one with NOT_CLOSED.
    """
    closing, closed = f"</{root}".encode(), begin.match(f"<{root}>".encode()) is not None
    buffer, base, at, number = b"", 0, 0, 0  # `at` is how far the buffer is read, `base` where it begins in the file
    while True:
        found = begin.search(buffer, at)
        if found is None:
            closed = closed or buffer.find(closing, at) >= 0
            kept = max(at, len(buffer) - _OVERLAP)
            chunk = stream.read(_CHUNK)
            if not chunk:
                break
            base, buffer, at = base + kept, buffer[kept:] + chunk, 0
            continue
        start = found.start()
        if not found[1]:
            passed, buffer, at = _skip(stream, buffer[start:], b"-->")
            base += start + passed
            continue
        number += 1
        tag = b"</" + found[1] + b">"
        end = buffer.find(tag, start)
        if end < 0:
            base, buffer, start = base + start, buffer[start:], 0
            end, buffer = _to_end(stream, buffer, tag)
        else:
            end += len(tag)
        if end >= 0:
            # A record that lacks its end tag does not take the next one with it: no record holds another of its kind.
            if (inner := buffer.find(b"<" + found[1], start + 1, end)) >= 0:
                end = inner
            yield Record(number, base + start, buffer[start:end], TOO_LONG if end - start > RECORD_LIMIT else "")
            at = end
        elif len(buffer) <= RECORD_LIMIT:
            yield Record(number, base, buffer, CUT_OFF)
            return
        else:
            yield Record(number, base, buffer[:RECORD_LIMIT], TOO_LONG)
            passed, buffer, at = _skip(stream, buffer, tag)
            base += passed
    if not closed:
        yield Record(number, base + len(buffer), b"", NOT_CLOSED)


def _parser(encoding: str) -> etree.XMLParser:
    # A record is parsed by itself, without its file's DTD: no entity is declared, so none is expanded. libxml2's own limits
    # stay on (huge_tree=False), for a record is short.
    return etree.XMLParser(
        encoding=encoding, resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )


def _parsed(data: bytes, parser: etree.XMLParser) -> etree._Element:
    """A record; prefixes of names that its file's root declares are declared in it."""
    for _ in range(_MOST_PREFIXES):
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            found = _PREFIX.search(error.msg or "")
            begin = _BEGIN.match(data)
            if found is None or begin is None:
                raise
            prefix = found[1].encode()
            data = b"%s xmlns:%s='urn:%s'%s" % (begin[0], prefix, prefix, data[begin.end() :])
    return etree.fromstring(data, parser)


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
    """Pass over all up to the end of a tag, keeping little of it: bytes dropped, what is kept, where the tag ends in it."""
    passed = 0
    while (end := buffer.find(tag)) < 0:
        chunk = stream.read(_CHUNK)
        if not chunk:
            return passed + len(buffer), b"", 0
        kept = min(len(buffer), len(tag))
        passed += len(buffer) - kept
        buffer = buffer[len(buffer) - kept :] + chunk
    return passed, buffer, end + len(tag)
