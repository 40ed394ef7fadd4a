"""What tools answer with: small, typed, and unable to tell a fact that has ended as one that holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self
from urllib.parse import quote as percent_encoded

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.shown_text import one_line
from schema.fact import Status

SCHEME = "chronokg"
LONGEST_QUOTE = 400
"""Characters of a quote that a tool shows; the document's resource has all of it."""

StatusTold = Literal["current", "superseded", "contested", "withdrawn", "denied"]


def document_uri(document: str) -> str:
    """The resource of a document."""
    return f"{SCHEME}://document/{percent_encoded(document, safe=':')}"


def fact_uri(head: str, relation: str, tail: str) -> str:
    """The resource of a fact."""
    return f"{SCHEME}://fact/{'/'.join(percent_encoded(part, safe=':') for part in (head, relation, tail))}"


class ToolAnswer(BaseModel):
    """An answer of a tool, or a part of one; what the answers in common have more is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Limited(ToolAnswer):
    """An answer up to a day and as known at a moment: `as_of` null means today, `known_at` null all that is known."""

    as_of: str | None = Field(default=None, description="What is told held on this day; absent: today.")
    known_at: str | None = Field(default=None, description="Only what was recorded up to this moment; absent: all that is recorded.")


class SearchedEntity(ToolAnswer):
    """An entity that a name may be."""

    key: str
    name: str
    type: str
    score: float = Field(ge=0.0, le=1.0)
    reason: str
    in_graph: bool = Field(description="False: only a vocabulary knows it, and there are no facts about it.")


class EntitiesFound(Limited):
    """What a name may be, best first."""

    asked: str
    entities: list[SearchedEntity]
    note: str | None = None


class QuoteTold(ToolAnswer):
    """What a document says of a fact."""

    document: str
    published: str | None = None
    polarity: Literal["asserts", "denies"]
    quote: str


class IntervalTold(ToolAnswer):
    """From a day, up to but not including another; `to` absent: it goes on."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    start: str = Field(alias="from")
    end: str | None = Field(default=None, alias="to")


class FactTold(ToolAnswer):
    """A fact as it stood on the day asked about. Only one whose status is `current` held then."""

    uri: str
    head: str
    head_name: str
    relation: str
    tail: str
    tail_name: str
    status: StatusTold
    belief: float = Field(ge=0.0, le=1.0)
    intervals: list[IntervalTold] = Field(description="When it held.")
    documents: int = Field(ge=0, description="How many documents that count assert it.")
    quotes: list[QuoteTold] = []

    @model_validator(mode="after")
    def _ended_is_not_current(self) -> Self:
        holds = any(interval.end is None for interval in self.intervals)
        if holds != (self.status == Status.CURRENT.value):
            raise ValueError(f"{self.uri} is told as {self.status}, and its last interval is {'open' if holds else 'closed'}")
        return self


class FactsFound(Limited):
    """Facts about an entity, those believed most first."""

    entity: str
    name: str
    facts: list[FactTold]
    total: int = Field(ge=0, description="How many there are that were asked for.")
    next: str | None = Field(default=None, description="Give this as `after` for those that come next.")


class StepTold(ToolAnswer):
    """What happened to a fact on a day."""

    on: str
    what: str = Field(description="opened, reinforced, reopened, contested or closed")
    text: str
    because: list[str] = Field(default=[], description="Documents.")
    fact: str | None = Field(default=None, description="The resource of the fact.")
    quotes: list[QuoteTold] = []


class WhyTold(Limited):
    """The history of one fact."""

    fact: FactTold | None = Field(default=None, description="Absent: nothing that was admitted asserts it.")
    steps: list[StepTold]
    left_out: int = Field(ge=0, description="Steps beyond the limit: reinforcements first.")
    remarks: list[str] = []


class HistoryTold(Limited):
    """What began and ended to be held about an entity, the latest changes."""

    entity: str
    name: str
    facts_by_status: dict[str, int]
    steps: list[StepTold]
    left_out: int = Field(ge=0, description="Older steps beyond the limit.")


class PathTold(ToolAnswer):
    """A way from one entity to another over facts; its weight grows with the belief in them."""

    weight: float = Field(ge=0.0, le=1.0)
    facts: list[FactTold]


class PathsFound(Limited):
    """Ways between two entities, best first."""

    start: str
    end: str
    paths: list[PathTold]
    complete: bool = Field(description="False: there was too much to look at all of it.")


class ChangesFound(Limited):
    """What began and ended to be held in a stretch of days."""

    since: str
    until: str
    changes: list[StepTold]
    next: str | None = Field(default=None, description="Give this as `after` for those that come next.")


class AskedName(ToolAnswer):
    """A name in a question, and the entity that it was taken for; absent where none is known by it, or several are."""

    text: str
    entity: str | None = None
    perhaps: list[str] = []


class ContextTold(Limited):
    """The dated, cited context for a question: quote it by its markers."""

    text: str
    names: list[AskedName]
    facts: list[str] = Field(description="Resources of the facts, in the order of their markers [1], [2], …")
    left_out: int = Field(ge=0)
    complete: bool = Field(description="False: the question names nothing that is known, or not all of it.")


class Observed(ToolAnswer):
    """What became of the observations: submitted = recorded + skipped + set aside."""

    submitted: int
    recorded: int
    skipped: dict[str, int]
    set_aside: dict[str, int]
    reasons: list[str] = []


class DocumentChanged(ToolAnswer):
    """What was recorded of a document."""

    document: str
    recorded: bool = Field(description="False: it was recorded before.")
    text: str


def fact_of_answer(fact: Mapping[str, Any], quotes: int) -> FactTold:
    """A fact of the common answers, with so many quotes at most."""
    return FactTold(
        uri=fact_uri(fact["head"], fact["relation"], fact["tail"]),
        documents=fact["support"],
        quotes=quotes_told(fact.get("citations", ()), quotes),
        **{name: fact[name] for name in ("head", "head_name", "relation", "tail", "tail_name", "status", "belief")},
        intervals=[IntervalTold.model_validate(each) for each in fact["intervals"]],
    )


def quotes_told(citations: Iterable[Mapping[str, Any]], most: int) -> list[QuoteTold]:
    """So many quotes at most: of both sides where there are two, each in its order."""
    asserting, denying = ([each for each in citations if each["polarity"] == side] for side in ("asserts", "denies"))
    chosen = [each for pair in _side_by_side(asserting, denying) for each in pair][:most]
    return [QuoteTold.model_validate({**each, "quote": quote_shown(each["quote"])}) for each in chosen]


def _side_by_side(one: Sequence[Any], other: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return ((*one[at : at + 1], *other[at : at + 1]) for at in range(max(len(one), len(other))))


def step_told(step: Mapping[str, Any], quotes: int) -> StepTold:
    """One event of the common answers."""
    triple = [step.get(name) for name in ("head", "relation", "tail")]
    return StepTold(
        on=step["on"],
        what=step["what"],
        text=step["text"],
        because=list(step["because"]),
        fact=fact_uri(*map(str, triple)) if all(triple) else None,
        quotes=quotes_told(step.get("quotes", ()), quotes),
    )


def quote_shown(text: str) -> str:
    """Text of others as it may be shown, not longer than a quote."""
    shown = one_line(text)
    return shown if len(shown) <= LONGEST_QUOTE else f"{shown[: LONGEST_QUOTE - 1]}…"
