"""A sentence looked at once: its cues and the words in it that can carry a relation."""

import re
from dataclasses import dataclass
from functools import lru_cache

from pipeline.sentences.lexicon import BREAK, CHANGE, CUE, CueKind, Direction

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
        if end <= start:
            return False
        return clause_begins(self.text[start:end])


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
    return BREAK.search(text) is not None or any(_is_verb(found) for found in _AND_VERB.finditer(text))


def _is_verb(found: "re.Match[str]") -> bool:
    return CHANGE.fullmatch(found[1]) is not None and _VERB_ENDING.search(found[1]) is not None
