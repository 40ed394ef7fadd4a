"""Agents that ask a language model: those that read documents, and those that rule on conflicts."""

from dataclasses import dataclass
from typing import Protocol

from schema.conflict import Conflict, Opinion
from schema.document import Document, Mention
from schema.observation import Claim, Reader
from schema.records import Judgement
from schema.usage import NOTHING_PAID, Usage


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


class Adjudicator(Protocol):
    """An agent that rules on conflicts."""

    async def rule(self, conflict: Conflict) -> Opinion:
        """What it says of one conflict; raises ModelFailed where no usable answer came within the bounds."""

    async def close(self) -> None:
        """Let go of model and connections."""
