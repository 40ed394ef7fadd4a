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
        yield from (f"- {in_markdown(citation)}" for citation in digest["retracted"])


def _change(row: Row) -> Iterator[str]:
    yield f"- **{in_markdown(row['fact'])}**{held_in_words(row)}: {in_markdown(row['now'])}"
    yield from (f"  - {reason_in_markdown(reason)}" for reason in row["because"])


def reason_in_markdown(reason: Row) -> str:
    """A document's sentence and where it stands."""
    where = f"[{in_markdown(reason['citation'])}]({reason['page']})" if reason["page"] else in_markdown(reason["citation"])
    quote = f"“{in_markdown(reason['quote'])}” " if reason["quote"] else ""
    return f"{quote}{where}{' (retracted)' if reason['retracted'] else ''}"


def in_markdown(text: str) -> str:
    """Text of others that Markdown shows as it is."""
    return _MARKS.sub(r"\\\1", one_line(text))
