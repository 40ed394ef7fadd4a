"""Whether files that a database left behind are as it left them: a cheap listing, so that a damaged one is noticed before it answers."""

import json
from pathlib import Path

from schema.ids import hash_of

_SCHEMA = "schema.json"
_ENDS = (".bucket", "idx")


def seal(database: Path, sealed: Path) -> None:
    """Write down what files a database has, after it was closed."""
    told = {"sizes": _sizes(database), "schema": _hash(database / _SCHEMA)}
    sealed.write_text(json.dumps(told), encoding="utf-8")


def damage(database: Path, sealed: Path) -> str:
    """What is wrong with a database that was closed and written down; empty where nothing is, or where nothing was written down."""
    try:
        told = json.loads(sealed.read_text(encoding="utf-8"))
        sizes, schema = dict(told["sizes"]), told["schema"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    now = _sizes(database)
    # Files grow only: what was written since, by a process that was killed, is the database's to see to.
    wrong = [f"{name} is {'missing' if name not in now else 'torn'}" for name, size in sorted(sizes.items()) if now.get(name, -1) < size]
    if _hash(database / _SCHEMA) != schema:
        wrong.append(f"{_SCHEMA} is another one")
    return ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")


def _sizes(database: Path) -> dict[str, int]:
    return {each.name: each.stat().st_size for each in database.iterdir() if each.name.endswith(_ENDS)} if database.is_dir() else {}


def _hash(path: Path) -> str:
    return hash_of(path.read_bytes()) if path.is_file() else ""
