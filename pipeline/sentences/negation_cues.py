"""What the rules of scope share: a cue that bears on a relation, and what may stand between."""

import re
from dataclasses import dataclass

from pipeline.sentences.lexicon import CHANGE, Direction
from pipeline.sentences.sentence_features import Cue, Features, clause_begins
from schema.document import Span

NEAR = 60
"""Characters within which a cue looks for the word that it negates."""

_NO_ATTRIBUTE = r"of|in|on|with|and|or|nor|between|by|to|for|from|at|after|during|was|were|is|are|had|has|have|patients|that|than|not|one"
BARE = re.compile(rf"(?:\s*(?!(?:{_NO_ATTRIBUTE})\b)[\w-]+){{0,3}}\s*[(\"']?", re.IGNORECASE)
"""Nothing but a few attributes."""
LISTED = re.compile(r"^[\s,/\u2010-\u2013-]*(?:\b(?:and|or|nor)\b)?[\s,/\u2010-\u2013-]*$", re.IGNORECASE)
"""What stands between two ends that are merely listed."""
DIFFERENCE = re.compile(r"differ|change", re.IGNORECASE)
"""Nouns that say something only against a control."""
_INSERTED = re.compile(r",\s*(?:although|though|while|which|who|whose|however|when|despite)\b[^,;]*,", re.IGNORECASE)
_SAME_SUBJECT = re.compile(r"(?:\b(?:but|and|they|it|also)|,)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CueInScope:
    """A cue that bears on the relation: the direction of the word it negates; `sure` where its scope clearly covers both ends."""

    cue: Cue
    direction: Direction
    sure: bool = True


def same_clause(s: Features, first: Span, cue: Cue) -> bool:
    """Whether the first end can be the subject of what a cue behind it negates."""
    gap = _SAME_SUBJECT.sub("", _INSERTED.sub("", s.text[first[1] : cue.start]))
    if clause_begins(gap):
        return False
    # "X reduced A and B did not reduce Y": B is the subject.
    joined = gap.rfind(" and ")
    return joined < 0 or CHANGE.search(gap[:joined]) is None


def direction_behind(s: Features, start: int, end: int) -> Direction:
    """The direction of the relation that is negated: behind `evidence`, `effect` and the like that of what follows, if it has one."""
    changes = s.between(start, end)
    if not changes:
        return Direction.NEUTRAL
    if s.text[changes[0].start : changes[0].end].lower() in {"evidence", "significant", "activity", "role", "roles"}:
        return next((each.direction for each in changes[1:] if each.direction is not Direction.NEUTRAL), Direction.NEUTRAL)
    return changes[0].direction
