"""PubTator: `id|t|title`, `id|a|abstract`, then a line for each mention; blocks parted by empty lines."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from pipeline.files.items import RECORD_LIMIT, Item, aside, lines, standing, usable
from pipeline.identifiers import curies, document_id, entity_type
from schema.document import Document, Mention, Passage
from schema.errors import InvalidInput, UnreadableRecord

_TOO_LONG = b"\x00too long"
_PLACE = re.compile(r"[0-9]{1,9}")
_TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)


def read_pubtator(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Documents of a file, undated, for the format has no date. Relation lines are passed over: they are no document's words."""
    for first, block in _blocks(stream):
        position = f"line {first}"
        try:
            yield _document(block)
        except UnicodeDecodeError as error:
            yield aside(name, position, f"the record is not UTF-8: {error.reason} at byte {error.start}", _shown(block))
        except InvalidInput as error:
            yield aside(name, position, str(error), _shown(block))


def _blocks(stream: IO[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Runs of lines that belong to one document, with the number of the first."""
    block: list[bytes] = []
    first, size = 1, 0
    for number, line, cut in lines(stream):
        if not line.strip():
            if block:
                yield first, block
            block, size = [], 0
            continue
        if not block:
            if line.startswith(b"##"):
                continue  # a remark to a program
            first = number
        elif b"|t|" in line[:64] and _TEXT_LINE.match(line.decode("utf-8", "replace")):
            # Some exports leave the empty line out.
            yield first, block
            block, first, size = [], number, 0
        size += len(line)
        if cut or size > RECORD_LIMIT:
            block = [*block[:1], _TOO_LONG]  # enough to know it by
        else:
            block.append(line)
    if block:
        yield first, block


def _document(block: list[bytes]) -> Document:
    if _TOO_LONG in block:
        raise UnreadableRecord(f"the record is longer than {RECORD_LIMIT} bytes")
    texts: dict[str, str] = {}
    key = ""
    told: list[list[str]] = []
    for raw in block:
        line = raw.decode("utf-8").removeprefix("\ufeff")
        found = _TEXT_LINE.fullmatch(line)
        if found and not told:
            key = key or found[1]
            texts[found[2]] = found[3]
        else:
            told.append(line.split("\t"))
    if "t" not in texts and "a" not in texts:
        raise UnreadableRecord("the record has no line id|t|title and no line id|a|abstract")
    title, abstract = texts.get("t", ""), texts.get("a", "")
    document = Document(document_id(key), title, (Passage(abstract),) if abstract else (), source="pubtator")
    mentions = standing((mention for cells in told if (mention := _mention(cells)) is not None), document.text)
    return usable(replace(document, mentions=mentions))


def _mention(cells: list[str]) -> Mention | None:
    """A mention line: id, start, end, text, type, perhaps identifier; None for a line of another kind."""
    if len(cells) < 5 or not _PLACE.fullmatch(cells[1]) or not _PLACE.fullmatch(cells[2]):
        return None
    kind = entity_type(cells[4])
    identifier = cells[5].strip() if len(cells) > 5 else ""
    return Mention(int(cells[1]), int(cells[2]), cells[3], kind, curies(identifier, kind))


def _shown(block: list[bytes]) -> str:
    return b"\n".join(block).decode("utf-8", "replace").replace("\x00", "")
