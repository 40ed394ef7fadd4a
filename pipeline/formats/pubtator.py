"""PubTator: `id|t|title`, `id|a|abstract`, then a line for each mention; blocks parted by empty lines."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from pipeline.files.items import RECORD_LIMIT, Item, aside, bounded_lines, usable, verbatim_mentions
from pipeline.identifiers import curies, document_id, entity_type
from schema.document import Document, Mention, Passage, RelationAnnotation
from schema.errors import InvalidInput, UnreadableRecord
from schema.ids import DocumentId

_TOO_LONG = b"\x00too long"
_PLACE = re.compile(r"[0-9]{1,9}")
_OFFSET = re.compile(r"-?[0-9]+")
_TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)


def read_pubtator(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Documents of a file with what it relates in them, undated, for the format has no date."""
    for first, block in _blocks(stream):
        position = f"line {first}"
        try:
            yield _document(first, block)
        except UnicodeDecodeError as error:
            yield aside(name, position, f"the record is not UTF-8: {error.reason} at byte {error.start}", _shown(block))
        except InvalidInput as error:
            yield aside(name, position, str(error), _shown(block))


def _blocks(stream: IO[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Runs of lines that belong to one document, with the number of the first."""
    block: list[bytes] = []
    first, size = 1, 0
    for number, line, cut in bounded_lines(stream):
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


def _document(first: int, block: list[bytes]) -> Document:
    if _TOO_LONG in block:
        raise UnreadableRecord(f"the record is longer than {RECORD_LIMIT} bytes")
    texts: dict[str, str] = {}
    key = ""
    told: dict[int, list[str]] = {}
    for number, raw in enumerate(block, first):
        line = raw.decode("utf-8")
        found = _TEXT_LINE.fullmatch(line)
        if found and not told:
            key = key or found[1]
            texts[found[2]] = found[3]
        else:
            told[number] = line.split("\t")
    if "t" not in texts and "a" not in texts:
        raise UnreadableRecord("the record has no line id|t|title and no line id|a|abstract")
    title, abstract = texts.get("t", ""), texts.get("a", "")
    document = Document(document_id(key), title, (Passage(abstract),) if abstract else (), source="pubtator")
    mentions = verbatim_mentions((mention for cells in told.values() if (mention := _mention(cells)) is not None), document.text)
    relations = (_relation(number, cells, document.id) for number, cells in told.items() if _is_relation(cells))
    return usable(replace(document, mentions=mentions, relations=tuple(relations)))


def _mention(cells: list[str]) -> Mention | None:
    """A mention line: id, start, end, text, type, perhaps identifier; None for a line of another kind."""
    if len(cells) < 5 or not _PLACE.fullmatch(cells[1]) or not _PLACE.fullmatch(cells[2]):
        return None
    kind = entity_type(cells[4])
    identifier = cells[5].strip() if len(cells) > 5 else ""
    return Mention(int(cells[1]), int(cells[2]), cells[3], kind, curies(identifier, kind))


def _is_relation(cells: list[str]) -> bool:
    """Whether a line is meant to relate something: its second cell is no place in the text."""
    return len(cells) > 1 and not _OFFSET.fullmatch(cells[1].strip())


def _relation(number: int, cells: list[str], document: DocumentId) -> RelationAnnotation:
    """A relation line: id, relation, both ends, perhaps whether it is novel."""
    if len(cells) not in (4, 5):
        shown = "\t".join(cells)[:80]
        return RelationAnnotation(flaw=f"line {number}: neither a mention nor a relation with two ends: {shown!r}")
    named, word, head, tail = (cell.strip() for cell in cells[:4])
    if not named or document_id(named) != document:
        return RelationAnnotation(flaw=f"line {number}: the document id {named!r} is not that of the text, {document}")
    return RelationAnnotation(word, head, tail)


def _shown(block: list[bytes]) -> str:
    return b"\n".join(block).decode("utf-8", "replace").replace("\x00", "")
