"""Observations made elsewhere: one line of `observe`, checked and normalised."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.files.written_dates import date_of
from pipeline.grounding.claims import admissible
from pipeline.identifiers import control_character, curie, document_id, entity_type
from schema.dates import DateOrigin, PartialDate, parse_instant
from schema.errors import InvalidDate, UngroundedClaim
from schema.ids import EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.ontology import Ontology
from schema.records import Recorded


def _dated(value: object) -> object:
    if isinstance(value, PartialDate | list | dict | None):
        return value
    found = date_of(value)
    if found is None:
        raise InvalidDate(f"published: {value!r} says that there is no date")
    return found


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds half of a surrogate pair, which is no character")
    return text


def _one_line(text: str) -> str:
    if control := control_character(_clean(text)):
        raise ValueError(f"holds the control character {control!r}")
    return text


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("is true or false, no number from 0 to 1")
    return value


def _moment(value: object) -> object:
    return parse_instant(value.isoformat() if isinstance(value, datetime) else value) if isinstance(value, str | datetime) else value


Text = Annotated[str, AfterValidator(_clean)]
Word = Annotated[str, AfterValidator(_one_line)]
When = Annotated[PartialDate, BeforeValidator(_dated)]


class _Lenient(BaseModel):
    # Unknown keys are left alone: other programs may write more than we read.
    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)


class _End(_Lenient):
    key: Word = Field(min_length=1, max_length=4096)
    type: Word = Field(min_length=1)
    name: Text = ""


class _Line(_Lenient):
    document: Word = Field(min_length=1, max_length=4096)
    published: When
    source: Word = Field(min_length=1)
    head: _End
    relation: Word
    tail: _End
    confidence: Annotated[float, BeforeValidator(_no_truth)] = Field(ge=0.0, le=1.0, allow_inf_nan=False)
    polarity: Polarity = Polarity.ASSERTS
    quote: Text = ""
    publication_types: tuple[Word, ...] = ()
    journal: Word | None = None
    stated: tuple[When | None, When | None] = (None, None)
    recorded_at: Annotated[datetime | None, BeforeValidator(_moment)] = None


def observe(line: Mapping[str, Any], ontology: Ontology, now: datetime) -> Recorded[Observation]:
    """Check one line and make it an observation, recorded `now` unless the line brings its own moment.

    Raises UngroundedClaim naming the key, the value and the rule that it breaks.
    """
    try:
        parsed = _Line.model_validate(line)
    except ValidationError as cause:
        raise UngroundedClaim(_in_words(cause)) from cause
    if parsed.recorded_at is not None and parsed.recorded_at > now:
        raise UngroundedClaim(f"recorded_at: {parsed.recorded_at.isoformat()} lies in the future")
    start, end = parsed.stated
    observation = Observation(
        document=document_id(parsed.document),
        published=parsed.published,
        source=parsed.source,
        head=_entity(parsed.head),
        relation=parsed.relation,
        tail=_entity(parsed.tail),
        confidence=parsed.confidence,
        polarity=parsed.polarity,
        quote=parsed.quote,
        publication_types=tuple(sorted(set(parsed.publication_types))),
        journal=parsed.journal,
        stated_start=start,
        stated_end=end,
        stated_origin=DateOrigin.STATED if start or end else DateOrigin.UNKNOWN,
    )
    return Recorded(admissible(observation, ontology), parsed.recorded_at or now)


def _entity(end: _End) -> Entity:
    kind = entity_type(end.type)
    key = curie(end.key, kind)
    if key is None:
        raise UngroundedClaim(f"key: {end.key!r} identifies nothing")
    return Entity(EntityKey(key), kind, end.name or key)


def _in_words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'line'}: {str(e.get('input'))[:80]!r}: {e['msg']}" for e in error.errors())
