"""Looking after a home: retractions, deletions, rebuilding, counts."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flows.home.homes import Home, now
from flows.home.showing import tallies_as_data
from flows.jobs.cost_accounts import costs_by
from pipeline.identifiers import document_id
from pipeline.intake.batches import event_batch
from pipeline.intake.line_batches import lines_in
from pipeline.line import rebuild
from schema.dates import PartialDate
from schema.ids import DocumentId
from schema.observation import Observation
from schema.records import BatchReport, Deletion, Reading, Restoration, Retraction, SetAside, Settled, Tally

EXAMPLES = 20
"""How much of what is set aside `status` shows."""

SHOWN_OF_REPLY = 2000
"""Characters of a reply that `status` shows."""


def retract_document(home: Home, document: str, on: str) -> dict[str, object]:
    """Record a retraction on a day; recording the same one again changes nothing."""
    key = document_id(document)
    return _record(home, "retract", Retraction(key, PartialDate.parse(on)), f"{key} is retracted as of {on}")


def delete_document(home: Home, document: str) -> dict[str, object]:
    """Record a deletion; it stands until `restore`, also for a document that arrives later."""
    key = document_id(document)
    return _record(home, "delete", Deletion(key, f"command {now().isoformat()}"), f"{key} is deleted")


def restore_document(home: Home, document: str) -> dict[str, object]:
    """Record that a deletion is taken back."""
    key = document_id(document)
    return _record(home, "restore", Restoration(key, f"command {now().isoformat()}"), f"{key} is restored")


def rebuild_graph(home: Home) -> dict[str, object]:
    """Fold the whole log into an empty graph."""
    with home.writing("rebuild"), home.alone(), home.graph(as_it_is=True) as store:
        batches = rebuild(home.log, store, home.rules)
        counts = store.counts()
    return {"text": f"rebuilt from {batches} batches: {_counted(counts)}", "batches": batches, **counts}


def status_of(home: Home) -> dict[str, Any]:
    """What was submitted and what became of it, what is set aside, and what log and graph hold."""
    tallies: dict[str, Tally] = {}
    for recorded in home.log.records(BatchReport):
        for tally in recorded.record.tallies:
            tallies[tally.unit] = tallies.get(tally.unit, Tally(tally.unit)) + tally
    aside = open_set_aside(home)
    with home.graph() as store:
        counts = store.counts()
        applied = store.applied()
        name = store.name
    batches = home.log.batches()
    spent = costs_by(home, "reader")
    return {
        "home": str(home.path),
        "graph": {"store": name, **counts, "up_to_date": set(batches) <= applied},
        "log": {
            "batches": len(batches),
            "observations": sum(1 for _ in home.log.records(Observation)),
            "readings": sum(row["readings"] for row in spent),
        },
        "spent": spent,
        "counts": tallies_as_data(tallies.values()),
        "set_aside": {
            "open": sum(map(lines_in, aside)),
            "by_error": _by_error(aside),
            "examples": [_example(one) for one in aside[:EXAMPLES]],
        },
    }


def _example(aside: SetAside) -> dict[str, Any]:
    told = {name: getattr(aside, name) for name in ("unit", "document", "file", "position", "error", "reason")}
    return {**told, "reply": aside.reply[:SHOWN_OF_REPLY]} if aside.reply else told


def _by_error(asides: Sequence[SetAside]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for aside in asides:
        found[f"{aside.stage}: {aside.error}"] += lines_in(aside)
    return dict(found)


def open_set_aside(home: Home) -> list[SetAside]:
    """What is still set aside: not settled, and for a document that a model failed on, not read since by the same reader."""
    settled = {recorded.record.set_aside for recorded in home.log.records(Settled)}
    return [r.record for r in home.log.records(SetAside) if r.record.id not in settled]


def record_event(home: Home, command: str, record: Retraction | Deletion | Restoration) -> bool:
    """Record one event in a batch of its own; False where it was recorded before."""
    at = now()
    return home.record(event_batch(record, at), command, at)


def _record(home: Home, command: str, record: Retraction | Deletion | Restoration, text: str) -> dict[str, object]:
    known = _is_known(home, record.document)
    with home.writing(command, shared=True):
        fresh = record_event(home, command, record)
        home.bring_graph_along()
    text = text if fresh else f"{text}, as was recorded before"
    return {"text": text if known else f"{text}; no such document is in the log yet", "document": record.document, "recorded": fresh}


def _is_known(home: Home, document: DocumentId) -> bool:
    return any(True for kind in (Observation, Reading) for _ in home.log.records(kind, [document]))


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
