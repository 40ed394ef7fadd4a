"""What became of each day's file, from the file itself and the log: submitted = committed + skipped + set aside."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scheduling.made_days import Day
from flows.home.homes import Home, open_home
from flows.engine.collecting import read_files
from schema.document import Document, SourceFile
from schema.records import Deletion, Reading, Retraction, SetAside


@dataclass(frozen=True)
class DayAccount:
    """Counts of one day. An event (a deletion, a retraction) is committed where the log has it."""

    name: str
    made: int  # records that were put into the file, deletions not counted
    submitted: int  # records and events that are read in it
    committed: int
    skipped: int  # of files with one revision twice
    set_aside: int
    is_told: bool  # whether the log says that the file was read, with the checksum that it has

    @property
    def reconciles(self) -> bool:
        return self.is_told and self.submitted == self.committed + self.skipped + self.set_aside >= self.made

    def __str__(self) -> str:
        parts = f"{self.committed} committed + {self.skipped} skipped + {self.set_aside} set aside"
        return f"{self.name}: {self.submitted} submitted = {parts}{'' if self.is_told else '; NOT TOLD AS READ'}"


def accounts(path: Path, incoming: Path, days: Sequence[Day]) -> Iterator[DayAccount]:
    """One for each day."""
    home = open_home(path, reads_only=True)
    read = {(each.record.document, str(each.record.revision)) for each in home.log.records(Reading)}
    retracted = {(each.record.document, each.record.notice) for each in home.log.records(Retraction)}
    deleted = {each.record.document for each in home.log.records(Deletion)}
    files = {each.record.name: each.record for each in home.log.records(SourceFile)}
    for day in days:
        counts: Counter[str] = Counter()
        seen: set[tuple[str, str]] = set()
        for item, _ in read_files([incoming / day.name]):
            counts["submitted"] += 1
            if isinstance(item, Document):
                key = (item.id, str(item.revision))
                there, again = key in read, key in seen
                seen.add(key)
                counts["skipped" if again else "committed" if there else "lost"] += 1
            elif isinstance(item, Deletion):
                counts["committed" if item.document in deleted else "lost"] += 1
            elif isinstance(item, Retraction):
                counts["committed" if (item.document, item.notice) in retracted else "lost"] += 1
        counts["set_aside"] = _set_aside(home, day)
        told = files.get(day.name)
        yield DayAccount(
            day.name,
            day.records,
            counts["submitted"],
            counts["committed"],
            counts["skipped"],
            counts["set_aside"],
            bool(told and not told.set_aside),
        )


def _set_aside(home: Home, day: Day) -> int:
    return sum(Path(each.record.file).name == day.name for each in home.log.records(SetAside))
