"""What a request says of the state it asks about, and of which facts: parameters with one meaning on every resource."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from flows.api.answering_threads import AnsweringThreads
from flows.api.problems import Problem
from flows.api.request_gate import require_scope
from flows.home.homes import Home
from schema.dates import parse_day, parse_instant
from schema.errors import InvalidDate, WrongUse
from schema.fact import Status

if TYPE_CHECKING:
    from pipeline.retrieving.fact_filter import FactFilter

T = TypeVar("T")


def _read_by(parse: Callable[[str], Any]) -> BeforeValidator:
    def read(value: object) -> object:
        if value is None or not isinstance(value, str):
            return value
        try:
            return parse(value)
        except InvalidDate as error:
            raise ValueError(str(error)) from None

    return BeforeValidator(read)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""To JSON 5.0 is a whole number; stands behind the bounds, which else are not described."""

_MOMENT = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
_UP_TO_DAY = "Valid time: what was held on this day, by documents dated up to it. Default: now, by all of them."
_UP_TO_MOMENT = (
    "What was known at this moment: by what had been recorded up to it. A date means its end; a time has its zone. Default: now."
)
_WORD = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")

Day = Annotated[date, _read_by(parse_day)]
Moment = Annotated[datetime, _read_by(parse_instant), WithJsonSchema(_MOMENT)]
Word = Annotated[str, _WORD]

AsOf = Annotated[Day | None, Query(description=_UP_TO_DAY, examples=["1988-01-01"])]
KnownAt = Annotated[Moment | None, Query(description=_UP_TO_MOMENT, examples=["2026-11-30T12:00:00Z"])]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
After = Annotated[str | None, Query(max_length=4000, description="What the last page gave as `next`.")]
NameText = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[NameText, Query(description="A key, or a name as one writes it.", examples=["flecainide"])]


class WantedFacts(BaseModel):
    """Which facts are wanted. An empty list asks for nothing in particular."""

    status: list[Annotated[Status, Field(strict=False)]] = Field(
        default_factory=list, description="Default: current, which are those that hold."
    )
    relation: list[Word] = Field(default_factory=list, max_length=50, description="Relations of the ontology.", examples=[["treat"]])
    type: list[Word] = Field(default_factory=list, max_length=50, description="Of the other end.", examples=[["Disease"]])
    least_belief: float = Field(default=0.0, ge=0.0, le=1.0)
    source: list[Word] = Field(default_factory=list, max_length=50, description="One of the documents that assert it is from there.")
    journal: list[Word] = Field(default_factory=list, max_length=50)
    publication_type: list[Word] = Field(default_factory=list, max_length=50, examples=[["Meta-Analysis"]])

    def as_filter(self, home: Home) -> "FactFilter":
        """The filter; raises Problem for a relation or a type that the ontology has not."""
        from pipeline.retrieving.fact_filter import filter_of

        return there(
            lambda: filter_of(
                home.rules.ontology,
                statuses=[each.value for each in self.status],
                relations=self.relation,
                types=self.type,
                least_belief=self.least_belief,
                sources=self.source,
                journals=self.journal,
                publication_types=self.publication_type,
            )
        )


class WantedInBody(WantedFacts):
    """The same in a body, where nothing else may stand."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _each(said: str) -> Any:
    return Query(default_factory=list, max_length=50, description=f"{said} (repeatable).")


# One by one: of a whole model beside other parameters the framework describes one parameter that is an object.
async def _wanted(
    status: Annotated[list[Status], _each("Default: current, which are those that hold")],
    relation: Annotated[list[Word], _each("Relations of the ontology")],
    type: Annotated[list[Word], _each("Types of the other end")],
    source: Annotated[list[Word], _each("One of the documents that assert it is from there")],
    journal: Annotated[list[Word], _each("One of them appeared there")],
    publication_type: Annotated[list[Word], _each("One of them is of this type")],
    least_belief: Annotated[float, Query(ge=0.0, le=1.0, description="Believed at least so much.")] = 0.0,
) -> WantedFacts:
    given = {
        "status": status,
        "relation": relation,
        "type": type,
        "source": source,
        "journal": journal,
        "publication_type": publication_type,
        "least_belief": least_belief,
    }
    return WantedFacts.model_validate({name: value for name, value in given.items() if value})


Wanted = Annotated[WantedFacts, Depends(_wanted)]


@dataclass(frozen=True, slots=True)
class State:
    """As of which day, and as known at which moment."""

    as_of: date | None
    known_at: datetime | None


async def _state(as_of: AsOf = None, known_at: KnownAt = None) -> State:
    return State(as_of, known_at)


Asked = Annotated[State, Depends(_state)]


def there(ask: Callable[[], T]) -> T:
    """What is asked by names of the ontology; one that it has not is told as not found."""
    try:
        return ask()
    except WrongUse as error:
        raise Problem("not-found", str(error)) from None


async def _may_read(request: Request) -> None:
    require_scope(request.scope, "read")


async def _may_write(request: Request) -> None:
    require_scope(request.scope, "write")


MAY_READ, MAY_WRITE = Depends(_may_read), Depends(_may_write)


async def _threads_of(request: Request) -> AnsweringThreads:
    threads: AnsweringThreads = request.app.state.threads
    return threads


Threads = Annotated[AnsweringThreads, Depends(_threads_of)]
