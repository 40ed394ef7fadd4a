"""Negations by where they stand: before both ends of a relation, between them or behind them; each kind of cue with its rule."""

import re

from pipeline.sentences.lexicon import (
    CHANGE,
    CONTROLLED,
    EVIDENT,
    EXPOSURE,
    FINDER,
    NOUN,
    UNKNOWN,
    CueKind,
    Direction,
)
from pipeline.sentences.sentence_features import (
    BARE,
    DIFFERENCE,
    LISTED,
    NEAR,
    Change,
    Cue,
    CueInScope,
    Features,
    clause_begins,
    direction_behind,
    same_clause,
)
from schema.document import Span

_RECIPROCAL = re.compile(
    r"\s*(?:\w+ly\s+)?(?:associated|correlated|related|linked|interact|bind|correlate|connected)\b(?!\s+(?:with"
    r"|to)\b(?!\s+(?:each|one)))",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"^(?:\s+\w+)?\s+(?:(?:was|were|is|are|has|have|been)\s+)*(?:seen|observed|found|noted|reported|detected|occurred"
    r"|developed|recorded|documented|appeared)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\s+(?:\w+\s+){1,3}(?:on|with|given|taking|receiving|treated\s+with)\s+", re.IGNORECASE)
_ASIDE = re.compile(r"\b(?:on|with|to|and|against|of|between)\b.*\b(?:in|among|during|after)\b", re.IGNORECASE | re.DOTALL)
_THAT = re.compile(r"\s+(?:any\s+evidence\s+)?that\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\s+(?:the\s+|an?\s+)?", re.IGNORECASE)
_OF = re.compile(r"\s+(?:of|between|by|for)\s+(?:the\s+|an?\s+)?(?:\w+\s+)?", re.IGNORECASE)
_RECIPROCAL_WORDS = {"unrelated", "unassociated", "uncorrelated"}
_FOUND_TO_BE = re.compile(r"\s+(?:was|were|is|are|proved|seem(?:ed)?)\s+(?:\w+\s+)?(?:to\s+be\s+)?", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:left|leaves?|leaving)\b", re.IGNORECASE)
_GIVEN = re.compile(r"\b(?:after|with|following|during|on|upon)\s+(?:\w+\s+){0,2}$", re.IGNORECASE)
_REMAINED = re.compile(r"(?:\s+\w+){0,2}\s+(?:was|were|remained|is|are)\s+(?:\w+ly\s+)?", re.IGNORECASE)


def _noun_before(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    text = s.text
    gap = text[cue.end : first[0]]
    noun = NOUN.search(text, cue.end, first[0])
    if noun is None:
        return _noun_behind(s, cue, first, last) or _missing(s, cue, gap, first, last)
    evidence = noun[0].lower() == "evidence"
    more = NOUN.search(text, noun.end(), first[0])
    if len(text[cue.end : noun.start()].split()) > 3 or (more and not evidence and len(text[noun.end() : more.start()].split()) > 0):
        return None
    rest = re.sub(r"\bthat\b", "    ", text[noun.end() : first[0]]) if evidence else text[noun.end() : first[0]]
    if clause_begins(rest) or "," in rest or s.breaks(first[1], last[0]):
        return None
    if DIFFERENCE.match(noun[0]) and not CONTROLLED.search(text):
        return None
    aside = not evidence and _ASIDE.search(text, first[1], last[0]) is not None
    return CueInScope(cue, direction_behind(s, cue.end, last[1]), sure=not aside)


def _noun_behind(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    """Of "no X effect on Y", "no X-Y interaction"."""
    if not BARE.fullmatch(s.text[cue.end : first[0]]):
        return None
    at = last[1] if LISTED.match(s.text[first[1] : last[0]]) else first[1]
    noun = NOUN.match(s.text, at + len(s.text[at:]) - len(s.text[at:].lstrip(" -\u2010\u2013")))
    if noun is None or s.breaks(first[1], last[0]):
        return None
    return CueInScope(cue, direction_behind(s, noun.start(), noun.end()))


def _missing(s: Features, cue: Cue, gap: str, first: Span, last: Span) -> CueInScope | None:
    """Of "no Y was seen with X", where the first end itself is missing, and "none of the patients on X developed Y"."""
    if cue.text.lower().startswith("none") and _GROUP.fullmatch(gap) and not s.breaks(first[1], last[0]):
        changes = s.between(first[1], last[0])
        return CueInScope(cue, changes[0].direction) if changes else None
    if cue.text.lower() != "no" or not BARE.fullmatch(gap) or s.breaks(first[1], last[0]):
        return None
    return CueInScope(cue, Direction.UP) if _SEEN.match(s.text[first[1] : last[0]]) else None


def _verb_before(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    """Of "did not find an association between X and Y", "there was not an effect of X on Y"."""
    text = s.text
    finder = FINDER.match(text, cue.end)
    at = finder.end() if finder else cue.end
    that = _THAT.match(text, at) if finder else None
    if that:
        start = that.end()
        if s.breaks(start, first[0]) or s.breaks(first[1], last[0]) or s.between(start, first[0]):
            return None
        changes = s.between(first[1], last[0])
        return CueInScope(cue, changes[0].direction) if changes else None
    noun = NOUN.search(text, at, first[0])
    if noun is None:
        return _noun_behind(s, Cue(cue.kind, cue.start, at, cue.text), first, last) if finder else None
    if not BARE.fullmatch(text[at : noun.start()]):
        return None
    inner = Cue(CueKind.NOUN, cue.start, at, cue.text)
    return _noun_before(s, inner, first, last)


def _list_before(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    gap = s.text[cue.end : first[0]]
    if len(gap) > NEAR or s.breaks(cue.end, first[0]) or s.between(cue.end, first[0]) or s.breaks(first[1], last[0]):
        return None
    changes = s.between(first[1], last[0])
    return CueInScope(cue, changes[0].direction) if changes else None


def _contrast_before(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    if not _ARTICLE.fullmatch(s.text, cue.end, first[0]) or s.breaks(first[1], last[0]):
        return None
    changes = s.between(first[1], last[0])
    return CueInScope(cue, changes[0].direction) if changes else None


def _refuted_before(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    return None if cue.text.lower() == "excluded" else _noun_before(s, cue, first, last)


def _evident_after(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    """Of "an effect of X on Y was not observed", "X and Y were not correlated"."""
    text = s.text
    gap = text[last[1] : cue.start]
    if len(gap.split()) > 5 or s.breaks(last[1], cue.start) or "," in gap or " and " in gap or s.breaks(first[1], last[0]):
        return None
    listed = LISTED.match(text[first[1] : last[0]]) is not None
    if cue.kind is CueKind.VERB and listed and not gap.strip() and _RECIPROCAL.match(text, cue.end):
        return CueInScope(cue, Direction.NEUTRAL)
    negated = cue.kind is CueKind.REFUTED or EVIDENT.match(text, cue.end) is not None
    noun = _relation_noun(s, first, last, listed, cue)
    return CueInScope(cue, direction_behind(s, *noun)) if negated and noun is not None else None


def _relation_noun(s: Features, first: Span, last: Span, listed: bool, cue: Cue) -> Span | None:
    before = list(NOUN.finditer(s.text, max(0, first[0] - 40), first[0]))
    if before and _OF.fullmatch(s.text, before[-1].end(), first[0]):
        return before[-1].span()
    behind = NOUN.search(s.text, last[1], cue.start)
    return behind.span() if behind is not None and listed else None


def _word_after(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    """Of "after X, Y was unchanged", "X left Y unaffected"."""
    text = s.text
    if s.breaks(first[1], last[0]) or s.breaks(last[1], cue.start) or CHANGE.search(text, last[1], cue.start):
        return None
    gap = text[last[1] : cue.start]
    listed = LISTED.match(text[first[1] : last[0]]) and cue.text.lower() in _RECIPROCAL_WORDS
    if listed and _FOUND_TO_BE.fullmatch(gap):
        return CueInScope(cue, Direction.NEUTRAL)
    left = _LEFT.search(text, first[1], last[0]) and not gap.strip()
    given = _GIVEN.search(text, max(0, first[0] - NEAR), first[0])
    if left or (given and _REMAINED.fullmatch(gap)):
        return CueInScope(cue, Direction.NEUTRAL)
    return None


BEFORE = {
    CueKind.NOUN: _noun_before,
    CueKind.VERB: _verb_before,
    CueKind.LIST: _list_before,
    CueKind.CONTRAST: _contrast_before,
    CueKind.REFUTED: _refuted_before,
}
AFTER = {CueKind.VERB: _evident_after, CueKind.REFUTED: _evident_after, CueKind.WORD: _word_after}
"""The rule for each kind of cue: sentence, cue, earlier end, later end; None where the cue does not bear on them."""


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
