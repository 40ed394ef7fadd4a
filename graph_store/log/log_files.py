"""The files of an evidence log: what is missing or torn among them, by name; and the hash by which a commit is known again."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from errno import ENOSPC

from graph_store.folders.places import Folder
from schema.errors import LogDamaged
from schema.ids import BatchId, hash_of

COMMITS = "_delta_log"
"""The folder of commits, each one file named by its version."""

_CHECKPOINT = f"{COMMITS}/_last_checkpoint"
_HELP = "restore the folder from a backup"
_NAMED = 3


def commit_name(version: int) -> str:
    """The file of a commit."""
    return f"{COMMITS}/{version:020}.json"


def commit_hash(log: Folder, version: int) -> str:
    """The hash of a commit; empty where it is not there."""
    content = log.read(commit_name(version))
    return "" if content is None else hash_of(content)


def last_commit(log: Folder) -> int:
    """The version of the last commit; -1 where there is none. Raises LogDamaged where commits are missing, empty or torn.

    Those before the last checkpoint, which nobody needs who reads what is there now, are not looked at: a large log has many.
    """
    after = _before_checkpoint(log)
    sizes = {int(name[:-5]): size for name, size in log.sizes(COMMITS, after).items() if _is_commit(name)}
    if not sizes and after:
        sizes = {int(name[:-5]): size for name, size in log.sizes(COMMITS).items() if _is_commit(name)}
    if not sizes:
        return -1
    first, last = min(sizes), max(sizes)
    missing = [version for version in range(first, last) if version not in sizes]
    _refuse(log, "missing", (commit_name(version) for version in missing))
    _refuse(log, "empty", (commit_name(version) for version, size in sorted(sizes.items()) if not size), _without(last))
    if not _is_whole(log, commit_name(last)):
        _refuse(log, "torn", [commit_name(last)], _without(last))
    return last


PACKED = 2
"""How many times smaller rows may lie in a file than in memory."""

ROOM = 100_000
"""Bytes that a commit takes besides."""


def require_room(log: Folder, rows: int) -> None:
    """Raise OSError where there is no room for rows that take so many bytes in memory.

    On a full disk Delta Lake's own threads would write to the terminal before it fails.
    """
    free = log.free()
    if free is not None and free < rows // PACKED + ROOM:
        raise OSError(ENOSPC, "No space left on device", str(log))


LOOK_BACK = 8
"""Commits that may follow the last batch's: each compaction makes one, and there is one after many batches."""


def last_batch_at(log: Folder, version: int) -> datetime | None:
    """When the last batch up to a version was committed, by the clock of who did (UTC); None where no recent commit tells."""
    for number in range(version, max(-1, version - LOOK_BACK), -1):
        try:
            actions = [json.loads(line) for line in (log.read(commit_name(number)) or b"").splitlines()]
            if any("txn" in action for action in actions):
                told = next(action["commitInfo"]["timestamp"] for action in actions if "commitInfo" in action)
                return datetime.fromtimestamp(told / 1000, UTC)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            return None
    return None


def _before_checkpoint(log: Folder) -> str:
    """The name that the commits of the last checkpoint and after it come after; empty where none is told."""
    found = re.search(rb'"version"\s*:\s*(\d+)', log.read(_CHECKPOINT) or b"")
    return f"{int(found[1]):020}" if found else ""


def batches_in(log: Folder, first: int, last: int) -> set[BatchId]:
    """The batches that these commits recorded, both inclusive; what put files together recorded none."""
    contents = (log.read(commit_name(number)) or b"" for number in range(first, last + 1))
    actions = (json.loads(line) for content in contents for line in content.splitlines() if line.startswith(b'{"txn"'))
    return {BatchId(action["txn"]["appId"]) for action in actions}


def require_files(log: Folder, sizes: Mapping[str, int]) -> None:
    """Raise LogDamaged where one of these files of rows is missing or has another size."""
    there: dict[str, int] = {}
    for within in {name.rpartition("/")[0] for name in sizes}:
        there |= {f"{within}/{name}" if within else name: size for name, size in log.sizes(within).items()}
    _refuse(log, "missing", (name for name in sorted(sizes) if name not in there))
    _refuse(log, "torn", (name for name in sorted(sizes) if there[name] != sizes[name]))


def torn_among(log: Folder) -> None:
    """Raise LogDamaged naming the files that are torn, after the log as a whole could not be read: all commits are looked at."""
    names = sorted(log.sizes(COMMITS))
    _refuse(log, "torn", (f"{COMMITS}/{name}" for name in names if _is_commit(name) and not _is_whole(log, f"{COMMITS}/{name}")))
    _refuse(log, "torn", (f"{COMMITS}/{name}" for name in names if name.endswith(".parquet") and not _is_parquet(log, f"{COMMITS}/{name}")))


def has_rows(log: Folder) -> bool:
    """Whether files of rows lie where a log is, whatever has become of its commits."""
    return any(name.endswith(".parquet") for name in log.sizes())


def _without(last: int) -> str:
    return f"; without one, remove {commit_name(last)} where it is the last: what it recorded is then lost, and can be given again"


def _refuse(log: Folder, how: str, names: Iterable[str], more: str = "") -> None:
    found = list(names)
    if found:
        told = ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
        verb = "is" if len(found) == 1 else "are"
        raise LogDamaged(f"the evidence log in {log} is damaged: {told} {verb} {how}; {_HELP}{more}")


def _is_commit(name: str) -> bool:
    return name.endswith(".json") and name[:-5].isdigit()


def _is_whole(log: Folder, commit: str) -> bool:
    """Whether a commit can be read, and says all that a batch's says: its last line is the batch."""
    try:
        actions = [json.loads(line) for line in (log.read(commit) or b"").splitlines()]
    except (OSError, ValueError):
        return False
    said = {name: told for action in actions if isinstance(action, dict) for name, told in action.items()}
    done = said.get("commitInfo", {})
    # A log that was made by two at once, by earlier versions, has an empty commit of the second: to be ignored where there is one.
    written = done.get("operation") == "WRITE" and done.get("operationParameters", {}).get("mode") != "Ignore"
    return bool(actions) and ("txn" in said or "metaData" in said or not written)


def _is_parquet(log: Folder, name: str) -> bool:
    try:
        return (log.read(name) or b"").endswith(b"PAR1")
    except OSError:
        return False
