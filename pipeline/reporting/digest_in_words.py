"""A digest as Markdown: for a mail, a chat, a page in a wiki, and for the terminal."""

import re
from collections.abc import Iterator

from pipeline.answering.histories import number_of_documents
from pipeline.reporting.digest import TOLD
from pipeline.reporting.words import Row
from pipeline.shown_text import one_line

HEADINGS = {
    "overturned": "Overturned",
    "reopened": "Held again",
    "withdrawn": "Withdrawn",
    "contested": "Contested",
    "opened": "New",
}
"""What the kinds of change are called, in the order of TOLD."""

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")


def digest_in_words(digest: Row) -> str:
    """The digest of `digest_of`, most important first."""
    return "\n".join(_lines(digest))


def headline_of(digest: Row) -> str:
    """The numbers, in one sentence."""
    facts = ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in digest["facts"].items())
    retracted = f", {len(digest['retracted'])} retracted" if digest["retracted"] else ""
    return f"{number_of_documents(digest['documents'])} new{retracted}; facts: {facts or 'nothing changed'}."


def held_in_words(row: Row) -> str:
    """When a fact of a digest held last and how firmly, with a blank before it; empty where it never did."""
    if not row["held"]:
        return ""
    start, end = row["held"]
    if end:
        return f" held from {start} to {end} (belief {row['belief']:.2f})"
    return f" since {start} (belief {row['belief']:.2f}, {number_of_documents(row['support'])})"


def overturned_in_lines(digest: Row) -> list[str]:
    """A line for each fact of a digest that was overturned: old, new, because."""
    lines = [_overturned(row) for row in digest["changes"].get("overturned", ())]
    left = digest["left_out"].get("overturned")
    return [*lines, *([f"- and {left} more"] if left else [])]


def _overturned(row: Row) -> str:
    because = ", ".join(_where(reason) for reason in row["because"])
    return f"- **{_plain(row['fact'])}**{held_in_words(row)}; now: **{_plain(row['now'])}**; because of {because}"


def _lines(digest: Row) -> Iterator[str]:
    yield f"# What changed its mind, {digest['since'][:10]} to {digest['until'][:10]}"
    yield ""
    yield headline_of(digest)
    for kind in TOLD:
        if rows := digest["changes"].get(kind, ()):
            yield from ("", f"## {HEADINGS[kind]}", "")
            for row in rows:
                yield from _change(row)
            if left := digest["left_out"].get(kind):
                yield f"- and {left} more"
    if digest["retracted"]:
        yield from ("", "## Retracted", "")
        yield from (f"- {_plain(citation)}" for citation in digest["retracted"])


def _change(row: Row) -> Iterator[str]:
    yield f"- **{_plain(row['fact'])}**{held_in_words(row)}: {_plain(row['now'])}"
    for reason in row["because"]:
        quote = f"“{_plain(reason['quote'])}” " if reason["quote"] else ""
        yield f"  - {quote}{_where(reason)}{' (retracted)' if reason['retracted'] else ''}"


def _where(reason: Row) -> str:
    citation = _plain(reason["citation"])
    return f"[{citation}]({reason['page']})" if reason["page"] else citation


def _plain(text: str) -> str:
    """Text of others that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", one_line(text))
