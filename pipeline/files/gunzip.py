"""Gzip that gives all it can: what comes before a break is read, and the break is told afterwards."""

import io
import zlib
from typing import IO

_CHUNK = 1 << 16
_PIECE = 1 << 18
_WITH_HEADER = 16 + zlib.MAX_WBITS


class Gunzip(io.RawIOBase):
    """The decompressed bytes of a stream of one or several gzip members; `error` says how they broke off, if they did."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._member = zlib.decompressobj(_WITH_HEADER)
        self._waiting = b""  # compressed
        self._ready = memoryview(b"")  # decompressed
        self._ended = False
        self._begun = False
        self.error = ""
        self.given = 0

    def readable(self) -> bool:
        """As a stream is asked."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """As a stream does; 0 at the end and where it breaks off."""
        while not self._ready:
            if self._ended or not self._more():
                self._ended = True
                return 0
        size = min(len(self._ready), len(buffer))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        self.given += size
        return size

    def _more(self) -> bool:
        if self._member.eof:
            # Zeros may fill up the end of a tape or a block.
            self._waiting = self._member.unused_data.lstrip(b"\x00")
            self._member, self._begun = zlib.decompressobj(_WITH_HEADER), False
        self._waiting = self._waiting or self._stream.read(_CHUNK)
        if not self._begun:
            self._waiting = self._waiting.lstrip(b"\x00")
        if not self._waiting:
            if self._begun:
                self.error = "it is cut off"
            return False
        self._begun = True
        try:
            # A piece at a time: a few bytes can decompress to any number.
            self._ready = memoryview(self._member.decompress(self._waiting, _PIECE))
        except zlib.error as error:
            self.error = str(error)
            return False
        self._waiting = self._member.unconsumed_tail
        return True
