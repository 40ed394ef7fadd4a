"""What the text makes of a claim: polarity, confidence, quote and time, as its sentence has them."""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

from pipeline.sentences.assertion import PLAIN, Effect, SentenceReading, read_quote
from pipeline.stated_times.claim_time import NO_TIME, ClaimTime, time_in_words, time_of_claim
from schema.document import Document, Mention, Span, sentence_spans
from schema.observation import Claim, Entity, Polarity

LABELS = "labels"
"""The way of reading that gives no polarity: what its sentence denies it denies."""

LONGEST_QUOTE = 2_000
LONGEST_TEXT = 200_000
"""Characters of a quote and of a document up to which they are looked at."""


_Placed = tuple[list[Span], list[Span]]
"""Where in the quote head and tail are named."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a claim as entities, and the mentions that may name them."""

    head: Entity
    tail: Entity
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class ClaimInSentence:
    """A claim as its sentence has it, and what the sentence said; `negated` where it denies what the reader took from it."""

    claim: Claim
    reading: SentenceReading
    time: ClaimTime
    negated: bool = False

    @property
    def weakened(self) -> bool:
        """Whether the sentence lowered the claim's confidence."""
        return not self.negated and self.reading.factor < 1.0


def read_in_sentence(claim: Claim, document: Document, ends: Ends, method: str, *, lasting: bool) -> ClaimInSentence:
    """Read a claim's quote: `method` is its reader's, `lasting` whether its relation holds for a stated time. Never raises."""
    if not claim.quote or len(claim.quote) > LONGEST_QUOTE:
        return ClaimInSentence(claim, PLAIN, _time(claim, document, None, lasting))
    quoted = claim
    placed = _places(claim, ends, claim.quote, document.text.find(claim.quote))
    reading = read_quote(claim.quote, claim.relation, *placed)
    if method == LABELS and reading.effect is not Effect.PLAIN:
        claim, reading = _elsewhere(claim, reading, document, ends)
    if lasting and reading.effect is Effect.HEDGED:
        reading = replace(reading, effect=Effect.ASKED)  # who may get an office, or plans to move, has not done so yet
    if claim is not quoted:
        placed = _places(claim, ends, claim.quote, document.text.find(claim.quote))
    time = _time(claim, document, placed, lasting)
    if claim.polarity is Polarity.DENIES:
        # A reader that denies is believed; that its sentence negates something is why.
        denies = reading.effect in {Effect.DENIED, Effect.CONTRADICTED}
        reading = PLAIN if denies else reading
    elif reading.effect is Effect.DENIED and method == LABELS:
        return ClaimInSentence(replace(claim, polarity=Polarity.DENIES), reading, time, negated=True)
    elif reading.effect is Effect.DENIED:
        reading = replace(reading, effect=Effect.CONTRADICTED)
    return ClaimInSentence(_weaker(claim, reading.factor), reading, time)


def _weaker(claim: Claim, factor: float) -> Claim:
    return claim if factor == 1.0 else replace(claim, confidence=round(claim.confidence * factor, 6))


def _places(claim: Claim, ends: Ends, quote: str, at: int) -> _Placed:
    return (
        _spans_of(quote, at, ends.mentions, {claim.head, ends.head.key}, ends.head.name),
        _spans_of(quote, at, ends.mentions, {claim.tail, ends.tail.key}, ends.tail.name),
    )


def _spans_of(quote: str, at: int, mentions: Iterable[Mention], keys: Set[str], name: str) -> list[Span]:
    """Spans in the quote, which begins at character `at` of the text, that name an entity; by its name where no mention does."""
    end = at + len(quote)
    found = [(m.start - at, m.end - at) for m in mentions if at <= m.start and m.end <= end and not keys.isdisjoint(m.identifiers)]
    if found or len(name) < 2:
        return sorted(set(found))
    named = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return [m.span() for m in named.finditer(quote)]


def _elsewhere(claim: Claim, reading: SentenceReading, document: Document, ends: Ends) -> tuple[Claim, SentenceReading]:
    """What the document's other sentences that name both ends say, where the quoted one does not say it plainly.

    A label is read from the whole document and its quote is only the nearest sentence: "we asked whether X reduces Y" may be
    followed by the answer. A plain sentence beside a denial leaves the claim asserted, and weaker.
    """
    if len(document.text) > LONGEST_TEXT:
        return claim, reading
    others: dict[Effect, tuple[Claim, SentenceReading]] = {}
    for start, end in sentence_spans(document.text):
        quote = document.text[start:end].strip()
        if not quote or quote in claim.quote or len(quote) > LONGEST_QUOTE:
            continue
        heads, tails = _places(claim, ends, quote, document.text.find(quote, start))
        if heads and tails:
            found = read_quote(quote, claim.relation, heads, tails)
            others.setdefault(found.effect, (replace(claim, quote=quote), found))
    if reading.effect is Effect.DENIED:
        return (claim, replace(reading, effect=Effect.CONTRADICTED)) if Effect.PLAIN in others else (claim, reading)
    order = (Effect.PLAIN, Effect.DENIED, Effect.HEDGED, Effect.ASKED, Effect.CONTRADICTED)
    best = min(others, key=order.index, default=reading.effect)
    return others[best] if best in others and order.index(best) < order.index(reading.effect) else (claim, reading)


def _time(claim: Claim, document: Document, placed: _Placed | None, lasting: bool) -> ClaimTime:
    """The reader's own words for the time, as far as the text has them; else what the quote states."""
    told = NO_TIME
    if claim.stated_start or claim.stated_end:
        text = document.text if len(document.text) <= LONGEST_TEXT else claim.quote
        told = time_in_words(claim.stated_start, claim.stated_end, text, document.published)
    if told.start or told.end or placed is None:
        return told
    found = time_of_claim(claim.quote, *placed, document.published, lasting=lasting)
    return replace(found, dropped=(*told.dropped, *found.dropped))
