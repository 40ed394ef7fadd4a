"""Where in a quote the ends of a claim are named."""

import re
from collections.abc import Iterable, Set

from schema.document import Mention, Span


def places(quote: str, at: int, mentions: Iterable[Mention], keys: Set[str], name: str) -> list[Span]:
    """Spans in the quote, which begins at character `at` of the text, that name an entity; by its name where no mention does."""
    end = at + len(quote)
    found = [(m.start - at, m.end - at) for m in mentions if at <= m.start and m.end <= end and not keys.isdisjoint(m.identifiers)]
    if found or len(name) < 2:
        return sorted(set(found))
    named = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return [m.span() for m in named.finditer(quote)]
