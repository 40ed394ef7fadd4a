"""A file opened once for every format: looked at, unpacked, and its text made UTF-8."""

import codecs
import io
import sys
import zlib
from collections.abc import Callable
from typing import IO, NamedTuple, Protocol

HEAD = 1 << 16
"""Bytes from the beginning of a file's content that say what it is."""

_CHUNK = 1 << 16
_PIECE = 1 << 18
_WITH_HEADER = 16 + zlib.MAX_WBITS
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def unpacked_name(name: str) -> str:
    """The name of a file in lower case, without the ending that says how it is packed."""
    return name.lower().removesuffix(".gz").removesuffix(".zst")


class Break(NamedTuple):
    """Where a file breaks off, in bytes of its content, and how."""

    position: str
    reason: str


class OpenedFile(io.BufferedReader):
    """The content of a binary stream that stands at its beginning: gzip and zstd unpacked, UTF-16 with a mark made UTF-8.

    `head` is what the content begins with. What comes before a break is read; only then does `broken` tell of it.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._start = stream, stream.tell() if stream.seekable() else None
        front = _Front(stream)
        self._unpacked: _Unpacked | None = None
        if (form := _packed_form(front.head)) is not None:
            self._unpacked = _Unpacked(front, form)
            front = _Front(self._unpacked)
        self._translated: _Utf16 | None = None
        if front.head.startswith(_UTF_16):
            self._translated = _Utf16(front)
            front = _Front(self._translated)
        self.has_mark = self._translated is not None or front.head.startswith(codecs.BOM_UTF8)
        """Whether a byte order mark says how the text is encoded, whatever the text says itself."""
        front.drop(codecs.BOM_UTF8)
        self.head = front.head
        super().__init__(front, _PIECE)

    @property
    def broken(self) -> Break | None:
        """How the file broke off, as far as it has been read; None where it did not."""
        if self._unpacked is not None and self._unpacked.error:
            return Break(f"byte {self._unpacked.given} (decompressed)", f"the compressed file is broken: {self._unpacked.error}")
        if self._translated is not None and self._translated.error:
            return Break("its end", f"the file is broken: {self._translated.error}")
        return None

    def sought(self) -> IO[bytes]:
        """The whole content as a stream in which one can seek: the file itself where it is not packed, else a copy in memory."""
        if self._start is None or self._unpacked is not None:
            return io.BytesIO(self.read())
        self._stream.seek(self._start)
        return self._stream


class _Decompressor(Protocol):
    """As those of the standard library are."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Form(NamedTuple):
    begin: Callable[[], _Decompressor]
    error: type[Exception]


class _Front(io.RawIOBase):
    """A stream whose first bytes have been looked at."""

    def __init__(self, stream: "IO[bytes] | io.RawIOBase") -> None:
        self._stream = stream
        head = b""
        while len(head) < HEAD and (some := stream.read(HEAD - len(head))):
            head += some
        self.head = head
        self._rest = memoryview(head)

    def drop(self, mark: bytes) -> None:
        """Leave out what the stream begins with, if it does."""
        self.head = self.head.removeprefix(mark)
        self._rest = memoryview(self.head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        chunk: bytes | memoryview
        if self._rest:
            chunk, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        else:
            chunk = self._stream.read(len(buffer)) or b""
        buffer[: len(chunk)] = chunk
        return len(chunk)


class _InPieces(io.RawIOBase):
    """A stream made of another, piece by piece."""

    def __init__(self, stream: io.RawIOBase) -> None:
        self._stream = stream
        self._ready = memoryview(b"")
        self._ended = False
        self.error = ""
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._ready:
            if self._ended:
                return 0
            piece = self._more()
            self._ended, self._ready = piece is None, memoryview(piece or b"")
        size = min(len(self._ready), len(buffer))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        self.given += size
        return size

    def _more(self) -> bytes | None:
        """The next piece, perhaps empty; None at the end and where it breaks off."""
        raise NotImplementedError


class _Unpacked(_InPieces):
    """What one or several compressed members hold."""

    def __init__(self, stream: io.RawIOBase, form: _Form) -> None:
        super().__init__(stream)
        self._form = form
        self._member = form.begin()
        self._begun = False
        self._waiting = b""

    def _more(self) -> bytes | None:
        if self._member.eof:
            self._waiting, self._member, self._begun = self._member.unused_data, self._form.begin(), False
        if not self._begun or self._member.needs_input:
            self._waiting = self._waiting or self._stream.read(_CHUNK) or b""
            if not self._begun:
                self._waiting = self._waiting.lstrip(b"\x00")  # zeros may fill up the end of a tape or a block
            if not self._waiting:
                self.error = "it is cut off" if self._begun else ""
                return None
        self._begun = True
        waiting, self._waiting = self._waiting, b""
        try:
            # A piece at a time: a few bytes can decompress to any number.
            return self._member.decompress(waiting, _PIECE)
        except self._form.error as error:
            self.error = str(error)
            return None


class _Utf16(_InPieces):
    """UTF-16 text as UTF-8; halves of surrogate pairs come out as bytes that are no UTF-8, so that no reader takes them for text."""

    def __init__(self, stream: io.RawIOBase) -> None:
        super().__init__(stream)
        self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")

    def _more(self) -> bytes | None:
        raw = self._stream.read(_CHUNK) or b""
        try:
            text = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError:
            self.error = "its last character is cut off"
            return None
        return text.encode("utf-8", "surrogatepass") if raw else None


class _GzipMember:
    """zlib's decompressor, with the manners of the others."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_WITH_HEADER)

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._member.decompress(self._member.unconsumed_tail + data, max_length)


def _packed_form(head: bytes) -> _Form | None:
    if head.startswith(b"\x1f\x8b"):
        return _Form(_GzipMember, zlib.error)
    # A frame, or one to be skipped, with which parallel packers begin.
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return _Form(zstd.ZstdDecompressor, zstd.ZstdError)
    return None
