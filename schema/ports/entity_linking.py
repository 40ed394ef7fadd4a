"""Entity linking: vocabularies that are loaded and looked up, and what links names to their entities."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from schema.document import Mention
from schema.entity_names import Link, Named, NameInText, Term
from schema.ids import EntityKey
from schema.records import Judgement


class Linker(Protocol):
    """Links names to entities of vocabularies."""

    def link(self, names: Sequence[NameInText]) -> list[Link]:
        """One link for each name, in order; the same names give the same links whatever else is asked."""


class MentionLinker(Protocol):
    """Links the names in one text by vocabularies."""

    def known_in(self, text: str) -> Sequence[str]:
        """The names in a text that vocabularies have, as the text writes them."""

    def link(self, text: str, mentions: Sequence[Mention]) -> tuple[Sequence[Mention], Sequence[Judgement]]:
        """From a text and mentions in it to the same with identifiers, and how their names were judged."""


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


class NameLookup(Protocol):
    """Finds the names of loaded vocabularies. What is asked together is answered as if it were asked alone."""

    def whole(self, forms: Collection[int]) -> Mapping[int, Sequence[Named]]:
        """The names under each of these forms; forms without any are left out."""

    def near(self, blocks: Sequence[Sequence[int]], most: int) -> list[list[Named]]:
        """For each set of blocks at most so many names, those that share most of them first; bounded work for each."""

    def labels(self, keys: Collection[EntityKey]) -> Mapping[EntityKey, str]:
        """What the first vocabulary that has them calls these entities."""


class NameIndex(NameLookup, Protocol):
    """The same, and quickly which forms are any name's."""

    def having_names(self, forms: Collection[int]) -> Collection[int]:
        """Of forms those that some name has."""


class LoadedNames(NameIndex, Protocol):
    """The same, and what is loaded at all."""

    def loaded(self) -> Mapping[str, tuple[str, int]]:
        """Version and number of terms of each vocabulary, by name."""
