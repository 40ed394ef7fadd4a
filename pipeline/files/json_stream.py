"""JSON objects one at a time: lines, an array, or the array in a wrapper such as `{"documents": [...]}`."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any

from pipeline.files.items import RECORD_LIMIT
from schema.errors import UnreadableRecord

WRAPPER = re.compile(
    r'\s*\{(?:[^\[\]{}]*"messages"\s*:\s*\[[^\[\]]*\]\s*,)?[^\[\]{}]*"(?:documents|PubTator3|collection|results)"\s*:\s*\['
)
"""The beginning of a collection: only plain values come before its array of documents, and where a preprint server answers its messages."""

_CHUNK = 1 << 16
_TOO_LONG = f"is longer than {RECORD_LIMIT} characters"
_BETWEEN = re.compile(r"[\s,\x1e]*")
_ESCAPED = re.compile("[\\udc80-\\udcff]")


class Broken(UnreadableRecord):
    """A record that is no JSON object; `text` is what stands there, `final` says that nothing can be read after it."""

    def __init__(self, reason: str, text: str, *, final: bool) -> None:
        super().__init__(reason)
        self.text = text
        self.final = final


def json_flaw(error: Exception) -> str:
    """Why a text is no JSON that is read, in words."""
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return f"is not JSON: {'a number in it has thousands of digits' if 'int_max_str_digits' in str(error) else error}"


def objects(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    """Each object of a stream and the number of the line it starts on; one that is broken is yielded as Broken.

    In JSON lines the next line is read after a broken one; inside an array nothing can be told apart after it.
    """
    reader = _Reader(stream)
    wrapped = WRAPPER.match(reader.buffer)
    if wrapped is not None:
        reader.drop(wrapped.end())
    elif reader.buffer.lstrip().startswith("["):
        reader.drop(reader.buffer.index("[") + 1)
    in_array = wrapped is not None or reader.dropped > 0
    while reader.skip(_BETWEEN):
        if in_array and reader.buffer[0] == "]":
            return
        line = reader.line
        try:
            value = reader.value(in_lines=not in_array)
        except Broken as broken:
            yield line, broken
            if broken.final:
                return
            continue
        yield line, value if isinstance(value, dict) else Broken(f"{type(value).__name__} is no JSON object", str(value), final=False)
    if in_array:
        yield reader.line, Broken("the file ends within its array of documents", "", final=True)


class _Reader:
    """Decoded text of a stream, read on as needed."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._json = json.JSONDecoder()
        self._ended = False
        self.buffer = ""
        self.line = 1
        self.dropped = 0
        self._more()

    def drop(self, count: int) -> None:
        """Be done with so many characters."""
        self.line += self.buffer.count("\n", 0, count)
        self.dropped += count
        self.buffer = self.buffer[count:]

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Pass over what lies between values; False at the end."""
        while True:
            found = pattern.match(self.buffer)
            self.drop(found.end() if found else 0)
            if self.buffer:
                return True
            if not self._more():
                return False

    def value(self, *, in_lines: bool) -> Any:
        """The next value; raises Broken where there is none."""
        while True:
            try:
                value, end = self._json.raw_decode(self.buffer)
            except (ValueError, RecursionError) as error:  # besides broken JSON, a number of thousands of digits
                if in_lines and "\n" in self.buffer:
                    # Pretty-printed objects span lines: only the next line that begins an object ends this one.
                    at = self._next_object()
                    if at >= 0:
                        text = self.buffer[:at]
                        self.drop(at)
                        raise Broken(json_flaw(error), text, final=False) from error
                if len(self.buffer) > RECORD_LIMIT:
                    raise Broken(_TOO_LONG, self._give_up(in_lines), final=not in_lines) from error
                if not self._more():
                    text, self.buffer = self.buffer, ""
                    raise Broken(json_flaw(error), text, final=True) from error
                continue
            if end == len(self.buffer) and self._more():
                continue  # a number at the end of a chunk may go on
            text = self.buffer[:end]
            self.drop(end)
            if end > RECORD_LIMIT:
                raise Broken(_TOO_LONG, text, final=False)
            if not text.isascii() and _ESCAPED.search(text):
                raise Broken("holds bytes that are not UTF-8", text, final=False)
            return value

    def _next_object(self) -> int:
        at = self.buffer.find("\n{")
        return at + 1 if at >= 0 else -1

    def _give_up(self, in_lines: bool) -> str:
        text = self.buffer[:RECORD_LIMIT]
        while in_lines and self._next_object() < 0:
            self.drop(len(self.buffer) - 1)  # the last character may be the end of a line
            if not self._more():
                break
        self.drop(self._next_object() if in_lines and self._next_object() >= 0 else len(self.buffer))
        return text

    def _more(self) -> bool:
        if self._ended:
            return False
        # As much again as there is, so that a long value is decoded a few times only.
        raw = self._stream.read(max(_CHUNK, len(self.buffer)))
        self._ended = not raw
        self.buffer += self._decoder.decode(raw, final=self._ended)
        return not self._ended
