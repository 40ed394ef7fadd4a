"""A model that answers from a file, one JSON a line: for tests and for claims made elsewhere."""

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.answers import CERTAIN, admitted, claim_of
from agents.replies import parse_reply, shown
from agents.tagging import TaggedDocument
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.ids import DocumentId
from schema.observation import Claim, Polarity, Reader
from schema.ontology import Ontology
from schema.ports import Extraction

_Name = Annotated[str, Field(min_length=1)]


class _ScriptedClaim(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    head: _Name
    relation: _Name
    tail: _Name
    confidence: float = Field(ge=0.0, le=1.0, allow_inf_nan=False)
    polarity: Literal["asserts", "denies"] = "asserts"
    quote: str = ""
    stated: list[str | None] = Field(default=[None, None], min_length=2, max_length=2)

    def claim(self) -> Claim:
        start, end = self.stated
        return Claim(self.head, self.relation, self.tail, self.confidence, Polarity(self.polarity), self.quote, start, end, self.confidence)


class _Line(BaseModel):
    """`fail` is for tests: the server does not answer for this document, or answers nonsense."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: _Name
    claims: list[_ScriptedClaim] | None = None
    reply: str | None = None
    fail: Literal["unavailable", "failed"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if sum(value is not None for value in (self.claims, self.reply, self.fail)) != 1:
            raise ValueError("has exactly one of claims, reply and fail")
        return self


class ScriptedExtractor:
    """Answers what its file says of a document; one that the file lacks has no claims. The file is checked whole, at once.

    Only where each document's line begins is held in memory. Raises WrongUse, naming file, line and rule.
    """

    def __init__(self, path: Path | str, ontology: Ontology, method: str = "labels") -> None:
        self._path = Path(path)
        self._ontology = ontology
        self._method = method
        self._lines: dict[DocumentId, tuple[int, int]] = {}
        self._model = f"scripted:{self._path.stem}@{self._index()}"

    @property
    def reader(self) -> Reader:
        """Its identity: the file's name and content stand for the model."""
        return Reader(self._method, self._model, "none", f"{self._ontology.name}-{self._ontology.version}")

    async def read(self, document: Document) -> Extraction:
        """See the port. A raw reply goes through what a model's sampled answer goes through."""
        if document.id not in self._lines:
            return Extraction(())
        line = self._line(document.id)
        if line.fail == "unavailable":
            raise ModelUnavailable(f"{self._path.name} says that the model does not answer for {document.id}")
        if line.fail is not None:
            raise ModelFailed(f"{self._path.name} says that the model fails for {document.id}")
        if line.reply is not None:
            return Extraction(tuple(self._replied(line.reply, document)))
        return Extraction(tuple(claim.claim() for claim in line.claims or ()))

    async def close(self) -> None:
        """Nothing is held open."""

    def _replied(self, reply: str, document: Document) -> Iterator[Claim]:
        tagged = TaggedDocument(document)
        answer = admitted(parse_reply(reply), tagged, self._ontology)
        if answer.refused and not answer.candidates:
            raise ModelFailed(f"{answer.refused[0]}: {shown(reply)}")
        for candidate, said in answer.candidates.items():
            score = CERTAIN if said.confidence is None else said.confidence
            yield claim_of(candidate, score, said, tagged, score)

    def _index(self) -> str:
        content = blake2b(digest_size=4)
        at = 0
        try:
            with self._path.open("rb") as file:
                for number, raw in enumerate(file, 1):
                    content.update(raw)
                    if raw.strip():
                        self._remember(_parsed(raw, self._path, number), at, number)
                    at += len(raw)
        except OSError as error:
            raise WrongUse(f"scripted:{self._path}: {error.strerror or error}") from error
        return content.hexdigest()

    def _remember(self, line: _Line, at: int, number: int) -> None:
        document = DocumentId(line.document)
        if document in self._lines:
            raise WrongUse(
                f"{self._path}, line {number}: {document} has a line already, line {self._lines[document][1]}; a document has one"
            )
        self._lines[document] = at, number

    def _line(self, document: DocumentId) -> _Line:
        at, number = self._lines[document]
        try:
            with self._path.open("rb") as file:
                file.seek(at)
                line = _parsed(file.readline(), self._path, number)
        except OSError as error:
            raise WrongUse(f"scripted:{self._path}: {error.strerror or error}") from error
        if line.document != document:
            raise WrongUse(f"{self._path}, line {number}: the file changed while it was in use")
        return line


def _parsed(raw: bytes, path: Path, number: int) -> _Line:
    try:
        return _Line.model_validate(json.loads(raw.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise WrongUse(f"{path}, line {number}: is not UTF-8") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise WrongUse(f"{path}, line {number}: {where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise WrongUse(f"{path}, line {number}: is not JSON ({error})") from error
