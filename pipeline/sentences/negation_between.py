"""Negations that stand between the two ends: "X did not reduce Y", "X had no effect on Y", "Y was unaffected by X"."""

import re

from pipeline.sentences.lexicon import CHANGE, CONTROLLED, EXPOSURE, FINDER, NOUN, UNKNOWN, CueKind, Direction
from pipeline.sentences.negation_cues import BARE, DIFFERENCE, NEAR, CueInScope, direction_behind, same_clause
from pipeline.sentences.sentence_features import Change, Cue, Features
from schema.document import Span

_NO_OTHER = re.compile(r"from\s+(?:\w+\s+){0,3}\w+ing\b", re.IGNORECASE)
_NEITHER = re.compile(r"\s+(?:\w+ly\s+)?(\w+)(?:\s+\w+){0,4}?\s+nor\s+(\w+)", re.IGNORECASE)
_DID = re.compile(r"\s+(?:did|does|do|was|were)\s+(?:the\s+)?", re.IGNORECASE)


def _verb_between(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    text = s.text
    if not same_clause(s, first, cue) or s.breaks(cue.end, last[0]):
        return None
    if EXPOSURE.match(text, cue.end, last[0]) or UNKNOWN.match(text, cue.end):
        return None
    changes = s.between(cue.end, last[0])
    if not changes and FINDER.match(text, cue.end) and len(text[cue.end : last[0]]) <= NEAR:
        return CueInScope(cue, Direction.NEUTRAL, sure=False)  # "mutations of X were not found in Y"
    if not changes or changes[0].start > cue.end + NEAR:
        return None
    if text.startswith("differ", changes[0].start):
        return None
    sure = not _NO_OTHER.search(text, changes[0].end, last[0])
    return CueInScope(cue, changes[0].direction, sure)


def _contrast_between(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    gap = s.text[cue.end : last[0]]
    direction_behind = s.between(first[1], cue.start)
    if not direction_behind or "," in gap or s.between(cue.end, last[0]) or s.breaks(cue.end, last[0]) or s.breaks(first[1], cue.start):
        return None
    return CueInScope(cue, direction_behind[-1].direction, BARE.fullmatch(gap) is not None)


def _noun_between(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    if not same_clause(s, first, cue) or s.breaks(cue.end, last[0]):
        return None
    gap = s.text[cue.end : last[0]]
    changes = s.between(cue.end, last[0])
    if changes and changes[0].start <= cue.end + NEAR and _names_relation(s, cue, changes[0]):
        if DIFFERENCE.match(s.text, changes[0].start) and not CONTROLLED.search(s.text):
            return None
        return CueInScope(cue, direction_behind(s, cue.end, last[0]))
    if changes or cue.text.lower() != "no" or not BARE.fullmatch(gap):
        return None
    # "X caused no Y": what is missing is Y itself.
    before = s.between(first[1], cue.start)
    return CueInScope(cue, Direction.UP, bool(before) and before[-1].direction is not Direction.DOWN)


def _names_relation(s: Features, cue: Cue, change: Change) -> bool:
    """Whether a word of change is what the cue negates: only attributes stand between them."""
    nominal = NOUN.match(s.text, change.start) is not None or s.text[change.start : change.end].lower().endswith("ing")
    return nominal and BARE.fullmatch(s.text[cue.end : change.start]) is not None


def _list_between(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    both = _NEITHER.match(s.text, cue.end, last[0])
    if both and CHANGE.fullmatch(both[1]) and CHANGE.fullmatch(both[2]) and same_clause(s, first, cue):
        return CueInScope(cue, Direction.NEUTRAL)  # "neither raised nor lowered"
    direction_behind = s.between(first[1], cue.start)
    if not direction_behind or s.breaks(first[1], cue.start) or s.breaks(cue.end, last[0]) or s.between(cue.end, last[0]):
        return _nor_did(s, cue, last)
    return CueInScope(cue, direction_behind[0].direction) if len(s.text[cue.end : last[0]]) <= NEAR else None


def _nor_did(s: Features, cue: Cue, last: Span) -> CueInScope | None:
    # "A did not reduce Y, nor did X"; the verb is the one before.
    earlier = [each for each in s.changes if each.end <= cue.start]
    if earlier and _DID.fullmatch(s.text, cue.end, last[0]):
        return CueInScope(cue, earlier[-1].direction)
    return None


def _word_between(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    gap = s.text[cue.end : last[0]]
    if not same_clause(s, first, cue) or s.between(first[1], cue.start) or s.breaks(cue.end, last[0]) or len(gap) > NEAR:
        return None
    drug = cue.text.lower().startswith(("ine", "ina", "no"))
    return CueInScope(cue, Direction.DOWN if drug else Direction.NEUTRAL)


BETWEEN = {
    CueKind.VERB: _verb_between,
    CueKind.CONTRAST: _contrast_between,
    CueKind.NOUN: _noun_between,
    CueKind.LIST: _list_between,
    CueKind.WORD: _word_between,
}
"""The rule for each kind of cue: sentence, cue, earlier end, later end; None where the cue does not bear on them."""
