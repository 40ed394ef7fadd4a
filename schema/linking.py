"""Names and what they stand for: what vocabularies offer, and how a name was linked."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from schema.ids import EntityKey
from schema.log import Sameness
from schema.observation import Entity

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
