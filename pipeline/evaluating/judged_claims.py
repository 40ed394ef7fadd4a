"""A document's claims against what annotators relate in it: which are right, which the annotators say nothing of."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.evaluating.relation_schemes import Scheme, Types
from pipeline.identifiers import curie, curies
from schema.document import Document, RelationAnnotation
from schema.errors import InvalidInput
from schema.ids import DocumentId, EntityKey
from schema.observation import Claim, Polarity
from schema.ontology import Ontology

Pair = tuple[str, str]
"""Two entities, in key order."""

Unit = tuple[str, str, str]
"""Head, relation, tail in the ontology's words, the ones that the annotators do not tell apart made one."""

Worded = tuple[str, str, str]
"""Both ends in key order (as the scheme has them) and the annotators' own word."""


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A claim that annotators could have made, with its score before and after calibration, and whether they did."""

    document: DocumentId
    relation: str
    pair: Pair
    unit: Unit
    worded: Worded
    raw: float
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A document: its candidates, and all that annotators relate in it, in three grains."""

    document: DocumentId
    candidates: tuple[JudgedClaim, ...]
    pairs: frozenset[Pair]
    units: frozenset[Unit]
    worded: frozenset[Worded]
    not_judged: Counter[str] = field(default_factory=Counter)  # claims and gold relations, by reason
    problems: tuple[str, ...] = ()


def judge(document: Document, claims: Sequence[Claim], related: Iterable[RelationAnnotation], scheme: Scheme, ontology: Ontology) -> Judged:
    """Compare one document's claims (none where its reading failed) with what annotators relate in it.

    Denials are no candidates: annotators say what is so. Nor are claims between types that the scheme does not relate, or of
    relations that it has no word for.
    """
    named = _Named(document)
    wanted = _Wanted(scheme, ontology, named)
    problems: list[str] = []
    left: Counter[str] = Counter()
    pairs, units, words = set(), set(), set()
    for one in related:
        if one.head == one.tail:
            left["gold: an entity with itself"] += 1
            continue
        found = [wanted.of_gold(one.word, head, tail) for head in named.keys(one.head) for tail in named.keys(one.tail) if head != tail]
        known = [each for each in found if each is not None]
        if not known:
            problems.append(f"{document.id}: {one.word} {one.head} {one.tail}: not two entities that the document mentions and relates")
        for unit, worded in known:
            pairs.add(_pair(unit[0], unit[2]))
            units.add(unit)
            words.add(worded)
    candidates = tuple(_candidates(document.id, claims, wanted, units, left))
    return Judged(document.id, candidates, frozenset(pairs), frozenset(units), frozenset(words), left, tuple(problems))


def _candidates(
    document: DocumentId, claims: Sequence[Claim], wanted: "_Wanted", right: set[Unit], left: Counter[str]
) -> Iterator[JudgedClaim]:
    for claim in claims:
        if claim.polarity is Polarity.DENIES:
            left["claims: denials"] += 1
            continue
        found = wanted.of_claim(claim)
        if found is None:
            left["claims: nothing that the gold annotates"] += 1
            continue
        unit, worded = found
        raw = claim.score
        yield JudgedClaim(document, claim.relation, _pair(unit[0], unit[2]), unit, worded, raw, claim.confidence, unit in right)


class _Named:
    """The entities that a document mentions: the type of each, and what an end as written stands for."""

    def __init__(self, document: Document) -> None:
        self.types: dict[str, str] = {}
        for mention in document.mentions:
            for key in mention.identifiers:
                self.types.setdefault(key, mention.type)

    def keys(self, end: str) -> tuple[str, ...]:
        """The entity that an end names, several where it is composite, none where the document mentions no such thing."""
        if end in self.types:
            return (end,)
        kinds = dict.fromkeys(self.types.values())
        try:
            single = [curie(end, kind) for kind in kinds]
            several = [curies(end, kind) for kind in kinds]
        except InvalidInput:
            return ()  # what is no identifier at all names nothing
        if key := next((key for key in single if key is not None and key in self.types), None):
            return (key,)
        return next((found for found in several if len(found) > 1 and all(key in self.types for key in found)), ())


class _Wanted:
    """What a relation between two entities is in the words that are compared."""

    def __init__(self, scheme: Scheme, ontology: Ontology, named: _Named) -> None:
        self._scheme = scheme
        self._ontology = ontology
        self._named = named

    def of_gold(self, word: str, head: str, tail: str) -> tuple[Unit, Worded] | None:
        relation = self._scheme.into(word, self._types(head, tail))
        return None if relation is None else self._both(head, relation, tail, word)

    def of_claim(self, claim: Claim) -> tuple[Unit, Worded] | None:
        heads, tails = self._named.keys(claim.head), self._named.keys(claim.tail)
        if len(heads) != 1 or len(tails) != 1:
            return None
        types = self._types(heads[0], tails[0])
        word, relation = self._scheme.back(claim.relation, types), self._scheme.canonical(claim.relation, types)
        return None if word is None or relation is None else self._both(heads[0], relation, tails[0], word)

    def _types(self, head: str, tail: str) -> Types:
        return frozenset((self._named.types[head], self._named.types[tail]))

    def _both(self, head: str, relation: str, tail: str, word: str) -> tuple[Unit, Worded]:
        if self._scheme.directed:
            head, relation, tail = self._ontology.triple(EntityKey(head), relation, EntityKey(tail))
        else:
            head, tail = _pair(head, tail)
        return (head, relation, tail), (head, word, tail)


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one <= other else (other, one)
