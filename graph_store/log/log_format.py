"""The format of an evidence log: it stands in the table's description, so that a version of ours that does not know it refuses the log."""

import re

from schema.errors import LogTooNew, StoreFailed
from schema.records import LOG_FORMAT

_DESCRIPTION = "ChronoKG evidence log, format {}"


def description_of(number: int) -> str:
    """How a table of this format is described."""
    return _DESCRIPTION.format(number)


def format_of(description: str | None) -> int:
    """The format of a table that is described like this; raises StoreFailed where it is no log of ours."""
    described = description or ""
    found = re.fullmatch(_DESCRIPTION.format(r"(\d+)"), described)
    if found is None:
        raise StoreFailed(f"what lies where the evidence log should be is another table ({described!r})")
    return int(found[1])


def require_readable(description: str | None) -> None:
    """Raise LogTooNew for a format that came after this version."""
    if (found := format_of(description)) > LOG_FORMAT:
        raise LogTooNew(f"the evidence log has format {found}, and this version of ChronoKG reads up to {LOG_FORMAT}: upgrade ChronoKG")
