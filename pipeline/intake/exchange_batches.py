"""Files of other models of knowledge, batch by batch: a table of what their lines observe, and records of those that are none."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pipeline.formats.kgx_edges import ForeignLine
from pipeline.formats.observation_lines import plain_lines
from pipeline.grounding.given_values import Given
from pipeline.grounding.observed_table import observe_table
from pipeline.intake.batches import Intake, identity, observe_lines, set_aside
from pipeline.intake.line_batches import Clock, Intakes
from schema.errors import UnreadableRecord
from schema.ontology import Ontology
from schema.records import Recorded, Tally

LINES_AT_ONCE = 10_000


def intakes_of_foreign_lines(lines: Iterable[ForeignLine], name: str, ontology: Ontology, given: Given, now: Clock) -> Intakes:
    """Batches of lines that another format was made into, each as `observe` takes it; the same file gives the same batches."""
    for some in _in_turn(lines):
        at = now()
        yield take_foreign(some, name, ontology, at, given), at


def take_foreign(lines: Sequence[ForeignLine], file: str, ontology: Ontology, now: datetime, given: Given) -> Intake:
    """One batch: most lines are taken as a table, unusual ones one by one, and flawed ones are set aside with what is wrong."""
    # Several can come from one line of the file, so that here each goes by its place.
    said = {place: json.dumps(line.said, ensure_ascii=True) for place, line in enumerate(lines) if line.said is not None}
    observed = observe_table(plain_lines([(place, text.encode()) for place, text in said.items()]), ontology, given, now)
    taken = set(observed["number"].to_list())
    others = [place for place in said if place not in taken]
    rest = observe_lines([(lines[place].number, said[place]) for place in others], file, ontology, now, given)
    flawed = [(place, _flawed(line, file, now)) for place, line in enumerate(lines) if line.said is None]
    told = list(zip(observed["number"].to_list(), observed["id"].to_list(), strict=True))
    told += [(place, identity(recorded.record)) for place, recorded in zip(others, rest.records, strict=True)]
    told += [(place, recorded.record.id) for place, recorded in flawed]
    unread = {UnreadableRecord.__name__: len(flawed)} if flawed else {}
    tally = rest.tallies[0] + Tally("line", observed.height, {}, unread)
    records = (*rest.records, *(recorded for _, recorded in flawed))
    return Intake(records, (tally,), observed.drop("number"), tuple(each for _, each in sorted(told)))


def _flawed(line: ForeignLine, file: str, now: datetime) -> Recorded[Any]:
    text = line.text.encode("utf-8", "replace").decode()
    return Recorded(set_aside("line", "reading", UnreadableRecord(line.flaw), file, f"line {line.number}", text), now)


def _in_turn(lines: Iterable[ForeignLine]) -> Iterator[list[ForeignLine]]:
    rest = iter(lines)
    while some := list(islice(rest, LINES_AT_ONCE)):
        yield some
