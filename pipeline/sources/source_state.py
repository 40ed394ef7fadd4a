"""What the log's records add up to: of each source the files that were read and how far it was followed."""

from collections.abc import Iterable
from typing import Any

from schema.document import SourceFile
from schema.ports import SourceState
from schema.records import Recorded


def states_of(records: Iterable[Recorded[SourceFile]]) -> dict[str, list[Recorded[SourceFile]]]:
    """The records of each source, oldest first."""
    found: dict[str, list[Recorded[SourceFile]]] = {}
    for recorded in sorted(records, key=lambda each: (each.at, each.record.id)):
        found.setdefault(recorded.record.source, []).append(recorded)
    return found


def state_of_source(records: Iterable[Recorded[SourceFile]], source: str, asked: str = "") -> SourceState:
    """What counts of one source now; `asked` is the query that its settings have now."""
    own = [each.record for each in states_of(records).get(source, ())]
    days = [record.watermark for record in own if record.watermark is not None and record.asked == asked]
    return SourceState({record.name: record for record in own}, max(days, default=None))


def source_row(name: str, kind: str, place: str, asked: str, records: Iterable[Recorded[SourceFile]]) -> dict[str, Any]:
    """A row that shows a source and how far it was followed."""
    own = states_of(records).get(name, [])
    state, last = state_of_source(own, name, asked), own[-1] if own else None
    return {
        "source": name,
        "kind": kind,
        "at": place,
        "files": len(state.files),
        "watermark": state.watermark.isoformat() if state.watermark else None,
        "last_file": last.record.name if last else None,
        "last_record": last.record.last_record or None if last else None,
        "last_read": last.at.isoformat(timespec="seconds") if last else None,
        "set_aside": sum(1 for record in state.files.values() if record.set_aside),
    }
