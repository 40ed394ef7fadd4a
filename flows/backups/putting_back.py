"""`backup list`, `backup verify`, `backup restore`: what a place holds, whether it is as it was written, and a home made of it."""

from collections import defaultdict
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

from flows.home.showing import Progress
from graph_store.backup_store.backup_place import BackupPlace, file_of, state_file_of
from graph_store.backup_store.backup_states import LOG, BackupState, KeptFile
from graph_store.log.delta_log import DeltaEvidenceLog
from schema.errors import StoreFailed, WrongUse


def states_in(place: str) -> list[dict[str, Any]]:
    """A row for each state, the oldest first: `state`, `made`, `home`, `version`, `files`, `bytes`, and what was `left_out`."""
    at = BackupPlace(place)
    return [_row(number, at.state(number)) for number in at.states()]


def verify_backup(place: str, *, sizes_only: bool = False) -> dict[str, Any]:
    """Read every file of every state again, or look at their sizes alone; returns `ok`, `damaged` by file, `states`, `files`, `bytes`."""
    at = BackupPlace(place)
    there, wanted, damaged = at.sizes(), dict[str, KeptFile](), dict[str, str]()
    used: dict[str, list[str]] = defaultdict(list)
    numbers = at.states()
    for number in numbers:
        try:
            state = at.state(number)
        except StoreFailed:
            damaged[state_file_of(number)] = "is not what was written"
            continue
        for name, kept in state.files.items():
            wanted[kept.hash] = kept
            used[kept.hash].append(f"{name} of state {number}")
    with Progress("reading", len(wanted)) as progress:
        for digest, kept in sorted(wanted.items()):
            if digest not in there:
                damaged[file_of(digest)] = f"is missing ({_named(used[digest])})"
            elif there[digest] != kept.size or not (sizes_only or at.is_whole(digest)):
                damaged[file_of(digest)] = f"is not what was written ({_named(used[digest])})"
            progress.advance(1)
    size = sum(each.size for each in wanted.values())
    counts = {"states": len(numbers), "files": len(wanted), "bytes": size}
    return {"text": _verified(place, damaged, counts), "ok": not damaged and bool(numbers), "damaged": damaged, **counts}


def restore_backup(place: str, home: Path, *, state: int | None = None) -> dict[str, Any]:
    """Make a home of a state, by default the last: in its place at once and whole, or not at all.

    Where an empty folder is there whose place nothing can take, such as a volume, what was made in it moves up at the end, the log last.
    Every file is compared with its hash on the way. Returns `text`, `state`, `version`, `files`, `bytes`, `home`. Raises WrongUse for a
    home that holds anything, StoreFailed for a state that is damaged.
    """
    home = home.expanduser()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise WrongUse(f"{home} is there and not empty: a backup is put back into a new folder")
    at = BackupPlace(place)
    numbers = at.states()
    if not numbers:
        raise WrongUse(f"{place} holds no state yet: a backup was begun there, and never came to its end")
    number = numbers[-1] if state is None else state
    wanted = at.state(number)
    fresh = _begun(home.absolute())
    try:
        with Progress("copying", len(wanted.files)) as progress:
            for name, kept in wanted.files.items():
                _bring(at, name, kept, fresh / name)
                progress.advance(1)
        _check_log(fresh, wanted, place, number)
        _take_place(fresh, home.absolute())
    except BaseException:
        rmtree(fresh, ignore_errors=True)
        raise
    told = {"state": number, "version": wanted.version, "files": len(wanted.files), "bytes": wanted.size, "home": str(home)}
    lines = [
        f"{home} is state {number} of {place}, made {wanted.made.isoformat(timespec='seconds')}: the log up to commit {wanted.version},"
        f" {len(wanted.files):,} files, {wanted.size:,} bytes",
        *(f"not in it: {each}" for each in wanted.left_out),
        "The next command that adds folds the graph anew, as `chronokg rebuild` does.",
    ]
    return {"text": "\n".join(lines), **told}


def _begun(home: Path) -> Path:
    """An empty folder that can become the home: beside it, or in it where nothing can take its place, as with a volume."""
    name = f".{home.name}-restoring-{uuid4().hex[:8]}"
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
    else:
        tried = home.with_name(name)
        try:
            tried.mkdir()
            tried.replace(home)
        except OSError:
            with suppress(OSError):
                tried.rmdir()
            (home / name).mkdir()
            return home / name
    home.with_name(name).mkdir()
    return home.with_name(name)


def _take_place(fresh: Path, home: Path) -> None:
    """Become the home: at once, or where it lies in it entry by entry, the log last."""
    if fresh.parent != home:
        fresh.replace(home)  # also of an empty folder
        return
    for each in sorted(fresh.iterdir(), key=lambda entry: entry.name == LOG.rstrip("/")):
        each.replace(home / each.name)
    fresh.rmdir()


def _bring(place: BackupPlace, name: str, kept: KeptFile, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    told = sha256()
    with to.open("wb") as file:
        for chunk in place.chunks(kept.hash):
            told.update(chunk)
            file.write(chunk)
    if told.hexdigest() != kept.hash:
        raise StoreFailed(
            f"{name} in {place} ({file_of(kept.hash)}) is damaged or missing, and nothing was put back: `backup list` tells older states"
        )


def _check_log(home: Path, state: BackupState, place: str, number: int) -> None:
    log = DeltaEvidenceLog(home / "log", reads_only=True)
    try:
        if (found := log.version()).commit != state.commit:
            raise StoreFailed(f"state {number} in {place} is not whole: its log ends at commit {found.number}, not {state.version}")
    finally:
        log.close()


def _row(number: int, state: BackupState) -> dict[str, Any]:
    told = {"state": number, "made": state.made, "home": state.home, "version": state.version}
    return {**told, "files": len(state.files), "bytes": state.size, "left_out": list(state.left_out)}


def _named(names: list[str]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _verified(place: str, damaged: dict[str, str], counts: dict[str, int]) -> str:
    if not counts["states"]:
        return f"{place} holds no state yet"
    if not damaged:
        return f"{place} is whole: {counts['states']:,} states, {counts['files']:,} files, {counts['bytes']:,} bytes"
    lines = [f"{place}/{file} {how}" for file, how in sorted(damaged.items())]
    help_ = "Remove these files and run `chronokg backup make` again: what the home still has is copied anew."
    return "\n".join([*lines, help_])
