"""`sync`: what is new in a source goes into the log, file after file; what was read is recorded only once its documents are there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.fetching.opening_sources import open_source, query_asked, shown_source, source_settings
from flows.home.homes import Home, now
from flows.home.terminal import note
from flows.watching.metrics import newest_of_source
from graph_store.holder_lock import HolderLock
from pipeline.intake.set_aside_list import open_set_aside
from pipeline.intake.status import left_for_another_run, totals
from pipeline.sources.choosing import is_late
from pipeline.sources.source_state import source_row, state_of_source
from pipeline.sources.sync_outcome import Lag, SyncResult, days_between, read_until
from schema.document import SourceFile
from schema.errors import FileUnfinished, SourceFailed, SourceUnavailable, StoreFailed, os_error_in_words
from schema.ids import BatchId, stable_id
from schema.ports import DeliveredFile, DocumentSource, HeldBack, ListedFile, Listing, SourceState
from schema.records import Recorded, Tally

Ingest = Callable[[Sequence[Path]], list[Tally]]
"""Reads files into the log and says what became of everything in them; what it returns from is in the log."""

FILES_AT_ONCE, FETCHED_AT_ONCE, BYTES_AT_ONCE = 2_000, 50, 64_000_000
"""Files that are handed on together, where they are small; fewer that were fetched, for a crash has them fetched again."""

FAILURES_IN_A_ROW = 3
"""Files that cannot be had one after another until the source counts as away."""


def sync_source(home: Home, name: str, ingest: Ingest, files: Sequence[str] = ()) -> SyncResult:
    """Read what is new in a source, or of it only the files (days) that are named, such as by an event or a hook.

    A crash at any point loses nothing: a file whose documents are not all in the log is read again, and `ingest` passes over those
    that are. Raises WrongUse, SourceUnavailable where the source cannot be listed, StoreBusy where the same source is being read, and
    whatever `ingest` raises.
    """
    settings = source_settings(home, name)
    folder = home.path / "incoming" / name
    with _disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = HolderLock(folder.with_name(f"{name}.lock"), f"the source {name} is being read")
    with lock.held(home.settings.graph_wait, f"chronokg sync {name}"), closing(open_source(home, name)) as source:
        for left in folder.glob("*.part"):  # by a process that was killed
            left.unlink(missing_ok=True)
        state = state_in(home, name)
        listing = source.listing(state, files)
        run = _Sync(home, source, listing, folder, ingest, keep=settings.keep, follows=not files)
        run.record_known(state)
        for group in run.groups():
            run.take(group)
        return run.result(name)


def state_in(home: Home, name: str) -> SourceState:
    """What the log says of a source."""
    return state_of_source(home.log.records(SourceFile), name, query_asked(source_settings(home, name)))


def sources_of(home: Home) -> list[dict[str, object]]:
    """A row for each source that the settings name, with how far it was read."""
    records = list(home.log.records(SourceFile))
    return [
        source_row(name, settings.kind, shown_source(settings), query_asked(settings), records)
        for name, settings in sorted(home.settings.sources.items())
    ]


@dataclass
class _Sync:
    """One run: what it works with, and what became of each file so far."""

    home: Home
    source: DocumentSource
    listing: Listing
    folder: Path
    ingest: Ingest
    keep: bool
    follows: bool  # whether the source is followed; else days are read that somebody named, and no watermark moves
    read: list[SourceFile] = field(default_factory=list)
    waiting: list[HeldBack] = field(default_factory=list)
    set_aside: list[HeldBack] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    away: str = ""  # why the source is given up in this run
    ended: str = ""  # why nothing more is read in this run

    def record_known(self, state: SourceState) -> None:
        """Record what shows itself in another way than before and is the same, so that it need not be compared again."""
        moved = [replace(each, origin=now().isoformat()) for each in self.listing.known if state.files.get(each.name) != each]
        self._record(moved)

    def groups(self) -> Iterator[list[DeliveredFile]]:
        """Delivered files, some together where they are small; one that cannot be had is held back, and what must not go before it."""
        group: list[DeliveredFile] = []
        size = 0
        for delivered in self._delivered():
            group.append(delivered)
            size += delivered.size
            if len(group) >= (FETCHED_AT_ONCE if delivered.is_copy else FILES_AT_ONCE) or size >= BYTES_AT_ONCE:
                yield group
                group, size = [], 0
        if group:
            yield group

    def take(self, group: Sequence[DeliveredFile]) -> None:
        """Let the log have the documents of some files, then what was read of the source."""
        paths = [Path(path) for delivered in group for path in delivered.paths]
        tallies = self.ingest(paths) if paths else []
        self.tallies = list(totals([*self.tallies, *tallies]).values())
        if left := left_for_another_run(tallies):
            # Some documents are not in the log: the next run reads these files again, and passes over what is.
            self.ended = f"waits for the next run: documents of it were left, {left}"
            self.waiting += [HeldBack(delivered.file.name, self.ended) for delivered in group]
            return
        given_up = self._given_up(paths) if any(tally.unit == "file" and tally.set_aside for tally in tallies) else {}
        done: list[SourceFile] = []
        for delivered in group:
            if not self.source.is_unchanged(delivered):
                self.waiting.append(HeldBack(delivered.file.name, "changed while it was read, and is read again"))
                continue
            why = next((given_up[path] for path in delivered.paths if path in given_up), "")
            state = replace(delivered.state, set_aside=why, origin=now().isoformat())
            done.append(state if self.follows else replace(state, watermark=None))
            if delivered.missing:
                self.remarks.append(f"{delivered.file.name}: {delivered.missing} records were counted and did not come")
        self._record(done)
        self.read += done
        if not self.keep:
            for path in (path for delivered in group if delivered.is_copy for path in delivered.paths):
                if path not in given_up:  # `replay` is to find the others
                    Path(path).unlink(missing_ok=True)

    def result(self, name: str) -> SyncResult:
        """What became of all that was listed."""
        last = self.read[-1] if self.read else max(self.listing.known, key=lambda each: each.name, default=None)
        newest, left = self.listing.newest, len(self.waiting) + len(self.listing.waiting) + len(self.set_aside)
        read, watermark = (*self.read, *self.listing.known), state_in(self.home, name).watermark
        if (until := read_until(read, newest, watermark)) is not None:
            newest_of_source(name, until)
        return SyncResult(
            source=name,
            listed=self.listing.listed,
            known=len(self.listing.known),
            read=tuple(self.read),
            waiting=(*self.waiting, *self.listing.waiting),
            set_aside=tuple(self.set_aside),
            gaps=self.listing.gaps,
            lag=Lag(newest.name if newest else "", last.name if last else "", left, days_between(read, newest, watermark)),
            tallies=tuple(self.tallies),
            remarks=(*self.listing.remarks, *self.remarks),
            unavailable=self.away,
        )

    def _delivered(self) -> Iterator[DeliveredFile]:
        behind: dict[str, str] = {}  # by series, the file that later ones wait for
        failed = 0
        for place, file in enumerate(self.listing.new, 1):
            if self.ended or file.series in behind:
                why = f"waits for {behind[file.series]}" if file.series in behind else self.ended
                self.waiting.append(HeldBack(file.name, why))
                continue
            delivered = self._one(file)
            if isinstance(delivered, DeliveredFile):
                failed = 0
                yield delivered
                continue
            if self.listing.in_order:
                behind[file.series] = file.name
            failed = failed + 1 if isinstance(delivered, SourceUnavailable) else 0
            # Where all that is left waits for this file, there will be no second failure to go by.
            is_last = _is_outage(delivered) and all(each.series in behind for each in self.listing.new[place:])
            if is_last or failed >= FAILURES_IN_A_ROW:
                self.away = self.ended = f"the source is away: {delivered}"

    def _one(self, file: ListedFile) -> DeliveredFile | SourceFailed:
        """The file, or why it cannot be had; that is told."""
        try:
            with _disk_told(self.folder):
                return self.source.deliver(file, str(self.folder))
        except SourceUnavailable as error:
            self.waiting.append(HeldBack(file.name, str(error), is_late(file, now())))
            return error
        except SourceFailed as error:
            note(f"{file.name} is set aside: {error}")
            self.set_aside.append(HeldBack(file.name, str(error), wants_person=True))
            return error

    def _given_up(self, paths: Sequence[Path]) -> dict[str, str]:
        """Of files that were read those, with the reason, of which a reader gave up the rest."""
        names = {str(path) for path in paths}
        return {aside.file: aside.reason for aside in open_set_aside(self.home.log) if aside.unit == "file" and aside.file in names}

    def _record(self, states: Sequence[SourceFile]) -> None:
        if states:
            batch = BatchId(stable_id("batch", [state.id for state in states]))
            self.home.log.append(batch, [Recorded(state, now()) for state in states])


def _is_outage(error: SourceFailed) -> bool:
    """Whether it is the source that is away, and not one file of it that is still on its way."""
    return isinstance(error, SourceUnavailable) and not isinstance(error, FileUnfinished)


@contextmanager
def _disk_told(folder: Path) -> Iterator[None]:
    """What the disk refuses is a failure of the home, in words."""
    try:
        yield
    except OSError as cause:
        raise StoreFailed(os_error_in_words(cause, folder)) from cause
