"""What a way of finding names gives, and its bounds: how much of a text is looked at, how many places are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.asking.tagging import TaggedDocument, log_left_out
from schema.document import Document, Mention, Passage, Span
from schema.usage import NOTHING_PAID, Usage

MOST_MENTIONS = 2000
"""Places of names in one document that are kept, the first ones."""


@dataclass(frozen=True, slots=True)
class FoundNames:
    """Names found in a text, without identifiers, in order and without overlaps; what they cost; how many were refused, by why."""

    mentions: tuple[Mention, ...]
    usage: Usage = NOTHING_PAID
    refused: Mapping[str, int] = field(default_factory=dict)


def windows_of(document: Document, window: int, most: int) -> tuple[TaggedDocument, list[Span]]:
    """The text without its mentions, and its first `most` windows of at most `window` characters: what follows is not looked at."""
    tagged = TaggedDocument(_beginning(document, window * most))
    windows = tagged.windows(window)[:most]
    if windows and (left_out := len(document.text.rstrip()) - windows[-1][1]) > 0:
        log_left_out("text left out", document=document.id, characters=left_out, bound=window * most)
    return tagged, windows


def mentions_of(document: Document, places: Sequence[tuple[Span, str]]) -> Iterable[Mention]:
    """Mentions at these places with their types, as many as are kept."""
    if len(places) > MOST_MENTIONS:
        log_left_out("mentions left out", document=document.id, kept=MOST_MENTIONS, left_out=len(places) - MOST_MENTIONS)
    for (start, end), kind in places[:MOST_MENTIONS]:
        yield Mention(start, end, document.text[start:end], kind)


def _beginning(document: Document, limit: int) -> Document:
    """The document without mentions and with the first `limit` characters of its text, so that a huge one costs no more than a long one."""
    title, left = document.title[:limit], limit - len(document.title) - 1
    passages = []
    for passage in document.passages:
        if left <= 0:
            break
        passages.append(Passage(passage.text[:left], passage.section))
        left -= len(passage.text) + 1
    return replace(document, title=title, passages=tuple(passages), mentions=())
