"""The files of an evidence log: what is missing or torn among them, by name; and the hash by which a commit is known again."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from schema.errors import LogDamaged
from schema.ids import hash_of

COMMITS = "_delta_log"
"""The folder of commits, each one file named by its version."""

_HELP = "restore the folder from a backup"
_NAMED = 3


def commit_file(log: Path, version: int) -> Path:
    """Where a commit lies."""
    return log / COMMITS / f"{version:020}.json"


def commit_hash(log: Path, version: int) -> str:
    """The hash of a commit; empty where it is not there."""
    try:
        return hash_of(commit_file(log, version).read_bytes())
    except OSError:
        return ""


def last_commit(log: Path) -> int:
    """The version of the last commit; -1 where there is none. Raises LogDamaged where commits are missing, empty or torn."""
    sizes = {int(each.name[:-5]): each.stat().st_size for each in _entries(log / COMMITS) if _is_commit(each.name)}
    if not sizes:
        return -1
    first, last = min(sizes), max(sizes)
    missing = [version for version in range(first, last) if version not in sizes]
    _refuse(log, "missing", (commit_file(log, version).name for version in missing))
    _refuse(log, "empty", (commit_file(log, version).name for version, size in sorted(sizes.items()) if not size), _without(last))
    if not _is_whole(commit_file(log, last)):
        _refuse(log, "torn", [commit_file(log, last).name], _without(last))
    return last


LOOK_BACK = 8
"""Commits that may follow the last batch's: each compaction makes one, and there is one after many batches."""


def last_batch_at(log: Path, version: int) -> datetime | None:
    """When the last batch up to a version was committed, by the clock of who did (UTC); None where no recent commit tells."""
    for number in range(version, max(-1, version - LOOK_BACK), -1):
        try:
            actions = [json.loads(line) for line in commit_file(log, number).read_bytes().splitlines()]
            if any("txn" in action for action in actions):
                told = next(action["commitInfo"]["timestamp"] for action in actions if "commitInfo" in action)
                return datetime.fromtimestamp(told / 1000, UTC)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            return None
    return None


def require_files(log: Path, sizes: Mapping[str, int]) -> None:
    """Raise LogDamaged where one of these files of rows is missing or has another size."""
    there = {each.name: each.stat().st_size for each in _entries(log) if each.name in sizes}
    for name in sizes:
        if name not in there and (log / name).is_file():  # in a folder within
            there[name] = (log / name).stat().st_size
    _refuse(log, "missing", (name for name in sorted(sizes) if name not in there))
    _refuse(log, "torn", (name for name in sorted(sizes) if there[name] != sizes[name]))


def torn_among(log: Path) -> None:
    """Raise LogDamaged naming the files that are torn, after the log as a whole could not be read: all commits are looked at."""
    names = sorted(each.name for each in _entries(log / COMMITS))
    _refuse(log, "torn", (name for name in names if _is_commit(name) and not _is_whole(log / COMMITS / name)))
    _refuse(log, "torn", (name for name in names if name.endswith(".parquet") and not _is_parquet(log / COMMITS / name)))


def has_rows(log: Path) -> bool:
    """Whether files of rows lie where a log is, whatever has become of its commits."""
    return any(each.name.endswith(".parquet") for each in _entries(log))


def _without(last: int) -> str:
    return f"; without one, remove {COMMITS}/{last:020}.json where it is the last: what it recorded is then lost, and can be given again"


def _refuse(log: Path, how: str, names: Iterable[str], more: str = "") -> None:
    found = [f"{COMMITS}/{name}" if _is_commit(name) or ".checkpoint." in name else name for name in names]
    if found:
        told = ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
        verb = "is" if len(found) == 1 else "are"
        raise LogDamaged(f"the evidence log in {log} is damaged: {told} {verb} {how}; {_HELP}{more}")


def _is_commit(name: str) -> bool:
    return name.endswith(".json") and name[:-5].isdigit()


def _is_whole(commit: Path) -> bool:
    """Whether a commit can be read, and says all that a batch's says: its last line is the batch."""
    try:
        actions = [json.loads(line) for line in commit.read_bytes().splitlines()]
    except (OSError, ValueError):
        return False
    said = {name: told for action in actions if isinstance(action, dict) for name, told in action.items()}
    done = said.get("commitInfo", {})
    # A log that was made by two at once has an empty commit of the second: that was to be ignored where there is one.
    written = done.get("operation") == "WRITE" and done.get("operationParameters", {}).get("mode") != "Ignore"
    return bool(actions) and ("txn" in said or "metaData" in said or not written)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-4, os.SEEK_END)
            return file.read() == b"PAR1"
    except OSError:
        return False


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
