"""The files that one version of a log is made of, in an order in which they can be copied while others write."""

from collections.abc import Collection
from pathlib import Path

from graph_store.folders.places import Folder
from graph_store.log.log_files import COMMITS, commit_name
from schema.errors import LogDamaged


def parts_of(log: Folder, version: int, rows: Collection[str]) -> list[str]:
    """Names in the folder: files of rows, checkpoints, commits up to the version. Nothing of it is ever changed or written over.

    A commit is written after its rows, and names them; so what is copied in this order after the version was read is that version,
    whatever is added meanwhile. The pointer to the last checkpoint is left out: it is written over, and only saves looking for that.
    Raises LogDamaged where the commit of the version itself is not among them.
    """
    named = sorted(log.sizes(COMMITS))
    numbered = [name for name in named if name[:20].isdigit() and int(name[:20]) <= version]
    checkpoints = [name for name in numbered if ".checkpoint." in name]
    commits = [name for name in numbered if name.endswith(".json") and name[:-5].isdigit()]
    parts = [*sorted(rows), *(f"{COMMITS}/{name}" for name in (*checkpoints, *commits))]
    if commit_name(version) not in parts:
        raise _missing(log, commit_name(version))
    return parts


def part_of(log: Folder, name: str) -> Path | bytes:
    """One of them: where it lies, or what it holds where that is no disk. Raises LogDamaged where it is missing."""
    at = log.address(name)
    if isinstance(at, Path):
        return at
    content = log.read(name)
    if content is None:
        raise _missing(log, name)
    return content


def _missing(log: Folder, name: str) -> LogDamaged:
    return LogDamaged(f"the evidence log in {log} is damaged: {name} is missing; restore the folder from a backup")
