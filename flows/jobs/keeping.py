"""Looking after a home: retractions, deletions, what takes them back, rebuilding, counts."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from flows.engine.constructor import graph_if_free
from flows.engine.outcomes import Outcome
from flows.engine.runs import costs_by
from flows.home.graph_to_read import graph_in_numbers
from flows.home.homes import Home, now
from flows.home.input_files import opened_file
from flows.home.watched import watched_run
from flows.watching.metrics import counted
from pipeline.identifiers import document_id
from pipeline.intake.batches import event_batch
from pipeline.intake.document_events import (
    Looked,
    Skipped,
    batched_lines,
    change_in_words,
    deciding,
    event_lines,
    intake_of_events,
    on_record,
)
from pipeline.intake.status import counts_in_words, status_as_data
from pipeline.line import rebuild
from schema.dates import PartialDate
from schema.errors import WrongUse
from schema.ports import stage
from schema.records import Tally


def retract_document(home: Home, document: str, on: str | None = None, *, anyway: bool = False) -> dict[str, object]:
    """Record that a document was retracted on a day ("2021", "2021-05" or "2021-05-01"); the same one again changes nothing.

    The document counts for nothing from now on, and what it had closed reopens. A day that cannot be true and a document that was never
    seen are refused unless `anyway`. Returns what was recorded: `text` for a person, `document`, `recorded` (False where it was before)
    and `believed`. Raises InvalidDate, WrongUse.
    """
    return change_document(home, "retract", document, on, anyway=anyway)


def unretract_document(home: Home, document: str) -> dict[str, object]:
    """Take all retractions of a document back: it counts again, until another retraction comes. Returns as retracting does."""
    return change_document(home, "unretract", document)


def delete_document(home: Home, document: str) -> dict[str, object]:
    """Let a document leave no trace in any answer, until `restore`, also where it arrives later; returns as retracting does."""
    return change_document(home, "delete", document)


def restore_document(home: Home, document: str) -> dict[str, object]:
    """Take a deletion back; a retraction stays, and is told. Returns as retracting does."""
    return change_document(home, "restore", document)


def change_from(home: Home, command: str, path: Path, *, on: str | None = None, anyway: bool = False, outcome: Outcome) -> list[Tally]:
    """Retract, unretract, delete or restore (`command`) all documents of a table of ids and dates; `on` for lines without a date.

    A batch of lines is one commit; lines that cannot be used are set aside with place and reason. Raises WrongUse for no such file.
    """
    totals = Tally("event")
    default = PartialDate.parse(on) if on is not None else None
    with (
        watched_run(home, command) as watched,
        home.writing(command, shared=True),
        graph_if_free(home) as store,
        opened_file(path) as file,
        outcome.telling_what_is_safe(),
    ):
        for lines in batched_lines(event_lines(file), default):
            decide = deciding(command, at := now(), anyway=anyway)
            intake = intake_of_events(lines, str(path), command, decide, _looked_up(home), at)
            outcome.record(intake, command, at)
            counted(intake.tallies)
            totals += intake.tallies[0]
        if store is not None:
            outcome.follow(store)
        watched.ends([totals], outcome.facts.as_data())
        if file.broken is not None:
            raise WrongUse(f"{path}, {file.broken.position}: {file.broken.reason}; what the lines before it say is recorded")
    return [totals]


def rebuild_graph(home: Home, *, take_over: bool = False) -> dict[str, object]:
    """Forget the graph and fold the whole log again; returns `batches` and the counts of the graph.

    Raises ForeignGraph where it is the graph of another home and not to be taken over.
    """
    with watched_run(home, "rebuild"), home.writing("rebuild", graph_of_others=True), home.alone(), home.graph(as_it_is=True) as store:
        batches = rebuild(home.log, store, home.rules, home=home.name_on_server, take_over=take_over, watched=stage)
        home.complete_index()
        counts = store.counts()
    return {"text": f"rebuilt from {batches} batches: {counts_in_words(counts)}", "batches": batches, **counts}


def status_of(home: Home) -> dict[str, Any]:
    """What was submitted and what became of it, what is set aside, and what log and graph hold.

    A dictionary of `home`, `graph` (store, counts, up_to_date, condition, note), `log` (batches, observations, readings), `spent` (by
    reader), `counts` (by unit: submitted, committed, skipped, set_aside) and `set_aside` (open, by_error, examples).
    """
    return {"home": str(home.path), **status_as_data(home.log, graph_in_numbers(home), costs_by(home, "reader"))}


def change_document(
    home: Home, command: str, document: str, on: str | None = None, *, anyway: bool = False, into_graph: bool = True
) -> dict[str, object]:
    """Retract, unretract, delete or restore (`command`) one document; not `into_graph` where others bring that along."""
    key, day, outcome = document_id(document), PartialDate.parse(on) if on is not None else None, Outcome(home)
    with (
        watched_run(home, command) as watched,
        home.writing(command, shared=True),
        graph_if_free(home) if into_graph else nullcontext() as store,
        outcome.telling_what_is_safe(),
    ):
        known, at = on_record(home.log, home.rules, [key])[key], now()
        decided = deciding(command, at, anyway=anyway)(key, known, day)
        text = change_in_words(command, key, day, decided, known)
        fresh = not isinstance(decided, Skipped) and outcome.record(event_batch(decided, at), command, at)
        if store is not None:
            outcome.follow(store)
        watched.ends([Tally("event", int(fresh))], outcome.facts.as_data())
    words = "\n".join([text, outcome.facts.sentence()] if fresh else [text])
    return {"text": words, "document": key, "recorded": fresh, **outcome.as_data()}


def _looked_up(home: Home) -> Looked:
    return lambda documents: on_record(home.log, home.rules, documents)
