"""How well a text fits what an entity is called; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from schema.observation import Entity

WHOLE, BEGINNING, AT_A_WORD, ALL_WORDS, INSIDE = range(5)
"""Ranks, best first. INSIDE counts only where nothing fits better."""

# Full-text analysers end a word at each of these, whatever stands around them; they do not at a dot, a colon or a comma.
BREAKS = (" ", "-", "/", "(", "[", "{", "+")
_AT_A_BREAK = re.compile("[" + re.escape("".join(BREAKS)) + "]+")
_START = re.compile(r"([0-9a-z]+)(?::([0-9a-z]+))?")
_MOST_WORDS, _MOST_CHARACTERS = 8, 60


@dataclass(frozen=True, slots=True)
class SearchText:
    """A text that somebody looks for, in lower case, and its words."""

    text: str
    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "SearchText":
        """Take any text; space around it does not count."""
        # Lower case as Cypher has it: casefold would also fold ß, which no server does.
        lowered = text.strip().lower()
        return cls(lowered, tuple(dict.fromkeys(filter(None, _AT_A_BREAK.split(lowered)))) or (lowered,))

    def rank(self, entity: Entity) -> int | None:
        """How the text fits a name, an alias or the key; None where it does not. The Cypher of finding.py says the same."""
        names = [entity.name.lower(), *(alias.lower() for alias in entity.aliases)]
        key = entity.key.lower()
        begins = key.startswith(self.text)
        if not begins and not any(self.longest in name for name in names):
            return None  # as most are, so that it is seen first: what the text fits has all its words in one name
        if self.text == key or self.text in names:
            return WHOLE
        if begins or any(name.startswith(self.text) for name in names):
            return BEGINNING
        if any(gap + self.text in name for name in names for gap in BREAKS):
            return AT_A_WORD
        if any(all(_begins_a_word(word, name) for word in self.words) for name in names):
            return ALL_WORDS
        return INSIDE if any(self.text in name for name in names) else None

    @property
    def longest(self) -> str:
        """The longest word."""
        return max(self.words, key=len)

    @property
    def query(self) -> str:
        """What whatever the text fits (but INSIDE) has in a full-text index, in Lucene's language; empty where that cannot be said.

        Made of ASCII letters and digits and signs of our own, so that nothing a user writes is taken for that language.
        """
        starts = [found for word in self.words[:_MOST_WORDS] if (found := _START.match(word))]
        return " ".join(_clause(start[1][:_MOST_CHARACTERS], (start[2] or "")[:_MOST_CHARACTERS]) for start in starts)


def best(text: str, entities: Iterable[Entity], limit: int) -> list[Entity]:
    """The entities that a text fits best: by rank, then short names first, then by key."""
    wanted = SearchText.parse(text)
    if not wanted.text or limit < 1:
        return []
    ranked = [(rank, len(entity.name), entity.key, entity) for entity in entities if (rank := wanted.rank(entity)) is not None]
    ranked.sort(key=lambda row: row[:3])
    return [entity for rank, *_, entity in ranked[:limit] if rank < INSIDE or ranked[0][0] == INSIDE]


def _begins_a_word(word: str, name: str) -> bool:
    return name.startswith(word) or any(gap + word in name for gap in BREAKS)


def _clause(start: str, after_colon: str) -> str:
    # Whether a colon ends a word depends on the letters around it, so both are allowed.
    return rf"+({start}\:{after_colon}* (+{start} +{after_colon}*))" if after_colon else f"+{start}*"
