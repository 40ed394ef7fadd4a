"""The evidence log: what was said is kept for good, and asked for by question, by document and by entity."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from schema.columns import Table
from schema.document import Edition
from schema.entity_names import NameForms, ShortForm
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports.entity_linking import NameIndex
from schema.records import Record, Recorded, Retraction

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Question:
    """The unit of the fold: an unordered pair of entities, or the head of a functional relation (`relation` set, one end)."""

    ends: tuple[EntityKey, ...]  # two in key order, or one
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """What a set of batches says something about.

    Documents, pairs of entities (rulings), names under their provisional keys (judgements that are news, and withdrawals), or
    `everything` (an order of readers).
    """

    documents: frozenset[DocumentId]
    everything: bool = False
    pairs: frozenset[tuple[EntityKey, EntityKey]] = frozenset()  # in key order
    names: frozenset[EntityKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.documents or self.pairs or self.names or self.everything)


@dataclass(frozen=True, slots=True)
class Naming:
    """A document calls an entity something."""

    document: DocumentId
    entity: Entity


@dataclass(frozen=True, slots=True)
class Votes:
    """How many documents call an entity by each type, and by each name."""

    types: Mapping[str, int]
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LogVersion:
    """A state of a log: which log (an identity made once, carried by copies), the number of its last commit and that commit's hash.

    Of two copies that were added to by themselves both have the same identity, and perhaps number, but not the same hash.
    """

    log: str
    number: int  # -1 where nothing is recorded
    commit: str


NOWHERE = LogVersion("", -1, "")
"""Before anything is recorded, in any log."""


class EvidenceLog(Protocol):
    """Append-only: what was recorded is never changed. Keys are as recorded, except where questions are asked for."""

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record all of a batch or none of it, once: False, and nothing written, where the batch is already in.

        `observations` are such records as a table, for many at once, with columns of schema.columns.OBSERVATION; those that are
        missing say what is UNSAID.
        """

    def batches(self) -> list[BatchId]:
        """Every batch that is in, each once."""

    def sizes(self) -> Mapping[BatchId, int]:
        """Every batch that is in, with the number of its observations."""

    def records(self, kind: type[R], documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[R]]:
        """All records of one kind, or those about some documents; each identity once, with its first moment."""

    def observations(self, questions: Collection[Question]) -> Iterator[Recorded[Observation]]:
        """All observations about these questions, perhaps others between the same ends; each identity once.

        Also those recorded under names that a judgement, standing or not, has ever called the same as an end of a question.
        """

    def table(self, questions: Collection[Question] | None = None, *, keys: Collection[EntityKey] | None = None) -> Table:
        """The same (or all) observations as a table (schema.columns.FOLDED), each identity once, with its first moment.

        With `keys`, and no questions: those that have one of these, as recorded, as an end.
        """

    def ends(
        self, *, documents: Collection[DocumentId] | None = None, keys: Collection[EntityKey] | None = None
    ) -> set[tuple[EntityKey, str, EntityKey]]:
        """Head, relation and tail of all observations by these documents, or with one of these entities as an end."""

    def lines(self, documents: Collection[DocumentId] | None = None) -> Table:
        """What observations made elsewhere say of the documents that they cite (all, or these), each once, with its first moment.

        Columns: schema.columns.CITATION; no journal is null.
        """

    def judgements(self, keys: Collection[EntityKey] | None = None) -> Table:
        """All judgements on names, or those that can decide what counts as what these keys count as; each once, first moment.

        Columns: schema.columns.JUDGEMENT.
        """

    def editions(self, documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[Edition]]:
        """Revisions of documents (all, or these), without their text; each once, with its first moment."""

    def retractions_by(self, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
        """Retractions that one of these documents gives notice of."""

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""

    def version(self) -> LogVersion:
        """Which log this is, and how far it has come."""

    def contains(self, version: LogVersion) -> bool:
        """Whether this log has been in that state, now or before: what followed it up to there has seen nothing that is not here."""

    def recorded_since(self, version: LogVersion) -> set[BatchId]:
        """The batches that came in after that state; all of them may be told where it is not of this log."""

    def position(self) -> int:
        """How far this log has come: grows with every batch. Means something to this log only, in this process."""

    def touched_since(self, position: int) -> Touched:
        """What the batches say something about that came in after a position."""

    def names(
        self, keys: Collection[EntityKey] | None = None, documents: Collection[DocumentId] | None = None
    ) -> Iterator[Recorded[Naming]]:
        """Which documents (all, or these) call which entities (all, or these) what; each once, with its first moment."""

    def votes(self, keys: Collection[EntityKey] | None = None) -> Mapping[EntityKey, Votes]:
        """How many documents call entities (all, or these) what, deleted ones among them."""

    def called(self, most: int | None = None) -> list[Entity]:
        """Every name that an entity was ever given, by documents or vocabularies, each with each type; none if more than `most`."""

    def name_index(self, forms: NameForms, version: str) -> NameIndex:
        """The same names, found by what `forms` makes of them; `version` grows with its changes.

        It knows no vocabulary, so no `labels`.
        """

    def keys_spelled(self, texts: Collection[str]) -> Mapping[str, Sequence[EntityKey]]:
        """Of these texts those that are keys of entities, but for case, with the keys."""

    def short_forms(self, words: Collection[str]) -> set[ShortForm]:
        """What texts (of documents, and quotes) define by or as these words, which are as schema.entity_names.search_words has them."""

    def deleted_speakers(self) -> set[DocumentId]:
        """Documents that a deletion is recorded for (it may have been taken back) and that name an entity."""

    def close(self) -> None:
        """Let go of what is held open."""
