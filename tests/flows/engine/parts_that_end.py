"""Parts of a backfill that end as they are told: what other processes find by its name."""

import os
import time
from typing import Any

from schema.errors import StoreFailed


def end_as_told(part: dict[str, Any]) -> dict[str, Any]:
    """Stand in for the reading of a part."""
    time.sleep(part.get("seconds", 0.0))
    if part["ends"] == "killed":
        os._exit(9)
    if part["ends"] == "fails":
        raise StoreFailed("no disk")
    return part
