"""The words that annotators use for relations, turned into the ontology's and back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from schema.errors import WrongUse
from schema.ontology import Ontology

Types = frozenset[str]
"""The types of both ends, in no order; one alone where they are the same."""

_BIORED = {
    "Positive_Correlation": "positive",
    "Negative_Correlation": "negative",
    "Association": "associate",
    "Bind": "interact",
    "Conversion": "interact",
    "Cotreatment": "cotreat",
    "Comparison": "compare",
    "Drug_Interaction": "drug_interact",
}
# What a sign means depends on what it stands between; elsewhere the ontology has no relation with a sign.
_SIGNED = {
    "positive": {("Chemical", "Disease"): "cause", ("Gene", "Disease"): "cause", ("Variant", "Disease"): "cause"},
    "negative": {("Chemical", "Disease"): "treat", ("Gene", "Disease"): "inhibit", ("Variant", "Disease"): "prevent"},
}
_CORRELATED = (("Chemical", "Chemical"), ("Chemical", "Gene"), ("Gene", "Gene"), ("Chemical", "Variant"))
_BIORED_OF = {
    "treat": "Negative_Correlation",
    "prevent": "Negative_Correlation",
    "inhibit": "Negative_Correlation",
    "negative_correlate": "Negative_Correlation",
    "cause": "Positive_Correlation",
    "stimulate": "Positive_Correlation",
    "positive_correlate": "Positive_Correlation",
    "interact": "Bind",
    "cotreat": "Cotreatment",
    "compare": "Comparison",
    "drug_interact": "Drug_Interaction",
    "associate": "Association",
}
_BIORED_PAIRS = (*_CORRELATED, ("Chemical", "Disease"), ("Gene", "Disease"), ("Variant", "Disease"), ("Variant", "Variant"))


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a set of annotators words relations.

    `into` gives the ontology's relation for one of its words between two types, `back` the word for one of the ontology's
    relations; None where the annotators have none for such a pair, so that a claim about it is neither right nor wrong.
    """

    name: str
    words: frozenset[str]
    directed: bool
    into: Callable[[str, Types], str | None]
    back: Callable[[str, Types], str | None]

    def canonical(self, relation: str, types: Types) -> str | None:
        """The one of the ontology's relations that stands for all those the annotators do not tell apart."""
        word = self.back(relation, types)
        return None if word is None else self.into(word, types)

    def covered(self, ontology: Ontology) -> frozenset[str]:
        """The ontology's relations that the annotators would have written down, somewhere."""
        return frozenset(
            relation
            for relation, known in ontology.relations.items()
            for ends in known.pairs
            if self.canonical(relation, frozenset(ends)) == relation
        )

    def is_whole(self, ontology: Ontology) -> bool:
        """Whether what they left out is denied: with a word for every other relation, or for each, they say all there is."""
        return "associate" in self.covered(ontology) or self.words >= frozenset(ontology.relations)


def biored(word: str, types: Types) -> str:
    """BioRED's word as the ontology's relation: the sign and the types decide; `associate` where no other fits."""
    plain = _BIORED[word]
    if plain in _SIGNED:
        correlated = f"{plain}_correlate" if types in _sets(_CORRELATED) else "associate"
        return next((relation for pair, relation in _SIGNED[plain].items() if types == set(pair)), correlated)
    fitting = types in _sets(_CORRELATED) if plain == "interact" else types == {"Chemical"}
    return plain if fitting else "associate"


def biored_of(relation: str, types: Types) -> str | None:
    """BioRED's word for one of the ontology's relations; None between types that BioRED does not relate."""
    return _BIORED_OF.get(relation) if types in _sets(_BIORED_PAIRS) else None


def scheme_of(words: Collection[str], ontology: Ontology, where: str = "the gold") -> Scheme:
    """The scheme that has all these words; raises WrongUse for words of none or of several."""
    for scheme in (_own(ontology), BIORED, BC5CDR):
        if scheme.words >= set(words):
            return scheme
    known = frozenset(ontology.relations) | BIORED.words | BC5CDR.words
    strange = sorted(set(words) - known)
    told = f"{strange[0]!r}, which is in no scheme known here" if strange else f"the words of several schemes: {', '.join(sorted(words))}"
    raise WrongUse(f"{where} has the relation {told}; there are BioRED's, BC5CDR's (CID) and the ontology's own") from None


def _own(ontology: Ontology) -> Scheme:
    def same(relation: str, _types: Types) -> str | None:
        return relation if relation in ontology.relations else None

    return Scheme(ontology.name, frozenset(ontology.relations), True, same, same)


def _cid_of(relation: str, types: Types) -> str | None:
    return "CID" if relation == "cause" and types == {"Chemical", "Disease"} else None


def _sets(pairs: Collection[tuple[str, str]]) -> frozenset[Types]:
    return frozenset(frozenset(pair) for pair in pairs)


BIORED = Scheme("BioRED", frozenset(_BIORED), False, biored, biored_of)
BC5CDR = Scheme("BC5CDR", frozenset({"CID"}), False, lambda *_: "cause", _cid_of)
