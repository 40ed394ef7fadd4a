"""What a question asks for besides its names: which relations, and whether it asks what changed."""

import re
from collections.abc import Iterable, Mapping

from schema.ontology import Ontology, Stance

OPPOSITE = 0.9
"""Relevance of a relation that is opposed to one that was asked for: whoever asks whether a drug prevents wants to know that it causes."""
DESCRIBED = 0.5
"""Relevance of a relation that only shares words with the question by its description."""

_WORD = re.compile(r"[^\W\d_]+")
_FORMS = """
ations ation ates ated ating ate ments ment ings ing ions ion ives ive ies ied ers ors er or ed es s e y
"""
_ENDINGS = tuple(_FORMS.split())
"""What words end in by their form, the longest first where one ends in another."""
_SHORTEST_STEM = 3

_OF_CHANGE = """
still; anymore; any more; no longer; not longer; once; formerly; former; previously; previous; originally; initially; used to; ever;
was thought; were thought; thought to; was believed; were believed; was held; was known; was considered; believed in; believe in;
since when; until when; when did; how long; over time; history; histories; historical; timeline; evolve; evolved; evolution;
change; changed; changes; changing; revise; revised; revision; overturn; overturned; reverse; reversed; reversal; retract; retracted;
retraction; withdraw; withdrawn; supersede; superseded; contested; dispute; disputed; controversial; controversy; disagree; disagreement;
contradict; contradicted; contradictory; conflicting; debate; debated; discredited; refuted; disproved; disproven; debunked; outdated;
given up; abandoned; stopped believing; stop believing; what happened; became of; turned out; in the past; up to now
"""
WORDS_OF_CHANGE = tuple(tuple(each.split()) for each in _OF_CHANGE.replace("\n", " ").split(";") if each.strip())
"""Words, and runs of words, by which a question asks what changed."""

_EMPTY = """
a an and are as at be by can do does did for from goes has have head how in is it its less more no of on one or other others names name same
some tail that the their them thing things this to two was way were what when which who whom why will with
"""


def asks_about_change(question: str) -> bool:
    """Whether a question asks what was held before, or since when something is."""
    words = _words(question)
    return any(words[at : at + len(run)] == list(run) for run in WORDS_OF_CHANGE for at in range(len(words) - len(run) + 1))


def relations_asked(question: str, names: Iterable[str], ontology: Ontology) -> Mapping[str, float]:
    """How relevant each relation is to the words of a question, 0 to 1; empty where these ask for none.

    Words of `names`, which the question gives to entities, ask for nothing. A relation is asked for by its own name and by the ontology's
    words for it, in any form; those opposed to it are nearly as relevant.
    """
    for name in sorted(names, key=len, reverse=True):
        question = question.replace(name, " | ")
    said = [stem(word) for word in _words(question)]
    asked: dict[str, float] = {}
    for name, relation in ontology.relations.items():
        inverse = (relation.inverse.replace("_", " "),) if relation.inverse else ()
        if any(_has(said, run) for run in (name.replace("_", " "), *relation.words, *inverse)):
            asked[name] = 1.0
    if not asked:
        told = {name: {stem(word) for word in _words(each.description)} - _STEMS for name, each in ontology.relations.items()}
        asked = {name: DESCRIBED for name, words in told.items() if not words.isdisjoint(said)}
    opposite = {
        other: OPPOSITE * asked[one]
        for one in asked
        for other in ontology.relations
        if other not in asked and ontology.stance(one, other) is Stance.OPPOSED
    }
    return {**opposite, **asked}


def stem(word: str) -> str:
    """A word without what its form adds: prevents, prevented, prevention and preventing are one."""
    small = word.casefold()
    for ending in _ENDINGS:
        if small.endswith(ending) and len(small) - len(ending) >= _SHORTEST_STEM:
            small = small.removesuffix(ending)
            break
    if len(small) > _SHORTEST_STEM and small[-1] == small[-2] and small[-1] not in "sl":
        small = small[:-1]
    return small


def _has(said: list[str], run: str) -> bool:
    words = [stem(word) for word in _words(run)]
    return any(said[at : at + len(words)] == words for at in range(len(said) - len(words) + 1))


def _words(text: str) -> list[str]:
    return [found[0].casefold() for found in _WORD.finditer(text)]


_STEMS = frozenset(map(stem, _EMPTY.split()))
