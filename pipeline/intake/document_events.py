"""What a person says of documents: that they are retracted, deleted, restored, or not retracted after all; one by one, or in a table."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from pipeline.believing.gathering import evidence_about
from pipeline.believing.rules import Rules
from pipeline.believing.standing import document_states, retractions_that_stand, without_deleted
from pipeline.files.cells import cells_of, columns_of, delimiter_of, plain_of, text_of
from pipeline.files.items import bounded_lines
from pipeline.files.opened_file import OpenedFile
from pipeline.files.written_dates import date_of
from pipeline.identifiers import document_id
from pipeline.intake.batches import Intake, parse_line, set_aside
from pipeline.intake.replays import REPLAYED
from schema.accounts.settling import Settled
from schema.dates import PartialDate
from schema.errors import InvalidDate, InvalidInput, WrongUse
from schema.ids import BatchId, DocumentId, stable_id
from schema.ports import EvidenceLog
from schema.records import Deletion, Recorded, Restoration, Retraction, RetractionWithdrawal, SetAside, Tally

LINES_AT_ONCE = 5_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "document": ("document", "id", "pmid", "doi", "document_id"),
    "on": ("on", "date", "retracted_on", "retraction_date", "retractiondate", "published", "year"),
}
"""By which names a table's header may call what a line says."""

NEVER_SEEN, BEFORE = "never seen here", "recorded before"
"""Why something was passed over."""


@dataclass(frozen=True, slots=True)
class EventLine:
    """What a line of a table says, as it was written, and where it stands."""

    position: str
    document: Any
    on: Any = None


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the log has on a document."""

    published: date | None  # the first day that its date can mean; None where nobody spoke of it
    retractions: tuple[Retraction, ...]  # those that stand
    taken_back: bool  # whether retractions of it ever were
    deleted: bool


Said = Retraction | RetractionWithdrawal | Deletion | Restoration


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why nothing needs to be recorded."""

    reason: str


Decide = Callable[[DocumentId, OnRecord, PartialDate | None], Said | Skipped]
"""What a command makes of a document; raises InvalidInput for what cannot be meant."""


def on_record(log: EvidenceLog, rules: Rules, documents: Collection[DocumentId]) -> dict[DocumentId, OnRecord]:
    """What the log has on some documents, whether deleted or not."""
    evidence = without_deleted(evidence_about(log, (), documents), rules)
    states = document_states(replace(evidence, deleted=frozenset()), evidence.cited(), rules)
    standing: dict[DocumentId, list[Retraction]] = defaultdict(list)
    for retraction in retractions_that_stand(evidence, rules):
        standing[retraction.document].append(retraction)
    taken_back = {recorded.record.document for recorded in evidence.retractions_withdrawn}
    return {
        key: OnRecord(
            published=states[key].source.published if key in states else None,
            retractions=tuple(standing[key]),
            taken_back=key in taken_back,
            deleted=key in (evidence.deleted or ()),
        )
        for key in documents
    }


def deciding(command: str, now: datetime, *, anyway: bool = False) -> Decide:
    """What `retract`, `unretract`, `delete` or `restore` makes of a document; what cannot be true is refused unless `anyway`."""
    by_command = f"command {now.isoformat()}"

    def retract(document: DocumentId, known: OnRecord, on: PartialDate | None) -> Said | Skipped:
        if any(said.on == on and said.notice is None and said.source is None for said in known.retractions):
            return Skipped(BEFORE)
        if not anyway and known.published is None:
            return Skipped(NEVER_SEEN)
        if not anyway and known.published is not None:
            check_day(document, on, known.published, now.date())
        return Retraction(document, on, origin=now.isoformat() if known.taken_back else "")

    def unretract(document: DocumentId, known: OnRecord, _: PartialDate | None) -> Said | Skipped:
        return RetractionWithdrawal(document, by_command) if known.retractions else Skipped("not retracted")

    def delete(document: DocumentId, known: OnRecord, _: PartialDate | None) -> Said | Skipped:
        return Skipped(BEFORE) if known.deleted else Deletion(document, by_command)

    def restore(document: DocumentId, known: OnRecord, _: PartialDate | None) -> Said | Skipped:
        return Restoration(document, by_command) if known.deleted else Skipped("not deleted")

    return {"retract": retract, "unretract": unretract, "delete": delete, "restore": restore}[command]


COMMANDS = ("retract", "unretract", "delete", "restore")


def check_day(document: DocumentId, on: PartialDate | None, published: date, today: date) -> None:
    """Raises InvalidDate for the day of a notice that is still to come, or that was before the document."""
    why = ""
    if on is not None and on.first > today:
        why = f"today is {today}"
    elif on is not None and on.last < published:
        why = f"it was published on {published}"
    if why:
        raise InvalidDate(f"{document} cannot have been retracted on {on}: {why}; --anyway records it all the same")


def change_in_words(command: str, document: DocumentId, on: PartialDate | None, decided: Said | Skipped, known: OnRecord) -> str:
    """What was done with one document, and what stays as it is; raises WrongUse for a retraction of what was never seen."""
    if decided == Skipped(NEVER_SEEN):
        raise WrongUse(f"{document} was {NEVER_SEEN}, and so is not retracted; --anyway records it for when the document comes")
    before = ", as was recorded before" if decided == Skipped(BEFORE) else ""
    standing = "; ".join(f"as of {said.on}" if said.on is not None else "no day given" for said in known.retractions)
    unknown = "; no such document is in the log yet" if known.published is None else ""
    if command == "retract":
        return f"{document} is retracted{f' as of {on}' if on is not None else ''}{before}{unknown}"
    if command == "delete":
        return f"{document} is deleted{before}{unknown}"
    if command == "unretract":
        done = (
            "is not retracted any more" if isinstance(decided, RetractionWithdrawal) else "is not retracted: there is nothing to take back"
        )
        return f"{document} {done}{'; it stays deleted until `chronokg restore`' if known.deleted else ''}"
    done = "is restored" if isinstance(decided, Restoration) else "is not deleted: there is nothing to restore"
    return f"{document} {done}{f'; its retraction ({standing}) stands until `chronokg unretract`' if standing else ''}"


def event_lines(file: OpenedFile) -> Iterator[EventLine]:
    """The lines of a table of ids with or without dates: CSV or TSV with a header or without, plain ids, or JSON lines."""
    columns: Mapping[str, int] | None = None
    delimiter = ","
    for number, raw, _ in bounded_lines(file):
        text = raw.decode("utf-8", "replace").strip()
        if not text or text.startswith("#"):
            continue
        place = f"line {number}"
        if text.startswith("{"):
            yield _json_line(place, text)
            continue
        if columns is None:
            delimiter = delimiter_of(text)
            found = columns_of(cells_of(text, delimiter) or [], COLUMNS)
            columns = found or {"document": 0, "on": 1}
            if found:
                continue
        cells = cells_of(text, delimiter) or [text]
        told = {name: cells[at] for name, at in columns.items() if at < len(cells)}
        yield EventLine(place, told.get("document"), told.get("on"))


def batched_lines(lines: Iterator[EventLine], on: PartialDate | None) -> Iterator[list[EventLine]]:
    """Some thousand lines at a time, with this day where they give none."""
    dated = (line if on is None or text_of(line.on) else replace(line, on=str(on)) for line in lines)
    while batch := list(islice(dated, LINES_AT_ONCE)):
        yield batch


def _json_line(place: str, text: str) -> EventLine:
    try:
        told = {str(key).strip().lower(): value for key, value in parse_line(text).items()}
    except InvalidInput:
        return EventLine(place, text)
    named = {field: next((told[name] for name in names if name in told), None) for field, names in COLUMNS.items()}
    return EventLine(place, named["document"], named["on"])


Looked = Callable[[Collection[DocumentId]], Mapping[DocumentId, OnRecord]]
"""What the log has on some documents."""


def decided_lines(lines: Sequence[EventLine], decide: Decide, known: Looked) -> list[Said | Skipped | InvalidInput]:
    """What becomes of each line: what it says, why that is passed over, or why it cannot be used."""
    read = [_read(line) for line in lines]
    on_file = known({each[0] for each in read if isinstance(each, tuple)})
    found: list[Said | Skipped | InvalidInput] = []
    told: set[str] = set()
    for each in read:
        decided = each if isinstance(each, InvalidInput) else _decided(each, decide, on_file)
        if isinstance(decided, Said):
            decided = Skipped("the same twice") if decided.id in told else decided
            told |= {decided.id} if isinstance(decided, Said) else set()
        found.append(decided)
    return found


def intake_of_events(lines: Sequence[EventLine], file: str, command: str, decide: Decide, known: Looked, now: datetime) -> Intake:
    """One batch of what lines say of documents; those that cannot be used are set aside with place and reason."""
    decided = decided_lines(lines, decide, known)
    said = [each for each in decided if isinstance(each, Said)]
    skipped = Counter(each.reason for each in decided if isinstance(each, Skipped))
    asides = [_aside(line, file, command, error) for line, error in zip(lines, decided, strict=True) if isinstance(error, InvalidInput)]
    records = tuple(Recorded(record, now) for record in (*said, *asides))
    tally = Tally("event", len(said), dict(skipped), dict(Counter(aside.error for aside in asides)))
    # By its moment: also lines that nothing is recorded of are counted, each time that they are given.
    return Intake(records, (tally,), known_as=BatchId(stable_id("events", command, file, lines[0].position, now.isoformat())))


def events_again(asides: Sequence[SetAside], known: Looked, now: datetime) -> tuple[list[Intake], Tally]:
    """Batches of what goes into the log after all of lines that were set aside, and what became of all of them."""
    taken, total = list[Intake](), Tally("event")
    for aside in asides:
        told = json.loads(aside.payload)
        line = EventLine(aside.position, told["document"], told["on"])
        (decided,) = decided_lines([line], deciding(aside.stage, now), known)
        if isinstance(decided, InvalidInput):
            total += Tally("event", 0, {}, {type(decided).__name__: 1})
            continue
        said = (Recorded(decided, now),) if not isinstance(decided, Skipped) else ()
        total += Tally("event", len(said), {decided.reason: 1} if isinstance(decided, Skipped) else {})
        taken.append(Intake((*said, Recorded(Settled(aside.id, REPLAYED), now))))
    return taken, total


def _read(line: EventLine) -> tuple[DocumentId, PartialDate | None] | InvalidInput:
    try:
        return document_id(plain_of(line.document)), date_of(line.on)
    except InvalidInput as error:
        return error


def _decided(
    read: tuple[DocumentId, PartialDate | None], decide: Decide, known: Mapping[DocumentId, OnRecord]
) -> Said | Skipped | InvalidInput:
    try:
        return decide(read[0], known[read[0]], read[1])
    except InvalidInput as error:
        return error


def _aside(line: EventLine, file: str, command: str, error: InvalidInput) -> SetAside:
    payload = json.dumps({"document": line.document, "on": line.on}, ensure_ascii=False, default=str)
    return set_aside("event", command, error, file, line.position, payload)
