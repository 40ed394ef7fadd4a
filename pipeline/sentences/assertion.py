"""What a quoted sentence makes of a claim: its polarity turned or kept, its confidence kept or lowered, and why."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.sentences.lexicon import NOUN, RELATION_DIRECTIONS, UNTURNED, CueKind, Direction
from pipeline.sentences.negation_scope import bearings
from pipeline.sentences.sentence_features import Cue, CueInScope, Features, features
from schema.document import Span, sentence_spans

HEDGED = 0.8
"""What the confidence of a claim is multiplied by where its sentence says that it may be so."""

ONLY_ASKED = 0.5
"""Where its sentence only asks, or says what was to be found out."""

CONTRADICTED = 0.5
"""Where its sentence, in part or in another direction, says otherwise."""


class Effect(StrEnum):
    """What a sentence does to a claim, the strongest first."""

    DENIED = "denied"
    CONTRADICTED = "contradicted"
    ASKED = "only asked"
    HEDGED = "hedged"
    PLAIN = "plain"


_FACTORS = {Effect.DENIED: 1.0, Effect.CONTRADICTED: CONTRADICTED, Effect.ASKED: ONLY_ASKED, Effect.HEDGED: HEDGED, Effect.PLAIN: 1.0}
_ORDER = list(Effect)


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """What a sentence says of a relation between two ends; `at` is where in the quote the cue stands."""

    effect: Effect
    cue: str = ""
    at: int = 0

    @property
    def factor(self) -> float:
        """What a claim's confidence is multiplied by."""
        return _FACTORS[self.effect]

    @property
    def reason(self) -> str:
        """For people: the effect, the cue, where it stands."""
        return f"{self.effect}: {self.cue!r} at {self.at}" if self.cue else self.effect.value


PLAIN = SentenceReading(Effect.PLAIN)


def read_quote(quote: str, relation: str, heads: Iterable[Span], tails: Iterable[Span]) -> SentenceReading:
    """What a quote says of a relation between two ends, given where in it they are named.

    Of several sentences that name both, one that says it plainly is enough. Where no sentence names both, a quote of one
    clause can still weaken the claim, and never turns it.
    """
    heads, tails = list(heads), list(tails)
    sentences = sentence_spans(quote)
    found = [
        _shifted(read_sentence(quote[start:end], relation, *pair), start)
        for start, end in sentences
        if (pair := _nearest(heads, tails, start, end)) is not None
    ]
    if found:
        return max(found, key=lambda reading: _ORDER.index(reading.effect))
    return _unplaced(features(quote)) if len(sentences) == 1 else PLAIN


def read_sentence(sentence: str, relation: str, head: Span, tail: Span) -> SentenceReading:
    """What one sentence says of a relation between two spans of it."""
    looked_at = features(sentence)
    if not looked_at.cues and not sentence.rstrip().endswith("?"):
        return PLAIN
    said = [_worst(looked_at, relation, head, tail), _doubt(looked_at, *sorted((head, tail)))]
    return min(said, key=lambda reading: _ORDER.index(reading.effect))


def _worst(sentence: Features, relation: str, head: Span, tail: Span) -> SentenceReading:
    found = [] if relation in UNTURNED else bearings(sentence, head, tail)
    if not found:
        return PLAIN
    cues = {CueKind.VERB, CueKind.WORD}
    doubled = any(b.cue.kind in cues for b in found) and any(
        b.cue.kind is CueKind.NOUN and b.cue.start < found[-1].cue.start for b in found
    )
    verdicts = [(_verdict(bearing, relation), bearing.cue) for bearing in found]
    effect, cue = min(verdicts, key=lambda verdict: _ORDER.index(verdict[0]))
    if doubled and effect is Effect.DENIED:
        effect = Effect.CONTRADICTED
    return SentenceReading(effect, cue.text, cue.start) if effect is not Effect.PLAIN else PLAIN


def _verdict(bearing: CueInScope, relation: str) -> Effect:
    own = RELATION_DIRECTIONS.get(relation, Direction.NEUTRAL)
    missing = bearing.cue.text.lower() == "no" and bearing.direction is Direction.UP
    if own is Direction.DOWN and missing:
        return Effect.PLAIN  # "no seizures with X" is what a treatment is for
    if bearing.direction in {own, Direction.NEUTRAL}:
        return Effect.DENIED if bearing.sure else Effect.CONTRADICTED
    return Effect.CONTRADICTED


_ANSWERED = re.compile(
    r"\b(?:found|showed|shown|revealed|demonstrated|observed|concluded?|confirmed|resulted)\b|,\s+(?:we|it|the|this|these"
    r"|there|\w+\s+(?:was|were))\b|[;:]",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:although|while|though|since|as|if|because)\b", re.IGNORECASE)
_OTHER_CLAUSE = re.compile(r"[;]|\b(?:but|however|whereas|although|though|which|because)\b", re.IGNORECASE)


def _doubt(sentence: Features, first: Span, last: Span) -> SentenceReading:
    """The strongest hedge, aim or question that the relation stands under."""
    found = [SentenceReading(Effect.ASKED, "?", len(sentence.text.rstrip()) - 1)] if sentence.text.rstrip().endswith("?") else []
    for cue in sentence.cues:
        if cue.kind is CueKind.AIM and _asks(sentence.text, cue, first, last):
            found.append(SentenceReading(Effect.ASKED, cue.text, cue.start))
        elif cue.kind is CueKind.HEDGE and _hedges(sentence.text, cue, first, last):
            found.append(SentenceReading(Effect.HEDGED, cue.text, cue.start))
    return min(found, key=lambda reading: _ORDER.index(reading.effect), default=PLAIN)


def _asks(text: str, cue: Cue, first: Span, last: Span) -> bool:
    if cue.end <= first[0]:
        return _ANSWERED.search(text, cue.end, last[0]) is None
    if cue.end <= last[0]:
        return _OTHER_CLAUSE.search(text, first[1], last[0]) is None and _ANSWERED.search(text, first[1], last[0]) is None
    return (
        len(text[last[1] : cue.start].split()) <= 4
        and _OTHER_CLAUSE.search(text, last[1], cue.start) is None
        and "," not in text[last[1] : cue.start]
    )


def _hedges(text: str, cue: Cue, first: Span, last: Span) -> bool:
    if cue.end <= first[0]:
        aside = _ASIDE.search(text, 0, cue.start) is not None and "," in text[cue.end : first[0]]
        return not aside and _OTHER_CLAUSE.search(text, cue.end, first[0]) is None
    if cue.end <= last[0]:
        return _OTHER_CLAUSE.search(text, first[1], last[0]) is None
    # "An effect of X on Y seems likely".
    gap = text[last[1] : cue.start]
    return NOUN.search(text, 0, first[0]) is not None and re.fullmatch(r"\s*(?:(?:is|was|are|were|has|have|been)\s+)*", gap) is not None


def _unplaced(sentence: Features) -> SentenceReading:
    """Where the ends are not known to be in the sentence: weaker if it is one clause that is negated or only asks."""
    if sentence.breaks(0, len(sentence.text)):
        return PLAIN
    for cue in sentence.cues:
        if cue.kind is CueKind.AIM:
            return SentenceReading(Effect.ASKED, cue.text, cue.start)
        if cue.kind in {CueKind.VERB, CueKind.NOUN, CueKind.LIST, CueKind.WORD} and sentence.between(cue.end, cue.end + 40):
            return SentenceReading(Effect.CONTRADICTED, cue.text, cue.start)
    hedge = next((cue for cue in sentence.cues if cue.kind is CueKind.HEDGE), None)
    return PLAIN if hedge is None else SentenceReading(Effect.HEDGED, hedge.text, hedge.start)


def _nearest(heads: list[Span], tails: list[Span], start: int, end: int) -> tuple[Span, Span] | None:
    """The two namings within a sentence that stand nearest to each other, counted from its start."""
    here = [[(a - start, b - start) for a, b in spans if start <= a and b <= end] for spans in (heads, tails)]
    pairs = [(h, t) for h in here[0] for t in here[1] if h[1] <= t[0] or t[1] <= h[0]]
    return min(pairs, key=lambda pair: abs(pair[0][0] - pair[1][0]), default=None)


def _shifted(reading: SentenceReading, by: int) -> SentenceReading:
    return SentenceReading(reading.effect, reading.cue, reading.at + by) if reading.cue else reading
