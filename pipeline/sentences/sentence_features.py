"""A sentence looked at once: its cues, the words in it that can carry a relation, and what the rules of scope ask of both."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.sentences.lexicon import BREAK, CHANGE, CUE, CueKind, Direction
from schema.document import Span

_AND_VERB = re.compile(r"\band\s+(?:\w+ly\s+|also\s+|then\s+|thus\s+)?(\w+(?:-\w+)?)", re.IGNORECASE)
_VERB_ENDING = re.compile(r"(?:ed|es|ates|izes|duces|vents|locks|owers|bits)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cue:
    """A word or phrase that turns or weakens, where it stands in its sentence."""

    kind: CueKind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A word that can carry a relation, and which way it points."""

    start: int
    end: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class Features:
    """What the rules of scope look at."""

    text: str
    cues: tuple[Cue, ...]
    changes: tuple[Change, ...]

    def between(self, start: int, end: int) -> list[Change]:
        """Words of change that lie wholly between two places."""
        return [each for each in self.changes if each.start >= start and each.end <= end]

    def breaks(self, start: int, end: int) -> bool:
        """Whether another clause begins between two places."""
        return end > start and clause_begins(self.text[start:end])


@lru_cache(maxsize=1 << 12)
def features(sentence: str) -> Features:
    """Find cues and words of change; the sentences of a document are asked about again and again."""
    cues = tuple(Cue(CueKind(found.lastgroup or ""), found.start(), found.end(), found[0]) for found in CUE.finditer(sentence))
    if not cues:
        return Features(sentence, (), ())
    changes = tuple(Change(found.start(), found.end(), Direction(found.lastgroup or "")) for found in CHANGE.finditer(sentence))
    return Features(sentence, cues, changes)


def clause_begins(text: str) -> bool:
    """Whether another clause begins in a text, or another verb is joined on."""
    joined = (found[1] for found in _AND_VERB.finditer(text))
    return BREAK.search(text) is not None or any(CHANGE.fullmatch(word) and _VERB_ENDING.search(word) for word in joined)


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
