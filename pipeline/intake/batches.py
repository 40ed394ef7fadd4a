"""What goes into the log: lines of `observe`, documents with what a reader took from them, and what is set aside."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from pipeline.files.date_table import DateTable
from pipeline.files.items import PAYLOAD_LIMIT
from pipeline.files.json_stream import json_flaw
from pipeline.grounding.claims import Grounded, Mentioned, grounded, mentioned
from pipeline.grounding.given_values import NOTHING_GIVEN, Given
from pipeline.grounding.observed_line import observe
from pipeline.intake.unused_parts import tallies_of_unused
from schema.accounts.settling import Settled
from schema.columns import Table
from schema.dates import DateOrigin, PartialDate
from schema.document import Document, Mention
from schema.errors import ChronoKGError, InvalidInput, ModelFailed, UndatedDocument
from schema.ids import BatchId, DocumentId, stable_id
from schema.observation import Claim, Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import BatchReport, Deletion, Judgement, Reading, Recorded, Retraction, SetAside, Tally

_documents = TypeAdapter(Document)
_claims = TypeAdapter(Claim)
_mentions = TypeAdapter(tuple[Mention, ...])
_judgements = TypeAdapter(tuple[Judgement, ...])


@dataclass(frozen=True, slots=True)
class Intake:
    """Records for one batch, and what became of the units that were handed in.

    Where observations come as a table, `told` has the identities of these and of the records, in the order of the lines.
    A batch that goes by the identity of one of its records, or of some of them, has it as `known_as`.
    """

    records: tuple[Recorded[Any], ...]
    tallies: tuple[Tally, ...] = ()
    observations: Table | None = None
    told: tuple[str, ...] | None = None
    known_as: BatchId | None = None

    @property
    def batch(self) -> BatchId:
        """The identity of the batch: the hash of what it records, so that the same batch is recorded once."""
        if self.known_as is not None:
            return self.known_as
        told = [identity(recorded.record) for recorded in self.records] if self.told is None else list(self.told)
        return BatchId(stable_id("batch", told))

    def along_with(self, record: Any, now: datetime) -> "Intake":
        """The same with one more record in its batch."""
        told = None if self.told is None else (*self.told, identity(record))
        return replace(self, records=(*self.records, Recorded(record, now)), told=told)

    def settling(self, asides: Sequence[str], how: str, now: datetime) -> "Intake":
        """The same batch, which also settles what was set aside: that has no part in its identity."""
        return replace(self, records=(*self.records, *(Recorded(Settled(aside, how), now) for aside in asides)), known_as=self.batch)

    def with_report(self, command: str, now: datetime) -> tuple[Recorded[Any], ...]:
        """The records and the report on them where something is counted, so that counts reconcile even after a crash."""
        report = (Recorded(BatchReport(self.batch, command, self.tallies), now),) if self.tallies else ()
        return (*self.records, *report)


def event_batch(record: Any, now: datetime, *along: Recorded[Any]) -> Intake:
    """One event, with what goes along with it: a batch that goes by the event's identity, so that the same one is recorded once."""
    return Intake((Recorded(record, now), *along), (Tally("event", 1),), known_as=BatchId(record.id))


def observe_lines(
    lines: Sequence[tuple[int, str | Mapping[str, Any]]], file: str, ontology: Ontology, now: datetime, given: Given = NOTHING_GIVEN
) -> Intake:
    """Check numbered lines of observations; bad ones are set aside with file, line and reason."""
    records: list[Recorded[Any]] = []
    reasons: Counter[str] = Counter()
    for number, line in lines:
        try:
            records.append(observe(given.completed(parse_line(line)), ontology, now))
        except InvalidInput as error:
            text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False, default=str)
            records.append(Recorded(set_aside("line", "grounding", error, file, f"line {number}", text), now))
            reasons[type(error).__name__] += 1
    return Intake(tuple(records), (Tally("line", len(records) - reasons.total(), {}, dict(reasons)),))


def parse_line(line: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """A JSON object from its text; raises InvalidInput."""
    if not isinstance(line, str):
        return line
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as cause:  # besides broken JSON, a number of thousands of digits
        raise InvalidInput(json_flaw(cause)) from cause
    if not isinstance(value, dict):
        raise InvalidInput(f"is {type(value).__name__}, not a JSON object")
    return value


def dated(document: Document, dates: DateTable | None, published: PartialDate | None) -> Document:
    """The document with a date: its own, else that of `dates`, else `published`; raises UndatedDocument where there is none."""
    if document.published is not None:
        return document
    given = (dates.get(document.id) if dates is not None else None) or published
    if given is None:
        raise UndatedDocument(f"{document.id} has no publication date; give one with --dates or --published")
    return replace(document, published=given, date_origin=DateOrigin.GIVEN)


def undated(document: Document, error: UndatedDocument, file: str) -> SetAside:
    """An undated document, kept whole so that it can be dated later."""
    return set_aside("document", "dating", error, file, document.id, _documents.dump_json(document).decode(), document.id)


def read_batch(
    documents: Sequence[Document],
    results: Sequence[Extraction | ChronoKGError],
    reader: Reader,
    model: str,
    ontology: Ontology,
    now: datetime,
) -> Intake:
    """What one batch of documents brings: documents, readings, observations, and what was set aside.

    `results` are in the order of the documents; `model` says how to reach the reader again.
    """
    records: list[Recorded[Any]] = []
    failures: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    effects: Counter[str] = Counter()
    made = 0
    for document, result in zip(documents, results, strict=True):
        records.append(Recorded(document, now))
        if isinstance(result, ChronoKGError):
            aside = set_aside("document", "model", result, "", reader.name, str(document.revision), document.id)
            records.append(Recorded(replace(aside, model=model, reply=_reply_of(result)), now))
            failures[type(result).__name__] += 1
            continue
        found, asides = ground_claims(document, result, reader, ontology)
        reading = Reading(document.id, document.revision, reader, result.usage)
        records += [Recorded(record, now) for record in (reading, *result.judgements, *(each.observation for each in found), *asides)]
        made += len(found)
        effects.update(what_sentences_did(found))
        refused.update(aside.error for aside in asides)
    return Intake(
        tuple(records),
        (
            Tally("document", len(documents) - failures.total(), {}, dict(failures)),
            Tally("claim", made, {}, dict(refused)),
            *tallies_of_sentences(effects),
            *tallies_of_unused(documents),
        ),
    )


def ground_claims(document: Document, read: Extraction, reader: Reader, ontology: Ontology) -> tuple[list[Grounded], list[SetAside]]:
    """Claims that stand up, each once, and those that do not, with the reason."""
    observations: list[Grounded] = []
    asides: list[SetAside] = []
    known = mentioned(document, read.mentions, read.judgements)
    for number, claim in enumerate(read.claims, 1):
        try:
            observations.append(grounded(claim, document, reader, ontology, known))
        except InvalidInput as error:
            told = {"claim": _claims.dump_python(claim, mode="json"), "reader": reader.name, "revision": str(document.revision)}
            found = {"mentions": _mentions.dump_python(read.mentions, mode="json")} if read.mentions else {}
            judged = {"judgements": _judgements.dump_python(read.judgements, mode="json")} if read.judgements else {}
            payload = json.dumps({**told, **found, **judged}, sort_keys=True, ensure_ascii=False)
            asides.append(set_aside("claim", "grounding", error, reader.name, f"claim {number}", payload, document.id))
    return observations, asides


NEGATED, HEDGED, TIMED, UNTIMED = "negated claim", "hedged claim", "stated time", "no date"
"""What sentences did to claims, as units and reasons of tallies."""


def what_sentences_did(found: Sequence[Grounded]) -> Counter[str]:
    """How many claims their sentences negated, made less sure, or gave a time; and how many words of time made no date."""
    counted: Counter[str] = Counter()
    for made in (each.made_of for each in found):
        counted[NEGATED] += made.negated
        counted[HEDGED] += made.weakened
        counted[TIMED] += made.time.start is not None or made.time.end is not None
        counted[UNTIMED] += len(made.time.dropped)
    return counted


def tallies_of_sentences(counted: Mapping[str, int]) -> tuple[Tally, ...]:
    """These counts as tallies, of what there is only."""
    plain = tuple(Tally(unit, counted[unit]) for unit in (NEGATED, HEDGED) if counted.get(unit))
    dropped = {UNTIMED: counted[UNTIMED]} if counted.get(UNTIMED) else {}
    return (*plain, Tally(TIMED, counted.get(TIMED, 0), dropped)) if counted.get(TIMED) or dropped else plain


def set_aside(
    unit: str, stage: str, error: ChronoKGError, file: str, position: str, payload: str, document: DocumentId | None = None
) -> SetAside:
    """Keep what could not be used, with what is needed to try it again."""
    complete = len(payload) <= PAYLOAD_LIMIT
    kept = payload if complete else payload[:PAYLOAD_LIMIT]
    return SetAside(unit, stage, type(error).__name__, str(error), file, position, document, _printable(kept), complete)


def _reply_of(error: ChronoKGError) -> str:
    return _printable(error.reply[:PAYLOAD_LIMIT]) if isinstance(error, ModelFailed) else ""


def is_event(item: object) -> bool:
    """Whether a reader's item is neither a document nor set aside."""
    return isinstance(item, Retraction | Deletion)


def restored_document(payload: str) -> Document:
    """A document that was set aside whole."""
    return _documents.validate_json(payload)


def restored_claim(payload: str, document: Document) -> tuple[Claim, Mentioned]:
    """A claim that was set aside, and what its document mentions."""
    told = json.loads(payload)
    found, judged = _mentions.validate_python(told.get("mentions", ())), _judgements.validate_python(told.get("judgements", ()))
    return _claims.validate_python(told["claim"]), mentioned(document, found, judged)


def day_of(document: Document) -> date:
    """The day a dated document counts from."""
    assert document.published is not None
    return document.published.first


def identity(record: Any) -> str:
    """What a record counts as in the identity of its batch."""
    return f"{record.id} {record.revision}" if isinstance(record, Document) else str(record.id)


def _printable(text: str) -> str:
    # Lone surrogates cannot be written as UTF-8; what is kept for a person to see may replace them.
    return text.encode("utf-8", "replace").decode("utf-8")
