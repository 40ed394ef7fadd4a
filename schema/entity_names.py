"""Names and what they stand for: what vocabularies offer, and how a name was linked."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from schema.ids import EntityKey
from schema.observation import Entity
from schema.records import Sameness

PROVISIONAL = "NAME"
"""Prefix of keys made of a type and a name that no vocabulary knows."""

_SPACE = re.compile(r"\s+")


def normal_name(name: str) -> str:
    """A name without what writing alone changes: compatibility forms, case, runs of space. Signs and digits stay."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


def provisional_key(kind: str, name: str) -> EntityKey:
    """The key of a name as such: the same on any machine."""
    return EntityKey(f"{PROVISIONAL}:{kind}/{normal_name(name)}")


def is_provisional(key: str) -> bool:
    """Whether a key is made of a name."""
    return key.startswith(f"{PROVISIONAL}:")


@dataclass(frozen=True, slots=True)
class Term:
    """What a vocabulary says of one thing: its key, its type, what it calls it, and other names for it."""

    key: EntityKey
    type: str
    name: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameInText:
    """A name to be linked: its type, and what the text says it stands for ("NSCLC": non-small cell lung cancer), or ""."""

    name: str
    type: str
    long_form: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How a name was linked: SAME with its entity, UNSURE with the likeliest, or DIFFERENT from all that is known (no entity)."""

    sameness: Sameness
    entity: Entity | None
    score: float  # 0 to 1
    reason: str
    by: str  # the vocabulary and its version, and the step
    others: tuple[Entity, ...] = ()  # further candidates, best first


class Linker(Protocol):
    """Links names to entities of vocabularies."""

    def link(self, names: Sequence[NameInText]) -> list[Link]:
        """One link for each name, in order; the same names give the same links whatever else is asked."""


class Vocabularies(Protocol):
    """Terms of loaded vocabularies, found by their names; kept on disk, so that cost does not grow with their size."""

    def load(self, vocabulary: str, version: str, terms: Iterable[Term]) -> int:
        """Put a vocabulary in place of what was loaded under its name before, all or nothing; returns how many terms."""

    def loaded(self) -> dict[str, tuple[str, int]]:
        """Version and number of terms of each vocabulary, by name."""

    def remove(self, vocabulary: str) -> None:
        """Forget a vocabulary."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Numbers under which a name is found: `whole` for other ways of writing it, `blocks` for names that are only like it."""

    whole: tuple[int, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a vocabulary and the term that it belongs to."""

    text: str
    preferred: bool  # it is the term's name, not one of its synonyms
    key: EntityKey
    type: str
    label: str  # the term's name
    vocabulary: str
    version: str
    place: int  # of the vocabulary: those loaded first come first


class NameLookup(Protocol):
    """Finds the names of loaded vocabularies. What is asked together is answered as if it were asked alone."""

    def whole(self, forms: Collection[int]) -> Mapping[int, Sequence[Named]]:
        """The names under each of these forms; forms without any are left out."""

    def near(self, blocks: Sequence[Sequence[int]], most: int) -> list[list[Named]]:
        """For each set of blocks at most so many names, those that share most of them first; bounded work for each."""

    def labels(self, keys: Collection[EntityKey]) -> Mapping[EntityKey, str]:
        """What the first vocabulary that has them calls these entities."""
