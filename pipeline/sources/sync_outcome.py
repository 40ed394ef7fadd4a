"""What became of the files of a source in one run: listed = read + known + waiting + set aside, and how far behind we are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.intake.status import shortfall, tallies_as_data, tallies_in_words, totals
from schema.document import SourceFile
from schema.ports import HeldBack, ListedFile
from schema.records import Tally

SHOWN = 10
"""Files that are named to a person where many are held back."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a source is ahead of what was read of it."""

    newest: str = ""  # the newest file or day that the source has
    last_read: str = ""  # the last one that was read
    files: int = 0  # listed and not read
    days: int | None = None  # from what was read last to the newest, by the days of a query or those on which files were written


def days_between(read: Iterable[SourceFile], newest: ListedFile | None, watermark: date | None) -> int | None:
    """Whole days that a source is ahead; None where it does not tell of days."""
    if newest is None:
        return None
    if newest.days is not None:
        return None if watermark is None else max(0, (newest.days[1] - watermark).days)
    written = max((record.modified for record in read if record.modified is not None), default=None)
    return None if written is None or newest.modified is None else max(0, (newest.modified - written).days)


def read_until(read: Iterable[SourceFile], newest: ListedFile | None, watermark: date | None) -> date | None:
    """The newest day of a source that was read, by the days of its query or that on which a file was written; None where it tells none."""
    if newest is not None and newest.days is not None:
        return watermark
    return max((record.modified.date() for record in read if record.modified is not None), default=None)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """One run of `sync`."""

    source: str
    listed: int
    known: int
    read: tuple[SourceFile, ...] = ()
    waiting: tuple[HeldBack, ...] = ()
    set_aside: tuple[HeldBack, ...] = ()
    gaps: tuple[str, ...] = ()  # numbers that are missing
    lag: Lag = Lag()
    tallies: tuple[Tally, ...] = ()
    remarks: tuple[str, ...] = ()  # for a person to look at
    unavailable: str = ""  # why the source could not be had any more; the same run later goes on

    @property
    def reconciles(self) -> bool:
        """Whether every listed file is accounted for, once."""
        return self.listed == len(self.read) + self.known + len(self.waiting) + len(self.set_aside)

    @property
    def shortfall(self) -> str:
        """Why the run is no full success; empty where it is. What waits and will come right by itself is none."""
        return "; ".join(filter(None, (self.shortfall_of_source, shortfall(self.tallies))))

    @property
    def shortfall_of_source(self) -> str:
        """The same, of the source and its files alone."""
        late = [held for held in self.waiting if held.wants_person]
        parts = (
            (f"{len(self.set_aside)} files set aside", self.set_aside),
            (f"missing: {', '.join(self.gaps)}", self.gaps),
            (f"{len(late)} files wait for what does not come by itself", late),
            ("; ".join(self.remarks), self.remarks),
            (self.unavailable, self.unavailable),
        )
        return "; ".join(words for words, there in parts if there)

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {
            "source": self.source,
            "files": {
                "listed": self.listed,
                "read": [record.name for record in self.read],
                "known": self.known,
                "waiting": [_held_as_data(held) for held in self.waiting],
                "set_aside": [_held_as_data(held) for held in self.set_aside],
            },
            "gaps": list(self.gaps),
            "lag": {"newest": self.lag.newest, "last_read": self.lag.last_read, "files": self.lag.files, "days": self.lag.days},
            "remarks": list(self.remarks),
            "unavailable": self.unavailable,
            "counts": tallies_as_data(totals(self.tallies).values()),
        }

    def in_words(self) -> str:
        """For a person."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"{self.source}: {self.listed} listed = {len(self.read)} read + {self.known} known"
            f" + {len(self.waiting)} waiting + {len(self.set_aside)} set aside"
        )
        if self.read:
            yield f"  read: {_run([record.name for record in self.read])}"
        yield from _held_in_words("waiting", self.waiting)
        yield from _held_in_words("set aside", self.set_aside)
        yield from (f"  missing: {gap}" for gap in self.gaps)
        yield from (f"  {remark}" for remark in (*self.remarks, self.unavailable) if remark)
        if self.lag.newest:
            behind = f"{self.lag.files} files" + (f", {self.lag.days} days" if self.lag.days is not None else "")
            yield f"  newest {self.lag.newest}, last read {self.lag.last_read or 'none'}; behind by {behind}"
        if self.tallies:
            yield tallies_in_words(list(totals(self.tallies).values()))


def _held_as_data(held: HeldBack) -> dict[str, Any]:
    return {"name": held.name, "why": held.why, "wants_person": held.wants_person}


def _held_in_words(how: str, held: Sequence[HeldBack]) -> Iterator[str]:
    yield from (f"  {how}: {each.name}: {each.why}" for each in held[:SHOWN])
    if len(held) > SHOWN:
        yield f"  {how}: {len(held) - SHOWN} more, up to {held[-1].name}"


def _run(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= SHOWN else f"{names[0]} … {names[-1]}"
