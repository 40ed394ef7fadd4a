"""The shapes of answers, for the OpenAPI description and the clients made from it; answers themselves do not pass through them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """What every answer has these members of, and perhaps more."""

    model_config = ConfigDict(extra="allow")


class ProblemShape(Shape):
    """An error (RFC 9457)."""

    type: str = Field(examples=["urn:chronokg:problem:not-one-entity"])
    title: str
    status: int
    detail: str


class CandidateShape(Shape):
    """An entity that a name may be."""

    key: str = Field(examples=["MESH:D005424"])
    name: str = Field(examples=["flecainide"])
    type: str = Field(examples=["Chemical"])
    score: float = Field(description="0 to 1")
    reason: str
    in_graph: bool = Field(description="Else only a vocabulary knows it.")


class FoundShape(Shape):
    """What a name may be, the likeliest first."""

    query: str
    entities: list[CandidateShape]


class EntityShape(Shape):
    """An entity in short."""

    key: str
    name: str
    type: str | None
    aliases: list[str]
    facts: dict[str, int] = Field(description="How many of each status.")
    first_seen: str | None
    last_seen: str | None


class IntervalShape(Shape):
    """When a fact held: up to but not including `to`; null while it is open."""

    from_: str = Field(alias="from", examples=["1979-03-01"])
    to: str | None
    belief: float


class FactShape(Shape):
    """A fact, as it stands in the state that is asked about."""

    head: str
    head_name: str
    relation: str
    tail: str
    tail_name: str
    belief: float = Field(description="0 to 1")
    status: str = Field(description="current, superseded, contested or withdrawn; only current facts hold.")
    support: int = Field(description="Documents that assert it.")
    first_seen: str | None
    last_seen: str | None
    intervals: list[IntervalShape]


class FactsShape(Shape):
    """Facts of an entity, a page of them."""

    entity: str
    name: str
    facts: list[FactShape]
    next: str | None = Field(description="What the next page takes as `after`; null on the last one.")
    total: int


class StepShape(Shape):
    """Something that happened to a fact on a day."""

    on: str
    what: str = Field(examples=["closed"])
    text: str
    because: list[str] = Field(description="Documents.")
    rule: str | None = None
    quotes: list[dict[str, Any]]


class WhyShape(Shape):
    """A fact with its history and its evidence; no fact where the evidence was never admitted, or there is none."""

    fact: FactShape | None
    triple: list[str]
    history: list[StepShape]
    evidence: list[dict[str, Any]]
    withdrawn: list[str]


class TimelineShape(Shape):
    """All that was ever held about an entity."""

    entity: str
    name: str
    facts: list[FactShape]
    events: list[StepShape]


class PathShape(Shape):
    """A way from one entity to another."""

    weight: float = Field(description="The product of the beliefs of its steps.")
    steps: list[FactShape]


class PathsShape(Shape):
    """Ways from one entity to another, the heaviest first."""

    from_: str = Field(alias="from")
    to: str
    paths: list[PathShape]
    searched: int = Field(description="Entities that were looked at.")
    complete: bool = Field(description="Whether all were that there are within so many steps.")


class ContextShape(Shape):
    """What is known of what a question names, dated and cited, for a language model to answer from."""

    question: str
    text: str
    facts: list[dict[str, Any]]
    entities: list[dict[str, Any]]
    names: list[dict[str, Any]]
    left_out: int
    complete: bool


class ChangesShape(Shape):
    """What opened, reopened, closed or was contested, a page of it."""

    since: str
    until: str
    changes: list[dict[str, Any]]
    next: str | None


class DigestShape(Shape):
    """What the home changed its mind about between two moments of recording."""

    changes: dict[str, list[dict[str, Any]]]


class StatusShape(Shape):
    """What was handed in, what became of it, and what log and graph hold."""

    log: dict[str, Any]
    graph: dict[str, Any]
    counts: dict[str, Any]
    set_aside: dict[str, Any]


class DocumentShape(Shape):
    """A document: how it is cited, its text where that was recorded, and what it says."""

    id: str
    title: str
    published: str
    precision: str
    source: str
    retracted: bool
    says: list[dict[str, Any]]


class HealthShape(Shape):
    """Whether the server can answer."""

    health: str


class EndShape(BaseModel):
    """An end of a relation."""

    key: str = Field(min_length=1, examples=["MESH:D005424"])
    type: str = Field(min_length=1, examples=["Chemical"])
    name: str | None = Field(default=None, examples=["flecainide"])


class ObservationShape(Shape):
    """What a document says, as one line of `observe`; members that are not named here are ignored."""

    document: str = Field(min_length=1, examples=["PMID:2473403"])
    published: str | None = Field(default=None, examples=["1989-08-10"])
    source: str | None = Field(default=None, examples=["curated"])
    head: EndShape
    relation: str = Field(min_length=1, examples=["cause"])
    tail: EndShape
    confidence: float | None = Field(default=None, ge=0.0, le=1.0, examples=[0.9])
    polarity: str | None = Field(default=None, pattern="^(asserts|denies)$", examples=["asserts"])
    quote: str | None = None
    publication_types: list[str] | None = None
    journal: str | None = None
    stated: list[str | None] | None = Field(default=None, min_length=2, max_length=2)
    recorded_at: str | None = None


class ObservationsShape(BaseModel):
    """Observations to record together; the same ones again add nothing."""

    model_config = ConfigDict(extra="forbid")

    observations: list[ObservationShape] = Field(min_length=1, max_length=5000)


class RecordedShape(Shape):
    """What became of what was sent: submitted = committed + skipped + set aside."""

    batches: list[str] = Field(description="By a hash of what they hold: the same content has the same batch.")
    recorded: bool = Field(description="Whether anything was new.")
    counts: dict[str, Any]
    set_aside: list[dict[str, Any]]
    log_version: int


class RetractionShape(BaseModel):
    """A document was retracted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: str = Field(min_length=1, max_length=500, examples=["PMID:32450107"])
    on: str | None = Field(default=None, pattern=r"^\d{4}(-\d{2}){0,2}$", examples=["2020-06-05"], description="The day of the notice.")
    anyway: bool = Field(default=False, description="Also a document that was never seen here, and a day that cannot be.")


class RetractedShape(Shape):
    """What was recorded."""

    text: str
    document: str
    recorded: bool
