"""The page of the explorer: its modules, style and data in one HTML text, for a server and for a file alike."""

import re
from collections.abc import Mapping
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

from flows.report.page_parts import json_in_page, policy_hash

_PLACE = re.compile(r"\{\{ (\w+) \}\}")
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def explorer_page(given: Mapping[str, object]) -> str:
    """The page with what it is `given`: `paths` of a server to ask (search, about, fact), or a `file` (see snapshots_of)."""
    parts = {"policy": policy(served="paths" in given), "style": _style(), "script": script(), "given": json_in_page(dict(given))}
    # In one go: what looks like a place inside the data is none.
    return _PLACE.sub(lambda place: parts[place[1]], _text("page.html"))


def policy(*, served: bool) -> str:
    """The page's Content-Security-Policy: its own script and style by their hashes; only a served one may ask, and only its server.

    No text can be made markup: Chromium refuses what would do so (trusted types).
    """
    asks = "'self'" if served else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{policy_hash(script())}'",
            f"style-src '{policy_hash(_style())}'",
            f"connect-src {asks}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


@cache
def script() -> str:
    """The modules of the page as one script, each in a scope of its own, after those that it imports.

    A file cannot import modules that lie beside it (a browser takes each file for another origin), so the page carries them all.
    """
    folder = files(__package__).joinpath("page")
    texts = {each.name.removesuffix(".js"): _text(each.name) for each in folder.iterdir() if each.name.endswith(".js")}
    order = TopologicalSorter({name: {found[2] for found in _IMPORT.finditer(text)} for name, text in sorted(texts.items())})
    return "\n".join(_in_its_scope(name, texts[name]) for name in order.static_order())


def _in_its_scope(name: str, text: str) -> str:
    exported = [found[2] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const { \1 } = \2_module;", text))
    return f"const {name}_module = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();"


@cache
def _style() -> str:
    return _text("style.css")


def _text(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")
