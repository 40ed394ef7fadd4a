"""Names of documents and of vocabularies, asked together."""

from collections.abc import Collection, Mapping, Sequence

from schema.entity_names import Named
from schema.ids import EntityKey
from schema.ports import NameIndex


class NameSources:
    """Several indexes of names as one (schema.ports.NameIndex)."""

    def __init__(self, sources: Sequence[NameIndex]) -> None:
        self._sources = sources

    def whole(self, forms: Collection[int]) -> Mapping[int, Sequence[Named]]:
        """See the port."""
        found: dict[int, list[Named]] = {}
        for source in self._sources:
            for form, names in source.whole(forms).items():
                found.setdefault(form, []).extend(names)
        return found

    def having_names(self, forms: Collection[int]) -> frozenset[int]:
        """See the port."""
        return frozenset().union(*(source.having_names(forms) for source in self._sources))

    def near(self, blocks: Sequence[Sequence[int]], most: int) -> list[list[Named]]:
        """See the port; of each source so many."""
        every = [source.near(blocks, most) for source in self._sources]
        return [[name for names in of_name for name in names] for of_name in zip(*every, strict=True)]

    def labels(self, keys: Collection[EntityKey]) -> Mapping[EntityKey, str]:
        """See the port."""
        found: dict[EntityKey, str] = {}
        for source in self._sources:
            found = {**source.labels(keys), **found}
        return found
