"""What a model read set beside curated observations of the same documents: precision and recall."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import permutations

from pipeline.answering.histories import Names
from pipeline.reporting.words import Row, sentence_of
from schema.document import Document
from schema.fact import Triple
from schema.ids import DocumentId
from schema.observation import Observation, Polarity
from schema.ontology import Ontology


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings of the same documents. `scores` has a row for each measure, with and without the admission threshold."""

    model: str
    documents: int
    threshold: float
    scores: Sequence[Row]
    sides: Sequence[Row]
    """For each document: what is curated, what was read, and whether that is right."""
    unsaid: Sequence[str] = ()
    """What is curated and the model was not taught to say, with how often; empty for a model that is not limited."""


Sayable = Callable[[str, str, str], bool]
"""Whether a model can say a relation of a head and a tail type."""


def compare(
    read: Iterable[Observation],
    curated: Iterable[Observation],
    documents: Iterable[Document],
    *,
    ontology: Ontology,
    names: Names,
    threshold: float,
    model: str,
    sayable: Sayable | None = None,
) -> Comparison:
    """Compare what was read with what is curated, over these documents only; each triple of a document counts once.

    Beside it stands what naming every allowed pair would give: only a reader that does better tells pairs apart. Where a model can say
    some relations only, it is compared with these alone as well.
    """
    texts = {document.id: document for document in documents}
    wanted = sorted(texts)
    gold = _by_document(curated, wanted, ontology)
    found = _by_document(read, wanted, ontology)
    allowed = {(text.id, pair) for text in texts.values() for pair in allowed_pairs(text, ontology)}
    scores: list[Row] = [{"measure": "pair", "which": "no model: every allowed pair", **_score(allowed, _cut(gold, 1))}]
    scores += [
        {"measure": measure, "which": which, **_score(_cut(chosen, depth), _cut(gold, depth))}
        for which, chosen in (("all claims", found), (f"claims of {threshold:g} or more", _admitted(found, threshold)))
        for measure, depth in (("pair", 1), ("pair and relation", 2), ("pair, relation and polarity", 3))
    ]
    can_say = sayable or (lambda *_: True)
    within = {document: {key: o for key, o in said.items() if _says(can_say, o)} for document, said in gold.items()}
    if sayable:
        row = _score(_cut(_admitted(found, threshold), 2), _cut(within, 2))
        scores.append(
            {"measure": "pair and relation", "which": f"claims of {threshold:g} or more, against what it was taught to say", **row}
        )
    sides = [_side(document, gold[document], found[document], names) for document in wanted if gold[document] or found[document]]
    unsaid = Counter(f"{o.head.type} {o.relation} {o.tail.type}" for said in gold.values() for o in said.values() if not _says(can_say, o))
    told = [f"{what} ({times} curated)" for what, times in sorted(unsaid.items(), key=lambda each: (-each[1], each[0]))]
    return Comparison(model, len(wanted), threshold, scores, sides, told)


def _says(sayable: Sayable, observation: Observation) -> bool:
    return sayable(observation.head.type, observation.relation, observation.tail.type)


def allowed_pairs(document: Document, ontology: Ontology) -> set[frozenset[str]]:
    """All pairs of entities mentioned in a document that some relation of the ontology may join."""
    mentioned = sorted({(identifier, mention.type) for mention in document.mentions for identifier in mention.identifiers})
    return {
        frozenset((one, other))
        for (one, first), (other, second) in permutations(mentioned, 2)
        if one != other and any(ontology.allows(first, relation, second) for relation in ontology.relations)
    }


_Said = dict[tuple[object, ...], Observation]
"""What one document says, strongest first: (pair), relation, polarity to the observation."""


def _by_document(observations: Iterable[Observation], documents: Sequence[DocumentId], ontology: Ontology) -> dict[DocumentId, _Said]:
    found: dict[DocumentId, _Said] = {document: {} for document in documents}
    for o in sorted(observations, key=lambda o: (-o.confidence, o.id)):
        if o.document in found and o.relation in ontology.relations:
            head, relation, tail = ontology.triple(o.head.key, o.relation, o.tail.key)
            found[o.document].setdefault((frozenset((head, tail)), (head, relation, tail), o.polarity), o)
    return found


def _admitted(found: dict[DocumentId, _Said], threshold: float) -> dict[DocumentId, _Said]:
    return {document: {key: o for key, o in said.items() if o.confidence >= threshold} for document, said in found.items()}


def _cut(found: dict[DocumentId, _Said], depth: int) -> set[tuple[object, ...]]:
    return {(document, *key[:depth]) for document, said in found.items() for key in said}


def _score(found: Set[tuple[object, ...]], gold: Set[tuple[object, ...]]) -> Row:
    right = len(found & gold)
    return {
        "found": len(found),
        "right": right,
        "wanted": len(gold),
        "precision": right / len(found) if found else None,
        "recall": right / len(gold) if gold else None,
    }


def _side(document: DocumentId, gold: _Said, found: _Said, names: Names) -> Row:
    return {
        "document": document,
        "curated": [_words(o, names) for o in gold.values()],
        "read": [{"words": _words(o, names), "confidence": o.confidence, "verdict": _verdict(key, gold)} for key, o in found.items()],
    }


def _verdict(key: tuple[object, ...], gold: _Said) -> str:
    if key in gold:
        return "right"
    if key[:2] in {wanted[:2] for wanted in gold}:
        return "other polarity"
    return "other relation" if key[:1] in {wanted[:1] for wanted in gold} else "not curated"


def _words(observation: Observation, names: Names) -> str:
    triple = Triple(observation.head.key, observation.relation, observation.tail.key)
    return ("not: " if observation.polarity is Polarity.DENIES else "") + sentence_of(triple, names)
