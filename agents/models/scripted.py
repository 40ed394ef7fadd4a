"""A model that answers from a file, one JSON a line: for tests and for claims made elsewhere."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.asking.tagging import TaggedDocument
from agents.relations.admitted_claims import CERTAIN, admitted, worded_claim
from agents.replies.answer_replies import parse_answer
from agents.replies.claim_replies import parse_reply
from agents.replies.reply_pieces import shortened
from agents.replies.verdict_replies import METHOD, parse_verdict
from schema.conflict import Conflict, Opinion
from schema.document import Document
from schema.errors import ModelFailed, ModelRefused, ModelUnavailable, WrongUse
from schema.observation import Claim, Polarity, Reader
from schema.ontology import Ontology
from schema.ports import Answered, Extraction
from schema.records import Verdict

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
    """What the file says of a document, of a conflict or to a question.

    `fail` is for tests: the server is away, answers nonsense, or refuses.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    document: _Name | None = None
    claims: list[_ScriptedClaim] | None = None
    conflict: list[_Name] | None = Field(default=None, min_length=4, max_length=4)  # head, relation, relation, tail
    verdict: Literal["both", "newer", "older"] | None = None
    question: _Name | None = None
    answer: _Name | None = None
    reason: str | None = None
    reply: str | None = None
    fail: Literal["unavailable", "failed", "refused"] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        subjects = [name for name in _ANSWERS if getattr(self, name) is not None]
        if len(subjects) != 1:
            raise ValueError("has exactly one of document, conflict and question")
        answer = _ANSWERS[subjects[0]]
        given = [name for name in (*_ANSWERS.values(), "reply", "fail") if getattr(self, name) is not None]
        if len(given) != 1 or given[0] not in (answer, "reply", "fail"):
            raise ValueError(f"has exactly one of {answer}, reply and fail")
        if (self.verdict is None) != (not self.reason):
            raise ValueError("has a reason where it has a verdict, and only there")
        return self

    @property
    def about(self) -> "_Subject":
        """What the line is about, so that a file has one line for it."""
        if self.question is not None:
            return ("question", _as_asked(self.question))
        if self.conflict is None:
            return self.document or ""
        head, one, other, tail = self.conflict
        low, high = sorted((head, tail))
        first, second = sorted((one, other))
        return low, first, second, high


_Subject = str | tuple[str, str, str, str] | tuple[str, str]

_ANSWERS = {"document": "claims", "conflict": "verdict", "question": "answer"}
"""What a line can be about, and what it then says."""


def _as_asked(question: str) -> str:
    return " ".join(question.casefold().split())


@dataclass(frozen=True, slots=True)
class _Script:
    """A file of answers, checked whole; only where each line begins is held in memory."""

    path: Path
    model: str  # the file's name and the hash of its content
    lines: Mapping[_Subject, tuple[int, int]]  # offset and number

    def line(self, about: _Subject) -> _Line | None:
        """What the file says of it; raises WrongUse where the file changed meanwhile."""
        if about not in self.lines:
            return None
        at, number = self.lines[about]
        try:
            with self.path.open("rb") as file:
                file.seek(at)
                line = _parsed(file.readline(), self.path, number)
        except OSError as error:
            raise WrongUse(f"scripted:{self.path}: {error.strerror or error}") from error
        if line.about != about:
            raise WrongUse(f"{self.path}, line {number}: the file changed while it was in use")
        return line


class ScriptedExtractor:
    """Answers what its file says of a document; one that the file lacks has no claims. The file is checked whole, at once.

    Only where each document's line begins is held in memory. Raises WrongUse, naming file, line and rule.
    """

    settings = ""

    def __init__(self, path: Path | str, ontology: Ontology, method: str = "labels") -> None:
        self._script = _opened(Path(path))
        self._ontology = ontology
        self._method = method

    @property
    def reader(self) -> Reader:
        """Its identity: the file's name and content stand for the model."""
        return Reader(self._method, self._script.model, "none", self._ontology.reading_name)

    async def read(self, document: Document) -> Extraction:
        """See the port. A raw reply goes through what a model's sampled answer goes through."""
        line = self._script.line(document.id)
        if line is None:
            return Extraction(())
        _fail(line, self._script, document.id)
        if line.reply is not None:
            return Extraction(tuple(self._replied(line.reply, document)))
        return Extraction(tuple(claim.claim() for claim in line.claims or ()))

    async def available(self) -> None:
        """Always: the file was opened."""

    def _replied(self, reply: str, document: Document) -> Iterator[Claim]:
        tagged = TaggedDocument(document)
        answer = admitted(parse_reply(reply), tagged, self._ontology)
        if answer.refused and not answer.candidates:
            raise ModelFailed(f"{answer.refused[0]}: {shortened(reply)}")
        for candidate, said in answer.candidates.items():
            score = CERTAIN if said.confidence is None else said.confidence
            yield worded_claim(candidate, score, said, tagged, score)


class ScriptedAdjudicator:
    """Rules as its file says of a conflict; of one that the file lacks it has no opinion, and fails."""

    def __init__(self, path: Path | str, ontology: Ontology) -> None:
        self._script = _opened(Path(path))
        self._by = Reader(METHOD, self._script.model, "none", f"{ontology.name}-{ontology.version}").name

    async def rule(self, conflict: Conflict) -> Opinion:
        """See the port. A raw reply goes through what a model's sampled answer goes through."""
        (low, high), (first, second) = conflict.matter
        line = self._script.line((low, first, second, high))
        told = f"{low} {first}, {second} {high}"
        if line is None:
            raise ModelFailed(f"{self._script.path.name} says nothing of {told}")
        _fail(line, self._script, told)
        if line.reply is not None:
            return Opinion(*parse_verdict(line.reply), by=self._by)
        return Opinion(Verdict(line.verdict or ""), line.reason or "", by=self._by)

    async def available(self) -> None:
        """Always: the file was opened."""

    async def close(self) -> None:
        """Nothing is held open."""


class ScriptedAnswerer:
    """Answers as its file says to a question, whatever its case and spaces; one that the file lacks it fails on. It sees no evidence."""

    def __init__(self, path: Path | str) -> None:
        self._script = _opened(Path(path))

    async def answer(self, question: str, messages: Sequence[Mapping[str, str]]) -> Answered:
        """See the port. A raw reply goes through what a model's sampled answer goes through."""
        del messages
        line = self._script.line(("question", _as_asked(question)))
        if line is None:
            raise ModelFailed(f"{self._script.path.name} has no answer to {question!r}")
        _fail(line, self._script, question)
        return Answered(line.answer if line.answer is not None else parse_answer(line.reply or ""), self._script.model)

    async def close(self) -> None:
        """Nothing is held open."""


def _fail(line: _Line, script: _Script, about: str) -> None:
    if line.fail == "unavailable":
        raise ModelUnavailable(f"{script.path.name} says that the model does not answer for {about}")
    if line.fail == "refused":
        raise ModelRefused(f"{script.path.name} says that the model refuses {about}")
    if line.fail is not None:
        raise ModelFailed(f"{script.path.name} says that the model fails for {about}")


def _opened(path: Path) -> _Script:
    content = blake2b(digest_size=4)
    lines: dict[_Subject, tuple[int, int]] = {}
    at = 0
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                content.update(raw)
                if raw.strip():
                    about = _parsed(raw, path, number).about
                    if about in lines:
                        told, kind = _in_words(about)
                        raise WrongUse(f"{path}, line {number}: {told} has a line already, line {lines[about][1]}; a {kind} has one")
                    lines[about] = at, number
                at += len(raw)
    except OSError as error:
        raise WrongUse(f"scripted:{path}: {error.strerror or error}") from error
    return _Script(path, f"scripted:{path.stem}@{content.hexdigest()}", lines)


def _in_words(about: _Subject) -> tuple[str, str]:
    if isinstance(about, str):
        return about, "document"
    return (about[1], "question") if len(about) == 2 else (" ".join(about), "conflict")


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
