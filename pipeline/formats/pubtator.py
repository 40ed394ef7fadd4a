"""PubTator: `id|t|title`, `id|a|abstract`, then a line for each mention; blocks parted by empty lines."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from pipeline.files.items import RECORD_LIMIT, Item, aside, bounded_lines, usable
from pipeline.files.mention_places import MISPLACED, Part, with_mentions
from pipeline.files.opened_file import OpenedFile
from pipeline.identifiers import curies, document_id, entity_type, is_tmvar
from schema.document import Document, Mention, Passage, RelationAnnotation
from schema.errors import InvalidInput, UnreadableRecord
from schema.ids import DocumentId

_TOO_LONG = b"\x00too long"
_PLACE = re.compile(r"[0-9]{1,9}")
_OFFSET = re.compile(r"-?[0-9]+")
_TEXT_LINE = re.compile(r"([^|\t]+)\|([ta])\|(.*)", re.DOTALL)
_ID = re.compile(rb"\s*([^|\t]+)(?:\|[ta]\||\t)")
# What stands behind a variant's identifier, or in the place of one.
_BESIDE = re.compile(r"(?:RSIDs?|RS#|dbSNP|HGVS|CorrespondingGene)\s*:", re.IGNORECASE)


def read_pubtator(stream: IO[bytes], name: str) -> Iterator[Item]:
    """Documents of a file with what it relates in them, undated, for the format has no date."""
    for first, block in _blocks(_with_line_ends(stream)):
        position = f"line {first}"
        try:
            yield _document(first, block)
        except UnicodeDecodeError as error:
            yield aside(name, position, f"the record is not UTF-8: {error.reason} at byte {error.start}", _shown(block))
        except InvalidInput as error:
            yield aside(name, position, str(error), _shown(block))


class _OldLineEnds(io.RawIOBase):
    """A stream whose lines end with carriage returns alone, as on old Macs, with the line ends of today."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        chunk = self._stream.read(len(buffer)).replace(b"\r", b"\n")
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _with_line_ends(stream: IO[bytes]) -> IO[bytes]:
    head = stream.head if isinstance(stream, OpenedFile) else b""
    return io.BufferedReader(_OldLineEnds(stream)) if b"\r" in head and b"\n" not in head else stream


def _blocks(stream: IO[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Runs of lines that belong to one document, with the number of the first: empty lines part them where the id changes."""
    block: list[bytes] = []
    first, size, ended = 1, 0, False
    for number, line, cut in bounded_lines(stream):
        if not line.strip():
            ended = True
            continue
        if block and _begins_another(block[0], line, ended=ended):
            yield first, block
            block, size = [], 0
        ended = False
        if not block:
            if line.startswith(b"##"):
                continue  # a remark to a program
            first = number
        size += len(line)
        if cut or size > RECORD_LIMIT:
            block = [*block[:1], _TOO_LONG]  # enough to know it by
        else:
            block.append(line)
    if block:
        yield first, block


def _begins_another(begin: bytes, line: bytes, *, ended: bool) -> bool:
    """Whether a line belongs to another document than the one that a block begins with; `ended`: an empty line stands before it."""
    if b"|t|" in line[:64] and _TEXT_LINE.match(line.decode("utf-8", "replace")):
        return True  # some exports leave the empty line out
    if not ended:
        return False
    ids = [found[1].strip() if (found := _ID.match(each)) else None for each in (begin, line)]
    return ids[0] is None or ids[0] != ids[1]


def _document(first: int, block: list[bytes]) -> Document:
    if _TOO_LONG in block:
        raise UnreadableRecord(f"the record is longer than {RECORD_LIMIT} bytes")
    texts: dict[str, list[str]] = {}
    key, last = "", ""
    told: dict[int, list[str]] = {}
    for number, raw in enumerate(block, first):
        line = raw.decode("utf-8")
        found = _TEXT_LINE.fullmatch(line)
        if found and not told and key in ("", found[1]):
            key, last = found[1], found[2]
            texts.setdefault(last, []).append(found[3])
        elif last and not told and "\t" not in line:
            texts[last][-1] += f" {line}"  # a text that goes on in the next line
        else:
            told[number] = line.split("\t")
    if not texts:
        raise UnreadableRecord("the record has no line id|t|title and no line id|a|abstract")
    passages = tuple(Passage(text) for text in texts.get("a", ()) if text)
    document = Document(document_id(key), " ".join(texts.get("t", ())), passages, source="pubtator")
    relations = tuple(_relation(number, cells, document.id) for number, cells in told.items() if _is_relation(cells))
    lines = [cells for cells in told.values() if not _is_relation(cells)]
    mentions = [mention for cells in lines if (mention := _mention(cells)) is not None]
    placed = with_mentions(document, [Part(0, document.text, mentions)], {MISPLACED: len(lines) - len(mentions)})
    return usable(replace(placed, relations=relations))


def _mention(cells: list[str]) -> Mention | None:
    """A mention line: id, start, end, text, type, perhaps identifier; None for a line of another kind.

    tmVar writes a variant's change in the place of the type, and its dbSNP number behind the identifier.
    """
    if len(cells) < 5 or not _PLACE.fullmatch(cells[1]) or not _PLACE.fullmatch(cells[2]):
        return None
    kind, told = entity_type(cells[4]), [cell.strip() for cell in cells[5:]]
    if is_tmvar(cells[4]):
        kind, told = "Variant", [cells[4].strip(), *told]
    beside = [cell for cell in told[1:] if kind == "Variant" and _BESIDE.match(cell)]
    return Mention(int(cells[1]), int(cells[2]), cells[3], kind, curies(";".join([*told[:1], *beside]), kind))


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
