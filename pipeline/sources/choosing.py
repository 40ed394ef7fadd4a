"""What of a series of files is to be read: new or changed, in the order of their numbers, and nothing behind a gap."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.sources.series import file_names, missing_numbers, place_in_series
from schema.document import SourceFile
from schema.ports import HeldBack, ListedFile, Listing, SourceState

PATIENCE = timedelta(days=1)
"""How long a file may be on its way before a person is asked to look."""

NO_CHECKSUM = "its .md5 is not there yet"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is known besides the listing itself."""

    now: datetime
    without_checksum: Collection[str] = ()  # names of files that wait for one
    in_order: bool = True
    """NLM asks for its updates to be applied in the order of their numbers: a later file changes and deletes what an earlier one brought.
    The fold does not mind, but as long as an earlier one is missing, its deletions and retractions would be missing from answers."""


def in_series(files: Sequence[ListedFile]) -> list[ListedFile]:
    """Those that are PubMed's, with their place in their series, in order."""
    placed = [(place, file) for file in files if (place := place_in_series(file.name)) is not None]
    return [replace(file, series=series, number=number) for (series, number), file in sorted(placed, key=lambda each: each[0])]


def unsure(files: Sequence[ListedFile], state: SourceState) -> list[ListedFile]:
    """Files that were read before and are not shown to be the same: their checksums decide."""
    return [file for file in files if file.name in state.files and not _shown_same(file, state.files[file.name])]


def choose(files: Sequence[ListedFile], state: SourceState, choice: Choice) -> Listing:
    """The listing of numbered files; what is `unsure` brings its checksum where it has one."""
    new: list[ListedFile] = []
    known: list[SourceFile] = []
    waiting: list[HeldBack] = []
    gaps: list[str] = []
    for series, group in _by_series(files).items():
        runs = missing_numbers(_read_of(series, state), [file.number for file in group if file.number is not None])
        gaps += [file_names(series, *run) for run in runs]
        barrier = (runs[0][0], file_names(series, *runs[0])) if runs else None  # the first number that cannot be had, and its name
        for file in group:
            number, before = file.number or 0, state.files.get(file.name)
            if before is not None and (same := _same(file, before)) is not None:
                known.append(same)
            elif choice.in_order and before is None and barrier is not None and number > barrier[0]:
                waiting.append(HeldBack(file.name, f"waits for {barrier[1]}"))
            elif file.name in choice.without_checksum:
                waiting.append(HeldBack(file.name, NO_CHECKSUM, is_late(file, choice.now)))
                if before is None and (barrier is None or number < barrier[0]):
                    barrier = (number, file.name)
            else:
                new.append(file)
    return Listing(len(files), tuple(new), tuple(known), tuple(waiting), tuple(gaps), files[-1] if files else None, choice.in_order)


def named_only(files: Sequence[ListedFile], names: Sequence[str], state: SourceState, choice: Choice) -> Listing:
    """The listing of files that somebody named: in no order, and whatever is missing before them."""
    wanted = [file for file in files if file.name in names]
    there = {file.name for file in wanted}
    absent = tuple(HeldBack(name, "is not in the listing", wants_person=True) for name in dict.fromkeys(names) if name not in there)
    found = choose(wanted, state, replace(choice, in_order=False))
    newest = files[-1] if files else None
    return replace(found, listed=len(wanted) + len(absent), waiting=(*found.waiting, *absent), gaps=(), newest=newest)


def is_late(file: ListedFile, now: datetime) -> bool:
    """Whether a file has been on its way for longer than it should; also where its source does not tell since when."""
    return file.modified is None or abs(now - file.modified) > PATIENCE


def _shown_same(file: ListedFile, before: SourceFile) -> bool:
    return bool(file.stamp) and file.stamp == before.stamp


def _same(file: ListedFile, before: SourceFile) -> SourceFile | None:
    """What is known of a file that has not changed, under the stamp that it has now; None where it has."""
    if _shown_same(file, before):
        return before
    return replace(before, stamp=file.stamp) if file.checksum and file.checksum == before.checksum else None


def _by_series(files: Sequence[ListedFile]) -> Mapping[str, list[ListedFile]]:
    found: dict[str, list[ListedFile]] = {}
    for file in files:
        found.setdefault(file.series, []).append(file)
    return found


def _read_of(series: str, state: SourceState) -> set[int]:
    places = (place_in_series(name) for name in state.files)
    return {place[1] for place in places if place is not None and place[0] == series}
