"""From what a reply says to claims about the document's own entities: whatever it does not have is refused."""

from collections.abc import Iterable
from dataclasses import dataclass

from agents.asking.tagging import Place, TaggedDocument, TaggedEntity
from agents.replies.claim_replies import Said, SaidClaim
from agents.replies.reply_pieces import shortened
from schema.ids import EntityKey
from schema.observation import Claim, Polarity
from schema.ontology import Ontology

ClaimKey = tuple[str, str, str, Polarity]
"""Head, relation, tail as they are stored, and whether it is so."""

CERTAIN = 0.95
"""What unanimity counts as, and the confidence of a lone answer that gives none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The candidates one reply votes for, with how it words each, and why other claims in it were refused."""

    candidates: dict[ClaimKey, SaidClaim]
    refused: tuple[str, ...] = ()


def admitted(said: Said, tagged: TaggedDocument, ontology: Ontology) -> Answer:
    """Keep the claims whose ends are the document's entities and whose relation the ontology allows between them."""
    kept: dict[ClaimKey, SaidClaim] = {}
    refused = list(said.refused)
    for claim in said.claims:
        found = _candidate(claim, tagged, ontology)
        if isinstance(found, str):
            refused.append(found)
        else:
            kept.setdefault(found, claim)
    return Answer(kept, tuple(refused))


def _candidate(claim: SaidClaim, tagged: TaggedDocument, ontology: Ontology) -> ClaimKey | str:
    head, tail = (_entity(tagged, name) for name in (claim.head, claim.tail))
    if head is None or tail is None:
        return f"{shortened(claim.tail if head else claim.head)} is not an entity of the document"
    relation = "_".join(claim.relation.lower().replace("-", " ").split())
    if relation not in ontology.relations:
        turned = next((name for name, known in ontology.relations.items() if known.inverse == relation), None)
        if turned is None:
            return f"{shortened(claim.relation)} is not a relation of the ontology"
        head, relation, tail = tail, turned, head
    if head.key == tail.key:
        return f"{head.tag} stands at both ends"
    if not ontology.allows(head.type, relation, tail.type):
        return f"{relation} does not lead from {head.type} to {tail.type}"
    triple = ontology.triple(EntityKey(head.key), relation, EntityKey(tail.key))
    return triple.head, relation, triple.tail, Polarity(claim.polarity)


def _entity(tagged: TaggedDocument, name: str) -> TaggedEntity | None:
    return tagged.by_name.get(name) or tagged.by_name.get(name.strip("[]").strip())


def worded_claim(candidate: ClaimKey, confidence: float, said: SaidClaim, tagged: TaggedDocument, raw_score: float | None = None) -> Claim:
    """The claim of a candidate; its quote is the reply's where that is verbatim, else the sentence of its nearest mentions."""
    head, relation, tail, polarity = candidate
    quote = said.quote if said.quote and said.quote in tagged.text else nearest_quote(tagged, head, tail)
    return Claim(head, relation, tail, confidence, polarity, quote, said.stated[0], said.stated[1], raw_score)


def nearest_quote(tagged: TaggedDocument, head: str, tail: str) -> str:
    """The verbatim sentence in which the two entities stand nearest to each other."""
    best = min(_neighbours(tagged, head, tail), default=None, key=lambda pair: _apart(*pair))
    return tagged.quote(*best) if best else ""


def _neighbours(tagged: TaggedDocument, head: str, tail: str) -> Iterable[tuple[Place, Place]]:
    # The nearest two mentions stand next to each other among the mentions of both, so one pass finds them.
    last: dict[str, Place] = {}
    for place in tagged.places:
        key = tagged.entities[place.entity].key
        if key in {head, tail}:
            last[key] = place
            if len(last) == 2:
                yield last[head], last[tail]


def _apart(head: Place, tail: Place) -> tuple[int, int]:
    first, second = sorted((head, tail), key=lambda place: place.start)
    return second.sentence - first.sentence, max(0, second.start - first.end)
