"""What readers of vocabulary files give, and what they are told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.files.items import bounded_lines
from pipeline.files.opened_file import OpenedFile
from pipeline.identifiers import curie
from schema.entity_names import Term
from schema.errors import InvalidInput, UnreadableRecord
from schema.ids import EntityKey

LONGEST_KEY = 1_000
LONGEST_NAME = 2_000
"""Characters of a key or a name; what is longer is no name."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: set aside; the rest of its file goes on."""

    file: str
    place: str  # "line 3"
    reason: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Something that is sound and of no use here: an obsolete term, a type that the ontology lacks."""

    reason: str


Row = Term | BadRow | Passed
Rows = Iterator[Row]


@dataclass(frozen=True, slots=True)
class TermOptions:
    """What a user says of a vocabulary file. `types` are the ontology's."""

    types: tuple[str, ...]
    type: str | None = None  # of terms that do not say it themselves
    key_prefix: str = ""  # before identifiers that have none: "HPO" or "HPO:"
    headings: Mapping[str, str] = field(default_factory=dict)  # types of MeSH descriptors that are loaded, by key: supplements name theirs

    def key(self, identifier: str) -> str:
        """The key that an identifier becomes."""
        prefix = self.key_prefix.rstrip(":")
        return f"{prefix}:{identifier}" if prefix and ":" not in identifier else identifier


def term(key: str, kind: str, name: str, synonyms: tuple[str, ...] | list[str], wanted: TermOptions, file: str, place: str) -> Row:
    """A term where key, type and name are sound, else why not; synonyms that are unsound or said before are left out."""
    name = name.strip()
    try:
        curied = curie(key, kind) if _sound(key) and len(key) <= LONGEST_KEY else None
    except InvalidInput as error:
        return BadRow(file, place, str(error))
    if curied is None:
        return BadRow(file, place, f"the key {key[:80]!r} is empty, too long, identifies nothing or holds a control character")
    if not name or len(name) > LONGEST_NAME or not _sound(name):
        return BadRow(file, place, f"the name {name[:80]!r} of {key} is empty, too long or holds a control character")
    if not kind:
        return BadRow(file, place, f"{key} has no type: give one with --type")
    if kind not in wanted.types:
        return Passed(f"type {kind} is not the ontology's")
    clean = (each.strip() for each in synonyms)
    more = dict.fromkeys(each for each in clean if each and each != name and len(each) <= LONGEST_NAME and _sound(each))
    return Term(EntityKey(curied), kind, name, tuple(more))


def text_lines(stream: OpenedFile, file: str) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers, without their ends; None for one that is not UTF-8 or too long.

    Raises UnreadableRecord where the file breaks off: half a vocabulary must not take the place of a whole one.
    """
    number = 0
    for number, line, cut in bounded_lines(stream):
        try:
            yield number, None if cut else line.decode("utf-8")
        except UnicodeDecodeError:
            yield number, None
    if stream.broken is not None:
        raise UnreadableRecord(f"{file} breaks off after line {number}: {stream.broken.reason}")


def _sound(text: str) -> bool:
    return text.isprintable() or not any(sign < " " or sign == "\x7f" or "\ud800" <= sign <= "\udfff" for sign in text)
