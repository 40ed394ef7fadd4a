"""What the wings need of the outside world, each method with its law."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from schema.columns import Table
from schema.document import Document, Edition, Mention
from schema.fact import Fact, Source, Triple
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Claim, Entity, Observation, Reader
from schema.ontology import Ontology
from schema.records import Judgement, Record, Recorded, Retraction
from schema.usage import NOTHING_PAID, Usage

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


class EvidenceLog(Protocol):
    """Append-only: what was recorded is never changed. Keys are as recorded, except where questions are asked for."""

    def append(self, batch: BatchId, records: Sequence[Recorded[Any]], observations: Table | None = None) -> bool:
        """Record all of a batch or none of it, once: False, and nothing written, where the batch is already in.

        `observations` are such records as a table, for many at once: columns `id`, `at` and those of `Observation` as the log has
        them (graph_store.log.log_rows.COLUMNS), without `batch` and `kind`; columns that are missing are null.
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

    def table(self, questions: Collection[Question] | None = None) -> Table:
        """The same (or all) observations as a table, each identity once, with its first moment.

        Columns, as `append` takes them: id, at, document, head, head_type, relation, tail, tail_type, confidence, polarity, quote,
        stated_start, stated_end, revision, reader; that is what the fold needs.
        """

    def ends(
        self, *, documents: Collection[DocumentId] | None = None, keys: Collection[EntityKey] | None = None
    ) -> set[tuple[EntityKey, str, EntityKey]]:
        """Head, relation and tail of all observations by these documents, or with one of these entities as an end."""

    def lines(self, documents: Collection[DocumentId] | None = None) -> Table:
        """What observations made elsewhere say of the documents that they cite (all, or these), each once, with its first moment.

        Columns: document, published (text), source, publication_types (list), journal (null where none is known), at.
        """

    def judgements(self, keys: Collection[EntityKey] | None = None) -> Table:
        """All judgements on names, or those that can decide what counts as what these keys count as; each once, first moment.

        Columns: name (its provisional key), id, at, key, sameness, by_person, label, withdrawn (the moment, or null).
        """

    def read_by(self, reader: str) -> set[tuple[DocumentId, str]]:
        """Document and revision (as text) of everything that this reader has read."""

    def editions(self, documents: Collection[DocumentId] | None = None) -> Iterator[Recorded[Edition]]:
        """Revisions of documents (all, or these), without their text; each once, with its first moment."""

    def retractions_by(self, notices: Collection[DocumentId]) -> Iterator[Recorded[Retraction]]:
        """Retractions that one of these documents gives notice of."""

    def touched(self, batches: Collection[BatchId]) -> Touched:
        """What these batches say something about."""

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

    def called(self, words: Collection[str] | None = None) -> Iterator[tuple[str, EntityKey]]:
        """Words (as schema.name_words has them; all, or some) that name entities or are their keys, with each entity."""

    def deleted_speakers(self) -> set[DocumentId]:
        """Documents that a deletion is recorded for (it may have been taken back) and that name an entity."""

    def close(self) -> None:
        """Let go of what is held open."""


@dataclass(frozen=True, slots=True)
class GraphChange:
    """What a set of batches changes: complete new states, and what is gone. Applying it twice equals applying it once.

    Where `reporting` is given, facts carry the reports of these documents only, and all of them: reports of other documents stay
    as they are. So a fact that rests on thousands of documents costs what has changed. Those in `whole` carry all their reports.
    """

    batches: tuple[BatchId, ...]
    facts: tuple[Fact, ...] = ()
    reporting: frozenset[DocumentId] | None = None
    whole: frozenset[Triple] = frozenset()
    gone_facts: tuple[Triple, ...] = ()
    entities: tuple[Entity, ...] = ()  # ends of `facts`, and others, written only where a fact has them as an end
    only_missing: frozenset[EntityKey] = frozenset()  # entities that are made where they are missing, and else stay as they are
    documents: tuple[Source, ...] = ()
    gone_documents: tuple[DocumentId, ...] = ()


Revise = Callable[[GraphChange], GraphChange]


class GraphStore(Protocol):
    """The graph: a function of the log. It keeps an entity just as long as a fact has it as an end."""

    @property
    def name(self) -> str:
        """What it is and where, for people; no secret in it."""

    def prepare(self, ontology: Ontology, fingerprint: str) -> bool:
        """Constraints first. False where the graph was folded by other rules (another fingerprint) or in another format."""

    def applied(self, among: Collection[BatchId] | None = None) -> set[BatchId]:
        """The batches that are in the graph (all, or some of these)."""

    def apply(self, change: GraphChange, revise: "Revise | None" = None) -> None:
        """Write the change and its batch markers in one transaction (or steps of it that can be repeated).

        `revise` is asked when all that the change could touch is locked against other writers, perhaps more than once,
        and says what of it is to be written.
        """

    def clear(self) -> None:
        """Remove everything that ChronoKG put there, batch markers included."""

    def facts(self, about: Collection[EntityKey] | None = None) -> Iterator[Fact]:
        """All facts, or those with one of these ends, as the graph has them; without reports."""

    def entities(self) -> Iterator[Entity]:
        """All entities."""

    def documents(self) -> Iterator[Source]:
        """All documents."""

    def counts(self) -> dict[str, int]:
        """How many entities, documents, facts (by status too) and edges there are."""

    def find(self, text: str, limit: int = 10) -> list[Entity]:
        """Entities whose name or key matches the text, best first."""

    def query(self, cypher: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Rows of a read-only query; raises QueryRefused for anything that could write or reach outside."""

    def close(self) -> None:
        """Let go of server, driver and lock."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a language model; `complete` is False where it was cut at the token limit."""

    text: str
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Scored:
    """For each query the probability of each label, in the order asked; each row sums to 1."""

    rows: tuple[tuple[float, ...], ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Sampled:
    """n answers to one prompt."""

    replies: tuple[Reply, ...]
    usage: Usage


class LanguageModel(Protocol):
    """A language model server. Every call is bounded in attempts, tokens and time; raises ModelFailed or ModelUnavailable."""

    @property
    def name(self) -> str:
        """The model's name, the same wherever it is served."""

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """The model's own distribution over the labels (single tokens) right after prefix + query, for each query.

        The first `shared` characters of the prefix are the same for many documents; filler may follow them.
        """

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """N independent answers to one prompt, each held to a JSON schema where the server can."""

    async def close(self) -> None:
        """Let go of connections and, where embedded, of the model."""


class ReplyCache(Protocol):
    """Answers already paid for."""

    def get(self, key: str) -> str | None:
        """What was put under the key, or None."""

    def put(self, key: str, value: str) -> None:
        """Keep it; putting the same key again is harmless."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a reader took from one document."""

    claims: tuple[Claim, ...]
    usage: Usage = NOTHING_PAID
    mentions: tuple[Mention, ...] = ()  # found in a text that came without any; identifiers are those of `judgements`, else provisional
    judgements: tuple[Judgement, ...] = ()  # how the names of these mentions were linked, the unsure ones included


class Extractor(Protocol):
    """An agent that reads documents."""

    @property
    def reader(self) -> Reader:
        """Its identity: method, model, prompt and schema."""

    async def read(self, document: Document) -> Extraction:
        """The document's claims; raises ModelFailed where no usable answer came within the bounds."""
