"""The files that one version of a log is made of, in an order in which they can be copied while others write."""

import json
from collections.abc import Collection
from pathlib import Path

from graph_store.folders.places import Folder
from graph_store.log.log_files import COMMITS
from schema.errors import LogDamaged

_LAST_CHECKPOINT = "_last_checkpoint"


def parts_of(log: Folder, version: int, rows: Collection[str]) -> list[str]:
    """Names in the folder: files of rows, checkpoints, commits up to the version. Nothing of it is ever changed or written over.

    A commit is written after its rows, and names them; so what is copied in this order after the version was read is that version,
    whatever is added meanwhile.
    """
    named = sorted(log.sizes(COMMITS))
    numbered = [name for name in named if name[:20].isdigit() and int(name[:20]) <= version]
    checkpoints = [name for name in numbered if ".checkpoint." in name]
    commits = [name for name in numbered if name.endswith(".json") and name[:-5].isdigit()]
    last = [_LAST_CHECKPOINT] if _is_up_to(log.read(f"{COMMITS}/{_LAST_CHECKPOINT}"), version) else []  # only saves looking for it
    return [*sorted(rows), *(f"{COMMITS}/{name}" for name in (*checkpoints, *last, *commits))]


def part_of(log: Folder, name: str) -> Path | bytes:
    """One of them: where it lies, or what it holds where that is no disk. Raises LogDamaged where it is missing."""
    at = log.address(name)
    if isinstance(at, Path):
        return at
    content = log.read(name)
    if content is None:
        raise LogDamaged(f"the evidence log in {log} is damaged: {name} is missing; restore the folder from a backup")
    return content


def _is_up_to(pointer: bytes | None, version: int) -> bool:
    try:
        return pointer is not None and int(json.loads(pointer)["version"]) <= version
    except (ValueError, KeyError, TypeError):
        return False
