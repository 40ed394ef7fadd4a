"""What pages of ours share: data that stays data inside a page, scripts known by their hash, files written whole."""

import base64
import hashlib
import json
from pathlib import Path

from markupsafe import Markup

from agents.whole_files import whole_file
from pipeline.shown_text import visible


def write_whole(path: Path, text: str) -> None:
    """A page, whole or not at all; what lies there is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as fresh:
        fresh.write_text(text, encoding="utf-8")


def as_seen(value: object) -> object:
    """What control characters of a text are is seen, as on a terminal, however deep it lies; Markup is ours."""
    if isinstance(value, Markup) or not isinstance(value, str | list | dict):
        return value
    if isinstance(value, str):
        return visible(value)
    return {each: as_seen(value[each]) for each in value} if isinstance(value, dict) else [as_seen(each) for each in value]


def json_in_page(value: object) -> Markup:
    """A value as JSON that can stand inside a script element of a page; control characters of its texts are seen."""
    # Inside a script element only the HTML parser's words are dangerous: </script> and <!--.
    text = json.dumps(as_seen(value), ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def policy_hash(part: str) -> str:
    """By what a Content-Security-Policy knows a script or a style of a page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}"
