"""Where the sentences of a document begin and end, in one pass over its text."""

from bisect import bisect_right
from collections.abc import Sequence

from schema.document import Document, Span, sentence_starts

SMALLEST = 160
"""Characters of a window that is not halved any more."""


def sentences(document: Document) -> tuple[Span, ...]:
    """Spans of `document.text`, in order, without the space between them; a mention is never cut."""
    text = document.text
    inside = _merged([(m.start, m.end) for m in document.mentions])
    starts = [start for start, _ in inside]
    found: list[Span] = []
    for begin, end in _passages(document):
        at = begin
        for cut in sentence_starts(text, begin, end):
            if not _within(cut, inside, starts):
                found.append((at, cut))
                at = cut
        found.append((at, end))
    return tuple(span for span in (_trimmed(text, span) for span in found) if span[0] < span[1])


def halves(window: Span, among: Sequence[Span]) -> list[Span]:
    """A window in two, between sentences where it has several; nothing where it is too small for that."""
    start, end = window
    if end - start < SMALLEST:
        return []
    middle = (start + end) // 2
    cuts = [at for at, _ in among if start < at < end]
    cut = min(cuts, key=lambda at: abs(at - middle)) if cuts else middle
    return [(start, cut), (cut, end)]


def _passages(document: Document) -> list[Span]:
    spans, at = [], 0
    for part in (document.title, *(passage.text for passage in document.passages)):
        spans.append((at, at + len(part)))
        at += len(part) + 1
    return spans


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(at: int, spans: list[Span], starts: list[int]) -> bool:
    place = bisect_right(starts, at) - 1
    return place >= 0 and spans[place][0] < at < spans[place][1]


def _trimmed(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
