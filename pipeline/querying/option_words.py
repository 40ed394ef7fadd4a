"""Choices by the words of a question: no model, a list of words for each option."""

import re
from collections.abc import Mapping, Sequence

SHAPE, RELATION, OTHER, DIRECTION = "shape", "relation", "other", "direction"
ANY = "any"
"""The option that no relation, or no type, is asked for."""

_HIT, _DEFAULT = 0.9, 0.6
"""What an option has that words speak for, and the one that is meant where none do."""

# The first that is found counts: "how many were overturned" asks for a number, "when was it overturned" for what overturned it.
_SHAPES: Mapping[str, str] = {
    "count": r"\bhow many|\bnumber of|\bcount\b",
    "overturned": r"\boverturn|\bsupersed|\brefut|\bdisprov|\brevers|\breplaced|\bdisplaced|\bcontradict|\bno longer|\bdebunk"
    r"|\brevised|\bgave up|\babandon|\bclosed\b|\bstopp?(?:ed)? (?:being )?(?:held|believ)|\bfell\b|\bonce (?:held|believ|thought)",
    "changes": r"\bchang|\bhappened\b|\bwhat(?:'s| is| was)? new\b|\bnews\b|\bdevelop|\bevol|\bbegan\b|\bstory\b"
    r"|\bover time|\bover the years",
    "since": r"\bsince when|\bwhen\b|\bhow long|\bfrom when|\bfirst (?:held|said|known|believed)|\bsince what",
}

_RELATIONS: Mapping[str, str] = {
    "treat": r"\btreat|\btherap|\bcure|\bremed|\brelie[fv]|\bhelps?\b|\bhelp (?:against|with)|\bwork(?:s|ed)? (?:in|for|against)"
    r"|\beffective|\bgood for|\bused (?:for|against|in)|\bapproved for|\bheal|\bmedicine for|\bdrugs? for|\bease",
    "cause": r"\bcaus|\blead to|\bleads to|\bled to|\bbrings? about|\binduc|\btrigger|\bprovok|\bresult in|\bside.effects?"
    r"|\badverse|\brisks?\b|\bharm|\bdangerous|\bresponsible for|\bbad for|\bworsen|\bmakes? .* worse",
    "prevent": r"\bprevent|\bprotect|\bward|\bavert|\bavoid|\bkeeps? .* from|\bprophyla"
    r"|\b(?:lower|reduce|cut)(?:s|ed)? the (?:risk|chance)|\bguards?\b",
    "inhibit": r"\binhibit|\bblock|\bsuppress|\bdown.?regulat|\blowers?\b|\breduces?\b|\bsilenc|\bantagoni",
    "stimulate": r"\bstimulat|\bactivat|\bup.?regulat|\benhanc|\braises?\b|\bincreas|\bboost|\bagoni",
    "associate": r"\bassociat|\brelated to|\blink|\bconnect|\bhas? to do with|\bhave to do with|\btied to",
    "compare": r"\bcompar|\bversus\b|\bvs\b|\bbetter than|\bhead.to.head|\bset against|\btested against",
    "cotreat": r"\btogether|\bcombin|\balong with|\bcotreat|\bco-?administ|\bgiven with",
    "drug_interact": r"\bdrug interaction|\bdrug.drug|\binteracts? with the drug|\bchanges? the effect",
    "interact": r"\bbind|\bbound\b|\binteract|\bconvert|\btargets?\b",
    "positive_correlate": r"\bcorrelat(?:es|ed|e)? positive|\bpositive(?:ly)? correlat|\brises? with|\bgoes up with",
    "negative_correlate": r"\bcorrelat(?:es|ed|e)? negative|\bnegative(?:ly)? correlat|\bfalls? with|\bgoes down with",
}

_TYPES: Mapping[str, str] = {
    "Chemical": r"\bdrugs?\b|\bmedicines?\b|\bmedications?\b|\bchemicals?\b|\bsubstances?\b|\bcompounds?\b|\btreatments?\b"
    r"|\btherap(?:y|ies)\b|\bremed(?:y|ies)\b|\binhibitors?\b",
    "Disease": r"\bdiseases?\b|\billness(?:es)?\b|\bconditions?\b|\bdisorders?\b|\bside.effects?\b|\bcancers?\b|\bsymptoms?\b"
    r"|\bindications?\b|\bharms?\b",
    "Gene": r"\bgenes?\b|\bproteins?\b|\benzymes?\b|\breceptors?\b|\btargets?\b",
    "Variant": r"\bvariants?\b|\bmutations?\b|\balleles?\b",
    "Species": r"\bspecies\b|\borganisms?\b|\banimals?\b",
    "CellLine": r"\bcell lines?\b|\bcells\b",
    "Person": r"\bwho\b|\bpersons?\b|\bpeople\b",
    "Organisation": r"\borgani[sz]ations?\b|\bcompan(?:y|ies)\b|\bfirms?\b",
    "Place": r"\bwhere\b|\bplaces?\b|\bcit(?:y|ies)\b|\bcountr(?:y|ies)\b",
    "Role": r"\broles?\b|\boffices?\b|\bposts?\b",
}


class ByWords:
    """Chooses by words alone; the same question always gets the same."""

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        """See the port."""
        if slot == DIRECTION:
            return _shares(options, [by_order(question)])
        words = {SHAPE: _SHAPES, RELATION: _RELATIONS, OTHER: _TYPES}[slot]
        asked = _asked_noun(question) if slot == OTHER else question
        places = {option: found.start() for option in options if (found := _pattern(option, words).search(asked))}
        if not places:
            return _shares(options, (), next(iter(options)))
        ordered = [option for option in words if option in places] if slot == SHAPE else sorted(places, key=lambda each: places[each])
        return _shares(options, [*ordered, *places][:1])


def by_order(question: str) -> str:
    """Whether what a question names first is the head of its relation: it is where it stands before the verb that is no passive."""
    named = question.find("[")
    verbs = (re.search(each, question, re.IGNORECASE) for each in _RELATIONS.values())
    verb = min((found.start() for found in verbs if found), default=len(question))
    is_passive = re.search(r"\w(?:ed|en|d)\s+(?:[a-z]+\s+)?by\b", question, re.IGNORECASE) is not None
    return "head" if (named < verb) != is_passive else "tail"


def _asked_noun(question: str) -> str:
    """Where a question says what it asks for: behind its question word, before what it names."""
    found = re.search(r"\b(?:which|what|how many|number of|list|who|where|name)\b.*?(?=\[|$)", question, re.IGNORECASE)
    return found[0] if found else question.partition("[")[0]


def _pattern(option: str, words: Mapping[str, str]) -> "re.Pattern[str]":
    if option == ANY:
        return _NOTHING
    own = r"\b" + re.escape(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", option).replace("_", " ").lower())
    return re.compile(words.get(option, own), re.IGNORECASE)


_NOTHING = re.compile(r"(?!)")


def _shares(options: Mapping[str, str], chosen: Sequence[str], default: str | None = None) -> dict[str, float]:
    first = next((option for option in chosen if option in options), None)
    share = _HIT if first is not None else _DEFAULT if default is not None else 1 / len(options)
    meant = first or default
    rest = (1 - share) / max(1, len(options) - 1)
    return {option: (share if option == meant else rest) if len(options) > 1 else 1.0 for option in options}
