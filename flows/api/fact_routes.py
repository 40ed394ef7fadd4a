"""Resources of facts: one with its history and evidence, the context for a question, documents, and what changed."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from flows.api.answer_shapes import ChangesShape, ContextShape, DocumentShape, WhyShape
from flows.api.asked_values import (
    MAY_READ,
    After,
    Asked,
    Day,
    KnownAt,
    Limit,
    Moment,
    Name,
    NameText,
    Threads,
    Wanted,
    WantedFacts,
    WantedInBody,
    Whole,
    Word,
    there,
)
from flows.api.described import READ_PROBLEMS, answers
from flows.api.problems import Problem
from flows.home.homes import Home
from schema.errors import InvalidInput, WrongUse

router = APIRouter(tags=["facts"], dependencies=[MAY_READ])


@router.get("/facts", **answers("fact", WhyShape, "The fact, each step of its history, and the sentences it rests on"))
async def _why(
    request: Request,
    threads: Threads,
    head: Name,
    relation: Annotated[Word, Query(description="A relation of the ontology.", examples=["prevent"])],
    tail: Annotated[NameText, Query(description="A key or a name.", examples=["cardiac arrhythmias"])],
    state: Asked,
) -> Response:
    from flows.answers.answers_from_log import why_of

    def told(home: Home) -> object:
        called = there(lambda: home.rules.ontology.relation_called(relation))
        return why_of(home, head, called, tail, state.as_of, state.known_at)

    return await threads.answered(request, told)


class QuestionAsked(BaseModel):
    """A question in words, the state that it is asked about, and how much is to be told."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(min_length=1, max_length=4000, examples=["does flecainide prevent arrhythmias?"])
    as_of: Day | None = Field(default=None, examples=["1988-01-01"])
    known_at: Moment | None = None
    limit: Whole = Field(default=20, ge=1, le=200, description="Facts at most.")
    budget: Whole | None = Field(default=None, ge=50, le=200_000, description="Tokens of the text at most.")
    wanted: WantedInBody | None = Field(default=None, description="Only such facts; default: those that hold, and what was overturned.")


@router.get("/context", **answers("context", ContextShape, "The dated, cited context"))
async def _context(
    request: Request,
    threads: Threads,
    q: Annotated[str, Query(min_length=1, max_length=4000, examples=["does flecainide prevent arrhythmias?"])],
    state: Asked,
    wanted: Wanted,
    limit: Limit = 20,
    budget: Annotated[int | None, Query(ge=50, le=200_000, description="Tokens of the text at most.")] = None,
) -> Response:
    given = wanted if wanted.model_fields_set else None
    asked = _Question(q, state.as_of, state.known_at, limit, budget, given)
    return await threads.answered(request, asked.answer)


@router.post("/context", **answers("context_for_question", ContextShape, "The dated, cited context", 400, *READ_PROBLEMS, tagged=False))
async def _context_posted(request: Request, threads: Threads, asked: QuestionAsked) -> Response:
    question = _Question(asked.question, asked.as_of, asked.known_at, asked.limit, asked.budget, asked.wanted)
    return await threads.answered(request, question.answer, tagged=False)


class _Question:
    """A question with its limits."""

    def __init__(
        self, question: str, as_of: date | None, known_at: Any, limit: int, budget: int | None, wanted: WantedFacts | None
    ) -> None:
        self._question, self._state = question, (as_of, known_at, limit)
        self._budget, self._wanted = budget, wanted

    def answer(self, home: Home) -> object:
        from flows.answers.answers_from_log import context_for

        more: dict[str, Any] = {} if self._budget is None else {"budget": self._budget}
        if self._wanted is not None:
            more["wanted"] = self._wanted.as_filter(home)
        return context_for(home, self._question, *self._state, **more)


@router.get("/changes", **answers("changes", ChangesShape, "What changed on the days from `since`, up to but not including `until`"))
async def _changes(
    request: Request,
    threads: Threads,
    since: Annotated[Day, Query(description="The first day.", examples=["1989-01-01"])],
    until: Annotated[Day, Query(description="The day after the last one.", examples=["1990-01-01"])],
    entity: Annotated[NameText | None, Query(description="Only of this entity.")] = None,
    known_at: KnownAt = None,
    limit: Limit = 50,
    after: After = None,
) -> Response:
    from flows.answers.facts_asked import changes_between

    return await threads.answered(
        request, lambda home: changes_between(home, since, until, entity=entity, known_at=known_at, limit=limit, after=after)
    )


@router.get("/documents/{document:path}", **answers("document", DocumentShape, "The document, and what it says of which entities"))
async def _document(
    request: Request,
    threads: Threads,
    document: Annotated[str, Path(min_length=1, max_length=500, description="Its id.", examples=["PMID:2473403"])],
    state: Asked,
) -> Response:
    from flows.answers.documents_told import document_told

    def told(home: Home) -> object:
        try:
            return document_told(home, document, state.as_of, state.known_at)
        except (InvalidInput, WrongUse) as error:
            raise Problem("not-found", str(error)) from None

    return await threads.answered(request, told)
