"""Which negation bears on the relation between two ends of a sentence.

After the idea of NegEx (Chapman et al. 2001: a list of cues, a list of what only looks like one, a scope that ends at certain
words), with lists and rules of our own: here not a finding is negated but a relation, so the place of both ends counts.
"""

from dataclasses import replace

from pipeline.sentences.lexicon import DEPRIVED, EXCEPTED, MODIFIED
from pipeline.sentences.negation_rules import AFTER, BEFORE, BETWEEN
from pipeline.sentences.sentence_features import NEAR, Cue, CueInScope, Features
from schema.document import Span


def bearings(sentence: Features, one: Span, other: Span) -> list[CueInScope]:
    """The negations of a sentence that bear on the relation between two spans of it."""
    first, last = sorted((one, other))
    if sentence.cues and any(EXCEPTED.search(sentence.text, max(0, start - NEAR), start) for start, _ in (first, last)):
        return []
    found = [bearing for cue in sentence.cues if (bearing := _bearing(sentence, cue, first, last)) is not None]
    text = sentence.text
    if found and (
        MODIFIED.match(text, last[1]) or MODIFIED.match(text, first[1]) or DEPRIVED.search(text, max(0, first[0] - NEAR), first[0])
    ):
        return [CueInScope(each.cue, each.direction, sure=False) for each in found]
    return found


def _bearing(s: Features, cue: Cue, first: Span, last: Span) -> CueInScope | None:
    if cue.end <= first[0]:
        rule = BEFORE.get(cue.kind)
    elif cue.start >= first[1] and cue.end <= last[0]:
        rule = BETWEEN.get(cue.kind)
    elif cue.start >= last[1]:
        rule = AFTER.get(cue.kind)
    else:
        return None
    found = rule(s, cue, first, last) if rule is not None else None
    # "may not" leaves it open.
    return replace(found, sure=False) if found is not None and cue.text.lower().startswith(("may", "might")) else found
