"""Choices by the words of a question: no model, a list of words for each option."""

import re
from collections.abc import Mapping

from pipeline.retrieving.question_words import relations_asked, stem
from schema.ontology import Ontology

SHAPE, RELATION, OTHER, DIRECTION = "shape", "relation", "other", "direction"
ANY = "any"
"""The option that no relation, or no type, is asked for."""

_HIT, _DEFAULT = 0.9, 0.6
"""What an option has that words speak for, and the one that is meant where none do."""

_MARK = re.compile(r"\[\w+\]")

# The first that is found counts: "how many were overturned" asks for a number, "when was it overturned" for what overturned it.
_SHAPES: Mapping[str, str] = {
    "count": r"\bhow many|\bnumber of|\bcount\b",
    "overturned": r"\boverturn|\bsupersed|\brefut|\bdisprov|\brevers|\breplaced|\bdisplaced|\bcontradict|\bno longer|\bdebunk"
    r"|\brevised|\bgave up|\babandon|\bclosed\b|\bstopp?(?:ed)? (?:being )?(?:held|believ)|\bfell\b|\bonce (?:held|believ|thought)",
    "changes": r"\bchang|\bhappened\b|\bwhat(?:'s| is| was)? new\b|\bnews\b|\bdevelop|\bevol|\bbegan\b|\bstory\b"
    r"|\bover time|\bover the years",
    "since": r"\bsince when|\bwhen\b|\bhow long|\bfrom when|\bfirst (?:held|said|known|believed)|\bsince what",
}

_WHICHEVER = r"\bin any way\b|\brelation(?:ship)?s?\b.*\bbetween\b|\bhow (?:is|are|was|were)\b.*\b(?:related|connected|linked)\b"
"""Who asks how two things are related does not ask whether they are in the relation that no other names."""

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
    """Chooses by words alone: those of the ontology for its relations, and lists of ours; the same question always gets the same."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        """See the port."""
        match slot:
            case "direction":
                return _shares(options, by_order(question, self._ontology))
            case "relation":
                return self._relation(question, options)
            case "shape":
                found = [option for option, words in _SHAPES.items() if re.search(words, question, re.IGNORECASE)]
            case _:
                found = in_order_said(_asked_noun(question), {option: _type_words(option) for option in options if option != ANY})
        chosen = next((option for option in found if option in options), None)
        return _shares(options, chosen) if chosen else _shares(options, next(iter(options)), _DEFAULT)

    def _relation(self, question: str, options: Mapping[str, str]) -> dict[str, float]:
        asked = relations_asked(_MARK.sub("|", question), (), self._ontology)
        sure = [name for name in options if asked.get(name, 0.0) >= 1.0]
        if not sure or re.search(_WHICHEVER, question, re.IGNORECASE):
            return _shares(options, ANY, _DEFAULT)
        words = {name: "|".join(_beginnings(name, self._ontology)) for name in sure}
        return _shares(options, [*in_order_said(question, words), *sure][0], _HIT if len(sure) == 1 else _DEFAULT)


def by_order(question: str, ontology: Ontology) -> str:
    """Whether what a question names first is the head of its relation: it is where it stands before a verb that is no passive."""
    named = question.find("[")
    words = "|".join(each for name in ontology.relations for each in _beginnings(name, ontology))
    verb = re.search(words, _MARK.sub(lambda found: " " * len(found[0]), question), re.IGNORECASE)
    is_passive = re.search(r"\w(?:ed|en|d)\s+(?:[a-z]+\s+)?by\b", question, re.IGNORECASE) is not None
    return "head" if (named < (verb.start() if verb else len(question))) != is_passive else "tail"


def in_order_said(text: str, words: Mapping[str, str]) -> list[str]:
    """The options whose words stand in a text, the first one first."""
    places = {option: found.start() for option, each in words.items() if (found := re.search(each, text, re.IGNORECASE))}
    return sorted(places, key=lambda option: places[option])


def _beginnings(relation: str, ontology: Ontology) -> list[str]:
    """How words for a relation begin, whatever their ending."""
    return [rf"\b{re.escape(stem(word))}" for word in (relation.replace("_", " "), *ontology.relations[relation].words)]


def _asked_noun(question: str) -> str:
    """Where a question says what it asks for: behind its question word, before what it names."""
    found = re.search(r"\b(?:which|what|how many|number of|list|who|where|name)\b.*?(?=\[|$)", question, re.IGNORECASE)
    return found[0] if found else question.partition("[")[0]


def _type_words(kind: str) -> str:
    return _TYPES.get(kind, r"\b" + re.escape(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()))


def _shares(options: Mapping[str, str], chosen: str, share: float = _HIT) -> dict[str, float]:
    if len(options) == 1:
        return dict.fromkeys(options, 1.0)
    return {option: share if option == chosen else (1 - share) / (len(options) - 1) for option in options}
