"""A language model, wherever it runs, the answers that were already paid for, and the agents that ask it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schema.conflict import Conflict, Opinion
from schema.document import Document, Mention
from schema.observation import Claim, Reader
from schema.records import Judgement
from schema.usage import NOTHING_PAID, Usage


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a language model; `complete` is False where it was cut at the token limit.

    `trouble` says why it is no answer, where the server says so: a refusal, an answer withheld.
    """

    text: str
    complete: bool = True
    trouble: str = ""


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
    """A language model server. Every call is bounded in attempts, tokens and time.

    Raises ModelFailed for a document that it cannot answer about, ModelUnavailable where it is away for now, ModelRefused where it will
    never do what is asked.
    """

    @property
    def name(self) -> str:
        """The model's name, the same wherever it is served."""

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        """The model's own distribution over the labels (single tokens) right after prefix + query, for each query.

        The first `shared` characters of the prefix are the same for many documents; filler may follow them.
        """

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        """N independent answers to one prompt, each held to a JSON schema where the server can."""

    async def available(self) -> None:
        """Return where it can be asked now, within seconds and at no cost; raises ModelUnavailable, ModelRefused where it never can."""

    async def close(self) -> None:
        """Let go of connections and, where embedded, of the model."""


class ReplyCache(Protocol):
    """Answers already paid for."""

    def get(self, key: str) -> str | None:
        """What was put under the key, or None."""

    def put(self, key: str, value: str) -> None:
        """Keep it; putting the same key again is harmless."""

    def forget(self, keys: Collection[str]) -> None:
        """Let go of what was put under these, and of no other."""


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
        """The document's claims; raises ModelFailed where no usable answer came within the bounds, ModelRefused where none ever will."""

    async def available(self) -> None:
        """Return where its model can be asked now; see LanguageModel."""


class Adjudicator(Protocol):
    """An agent that rules on conflicts."""

    async def rule(self, conflict: Conflict) -> Opinion:
        """What it says of one conflict; raises ModelFailed where no usable answer came within the bounds, ModelRefused where none will."""

    async def available(self) -> None:
        """Return where its model can be asked now; see LanguageModel."""

    async def close(self) -> None:
        """Let go of model and connections."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model answered to a question, and which one."""

    text: str
    by: str
    usage: Usage = NOTHING_PAID


class Answerer(Protocol):
    """An agent that answers questions from the evidence that it is given."""

    async def answer(self, question: str, messages: Sequence[Mapping[str, str]]) -> Answered:
        """What it says to the messages of a chat (`role`, `content`); raises ModelFailed where no usable answer came within the bounds."""

    async def close(self) -> None:
        """Let go of model and connections."""
