"""The lines of a vocabulary file, plain or gzip, in bounded memory; what is no text or breaks off is an error."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, cast

from schema.errors import UnreadableRecord

HEAD = 1 << 16
"""Bytes from a file's beginning that say what it is."""
LONGEST_LINE = 1 << 22
_GZIP = b"\x1f\x8b"


def opened(stream: IO[bytes]) -> "io.BufferedReader[io.RawIOBase]":
    """The stream's content, decompressed where it is gzip; what it begins with can be peeked at."""
    buffered: io.BufferedReader[io.RawIOBase] = io.BufferedReader(cast("io.RawIOBase", stream), HEAD)
    if buffered.peek(2)[:2] != _GZIP:
        return buffered
    return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=buffered)), HEAD)


def head_of(stream: IO[bytes], file: str) -> bytes:
    """What a file begins with, decompressed; raises UnreadableRecord where it is compressed and broken."""
    try:
        return opened(stream).peek(HEAD)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableRecord(f"{file} is broken: {error}") from error


def text_lines(stream: IO[bytes], file: str) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers, without their ends; None for one that is not UTF-8 or longer than 4 MiB.

    Raises UnreadableRecord where compressed data break off: half a vocabulary must not take the place of a whole one.
    """
    number = 0
    try:
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST_LINE)
                yield number, None
                continue
            try:
                yield number, line.decode("utf-8").rstrip("\r\n").removeprefix("\ufeff")
            except UnicodeDecodeError:
                yield number, None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableRecord(f"{file} breaks off after line {number}: {error}") from error
