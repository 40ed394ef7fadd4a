"""Parameters of a query as a user types them."""

import json
import re
from collections.abc import Iterable
from typing import Any

from schema.dates import parse_day
from schema.errors import WrongUse

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[A-Za-z_]\w*")


def parameters(given: Iterable[str]) -> dict[str, Any]:
    """Days become dates; numbers, true, false, null, lists and quoted text are read as JSON; anything else is text as it stands."""
    found: dict[str, Any] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not _NAME.fullmatch(name):
            raise WrongUse(f"--param {each!r} is not name=value, such as day=2005-03-01")
        if name in found:
            raise WrongUse(f"--param {name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    if _DAY.fullmatch(text):
        return parse_day(text)
    try:
        return json.loads(text)
    except ValueError:
        return text
