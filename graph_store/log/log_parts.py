"""The files that one version of a log is made of, in an order in which they can be copied while others write."""

import json
from collections.abc import Collection
from pathlib import Path

from graph_store.log.log_files import COMMITS

_LAST_CHECKPOINT = "_last_checkpoint"


def parts_of(log: Path, version: int, rows: Collection[str]) -> list[str]:
    """Names in the folder: files of rows, checkpoints, commits up to the version. Nothing of it is ever changed or written over.

    A commit is written after its rows, and names them; so what is copied in this order after the version was read is that version,
    whatever is added meanwhile.
    """
    named = sorted(each.name for each in (log / COMMITS).iterdir())
    numbered = [name for name in named if name[:20].isdigit() and int(name[:20]) <= version]
    checkpoints = [name for name in numbered if ".checkpoint." in name]
    commits = [name for name in numbered if name.endswith(".json") and name[:-5].isdigit()]
    last = [_LAST_CHECKPOINT] if _is_up_to(log / COMMITS / _LAST_CHECKPOINT, version) else []  # only saves looking for it
    return [*sorted(rows), *(f"{COMMITS}/{name}" for name in (*checkpoints, *last, *commits))]


def _is_up_to(pointer: Path, version: int) -> bool:
    try:
        return int(json.loads(pointer.read_bytes())["version"]) <= version
    except (OSError, ValueError, KeyError, TypeError):
        return False
