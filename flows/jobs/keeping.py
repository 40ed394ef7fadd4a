"""Looking after a home: retractions, deletions, rebuilding, counts."""

from typing import Any

from flows.home.homes import Home, now
from flows.jobs.runs import costs_by
from pipeline.identifiers import document_id
from pipeline.intake.batches import event_batch
from pipeline.intake.status import counts_in_words, is_known, recorded_in_words, status_as_data
from pipeline.line import rebuild
from schema.dates import PartialDate
from schema.records import Deletion, Restoration, Retraction


def retract_document(home: Home, document: str, on: str) -> dict[str, object]:
    """Record that a document was retracted on a day ("2021", "2021-05" or "2021-05-01"); the same one again changes nothing.

    The document counts for nothing from now on, and what it had closed reopens. Returns what was recorded: `text` for a person,
    `document`, `recorded` (False where it was before). Raises InvalidDate.
    """
    key = document_id(document)
    return _record(home, "retract", Retraction(key, PartialDate.parse(on)), f"{key} is retracted as of {on}")


def delete_document(home: Home, document: str) -> dict[str, object]:
    """Let a document leave no trace in any answer, until `restore`, also where it arrives later; returns as retracting does."""
    key = document_id(document)
    return _record(home, "delete", Deletion(key, f"command {now().isoformat()}"), f"{key} is deleted")


def restore_document(home: Home, document: str) -> dict[str, object]:
    """Take a deletion back; a retraction stays. Returns as retracting does."""
    key = document_id(document)
    return _record(home, "restore", Restoration(key, f"command {now().isoformat()}"), f"{key} is restored")


def rebuild_graph(home: Home) -> dict[str, object]:
    """Forget the graph and fold the whole log again; returns `batches` and the counts of the graph."""
    with home.writing("rebuild"), home.alone(), home.graph(as_it_is=True) as store:
        batches = rebuild(home.log, store, home.rules)
        counts = store.counts()
    return {"text": f"rebuilt from {batches} batches: {counts_in_words(counts)}", "batches": batches, **counts}


def status_of(home: Home) -> dict[str, Any]:
    """What was submitted and what became of it, what is set aside, and what log and graph hold.

    A dictionary of `home`, `graph` (store, counts, up_to_date), `log` (batches, observations, readings), `spent` (by reader), `counts`
    (by unit: submitted, committed, skipped, set_aside) and `set_aside` (open, by_error, examples).
    """
    with home.graph() as store:
        return {"home": str(home.path), **status_as_data(home.log, store, costs_by(home, "reader"))}


def _record(home: Home, command: str, record: Retraction | Deletion | Restoration, text: str) -> dict[str, object]:
    known = is_known(home.log, record.document)
    with home.writing(command, shared=True):
        fresh = home.record(event_batch(record, at := now()), command, at)
        home.bring_graph_along()
    return {"text": recorded_in_words(text, fresh=fresh, known=known), "document": record.document, "recorded": fresh}
