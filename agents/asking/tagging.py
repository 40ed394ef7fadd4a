"""A document as a model reads it: its entities tagged inline with short ids, in windows that fit a context."""

import logging
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agents.asking.sentence_windows import sentences
from schema.document import Document, Span

QUOTE_LIMIT = 1000
"""Longest quote, in characters: longer sentences are cut around the mentions."""

NAME_LIMIT = 80
"""Longest name of an entity in a prompt, in characters."""

_NEVER_OURS = str.maketrans({"[": "(", "]": ")", **{chr(code): " " for code in (*range(32), 127, 0x2028, 0x2029, 0x85)}})
_MARKUP = re.compile(r"<(?=[A-Za-z/|_])")


@dataclass(frozen=True, slots=True)
class TaggedEntity:
    """An entity of one document under its tag; `spans` are its mentions, in order."""

    tag: str
    key: str
    type: str
    name: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One mention of one entity: where it is and in which sentence."""

    start: int
    end: int
    entity: int
    sentence: int


class TaggedDocument:
    """A document's text with short tags (`[C1] dexamethasone`) for the entities it names; the tags are ours alone."""

    def __init__(self, document: Document) -> None:
        self.text = document.text
        self.sentences = sentences(document)
        self.entities = _entities(document)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every mention of every entity, in the order of the text."""
        starts = [start for start, _ in self.sentences]
        found = [
            Place(start, end, number, max(0, bisect_right(starts, start) - 1))
            for number, entity in enumerate(self.entities)
            for start, end in entity.spans
        ]
        return tuple(sorted(found, key=lambda place: (place.start, place.end, place.entity)))

    @cached_property
    def sentences_of(self) -> tuple[frozenset[int], ...]:
        """For each entity the sentences that name it."""
        found: list[set[int]] = [set() for _ in self.entities]
        for place in self.places:
            found[place.entity].add(place.sentence)
        return tuple(map(frozenset, found))

    @cached_property
    def by_name(self) -> dict[str, TaggedEntity]:
        """Entities by tag and by key; a key that looks like another entity's tag loses."""
        return {**{entity.key: entity for entity in self.entities}, **{entity.tag: entity for entity in self.entities}}

    @cached_property
    def _starts(self) -> list[int]:
        return [place.start for place in self.places]

    def within(self, window: Span) -> Sequence[Place]:
        """The mentions that begin in a window."""
        return self.places[bisect_left(self._starts, window[0]) : bisect_left(self._starts, window[1])]

    def render(self, window: Span) -> str:
        """The window's text on one line with its tags. What looks like a tag or like markup in the text itself is defused."""
        pieces, at = [], window[0]
        tags: dict[int, list[str]] = {}
        for place in self.within(window):
            tags.setdefault(place.start, []).append(self.entities[place.entity].tag)
        for start, names in tags.items():
            pieces += [defused(self.text[at:start]), f"[{' '.join(dict.fromkeys(names))}] "]
            at = start
        pieces.append(defused(self.text[at : window[1]]))
        return "".join(pieces)

    def windows(self, limit: int) -> list[Span]:
        """Runs of whole sentences of at most `limit` characters, tags included; only a longer sentence is cut."""
        found: list[Span] = []
        size = 0
        for span in self._pieces(limit):
            length = self._length(span)
            if found and size + length < limit:
                found[-1] = (found[-1][0], span[1])
                size += length + 1
            else:
                found.append(span)
                size = length
        return found

    def _pieces(self, limit: int) -> list[Span]:
        found = []
        for start, end in self.sentences:
            at = start
            while at < end:
                to = min(end, at + limit)
                while to - at > 1 and self._length((at, to)) > limit:
                    to = at + (to - at) // 2
                found.append((at, to))
                at = to
        return found

    def _length(self, span: Span) -> int:
        return span[1] - span[0] + sum(len(self.entities[place.entity].tag) + 3 for place in self.within(span))

    def quote(self, head: Place, tail: Place) -> str:
        """Verbatim: the sentence with both mentions, else a run of up to three that has both, else the tail's sentence."""
        first, last = sorted((head, tail), key=lambda place: place.start)
        if last.sentence - first.sentence > 2:
            first = last = tail
        start, end = self.sentences[first.sentence][0], self.sentences[last.sentence][1]
        if end - start > QUOTE_LIMIT:
            room = max(0, QUOTE_LIMIT - (last.end - first.start)) // 2
            start, end = max(start, first.start - room), min(end, last.end + room, max(start, first.start - room) + QUOTE_LIMIT)
        return self.text[start:end].strip()


def _entities(document: Document) -> tuple[TaggedEntity, ...]:
    length = len(document.text)
    spans: dict[str, dict[Span, None]] = {}
    kinds: dict[str, Counter[str]] = {}
    for mention in sorted(document.mentions, key=lambda m: (m.start, m.end)):
        if not 0 <= mention.start < mention.end <= length:
            continue
        for key in mention.identifiers:
            spans.setdefault(key, {})[mention.start, mention.end] = None
            kinds.setdefault(key, Counter())[mention.type] += 1
    letters = _letters([kind for counts in kinds.values() for kind in counts])
    numbers: Counter[str] = Counter()
    found = []
    for key, places in spans.items():
        kind = kinds[key].most_common(1)[0][0]
        letter = letters[kind]
        numbers[letter] += 1
        start, end = next(iter(places))
        name = defused(document.text[start : min(end, start + NAME_LIMIT)])
        found.append(TaggedEntity(f"{letter}{numbers[letter]}", key, kind, name, tuple(places)))
    return tuple(found)


def _letters(kinds: Sequence[str]) -> dict[str, str]:
    # One letter a type, its first that is free; in name order, so that a type's letter depends on few others.
    letters: dict[str, str] = {}
    for kind in sorted(set(kinds)):
        spelt = [*kind.upper(), *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        free = (letter for letter in spelt if "A" <= letter <= "Z" and letter not in letters.values())
        letters[kind] = next(free, "X")
    return letters


def defused(text: str) -> str:
    """A text as a prompt shows it: on one line, without what looks like our tags or like markup."""
    plain = text.encode("utf-8", "replace").decode("utf-8").translate(_NEVER_OURS)
    return _MARKUP.sub("< ", plain)


def log_left_out(event: str, **facts: Any) -> None:
    """Tell whoever listens to the `agents` logger, at INFO and structured, what of a document was left out; silent by default."""
    if not logging.getLogger("agents").isEnabledFor(logging.INFO):
        return  # nobody listens, and structlog is not loaded for that
    import structlog

    logger = structlog.wrap_logger(
        logging.getLogger("agents"),
        processors=[structlog.stdlib.filter_by_level, structlog.processors.KeyValueRenderer(key_order=["event"])],
    )
    logger.info(event, **facts)
