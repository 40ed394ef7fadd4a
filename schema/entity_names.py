"""Names and what they stand for: what vocabularies offer, and how a name was linked."""

import re
import unicodedata
from dataclasses import dataclass

from schema.ids import EntityKey
from schema.observation import Entity
from schema.records import Sameness

PROVISIONAL = "NAME"
"""Prefix of keys made of a type and a name that no vocabulary knows."""

_SPACE = re.compile(r"\s+")


def normal_name(name: str) -> str:
    """A name without what writing alone changes: compatibility forms, case, runs of space. Signs and digits stay."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


_WORD = re.compile(r"\w+(?:[-'./]\w+)*")


def search_words(text: str) -> str:
    """The words by which a name is found in a question, whatever stands between them: in lower case, joined by single spaces.

    More is alike to it than to `normal_name`, which says when two names are one and is part of keys that the log keeps. Empty
    where the text has no words.
    """
    return " ".join(_WORD.findall(text.casefold()))


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
