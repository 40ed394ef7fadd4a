"""From claims to observations, for documents that bring their identifiers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.grounding.sentence_evidence import ClaimInSentence, Ends, read_in_sentence
from pipeline.identifiers import change_of_name, curie, is_tmvar
from schema.document import Document, Mention
from schema.entity_names import is_provisional, normal_name, provisional_key
from schema.errors import UndatedDocument, UngroundedClaim
from schema.ids import EntityKey
from schema.observation import Claim, Entity, Observation, Reader
from schema.ontology import Ontology, TimeOf
from schema.records import Judgement, Sameness

# A subject heading comes without a type; the relation of a claim can settle which of these it is.
_HEADING_TYPES = ("Chemical", "Disease")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What a document names: its entities under the keys that claims call them by, and the places of their names."""

    entities: Mapping[str, Entity]
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Grounded:
    """An observation, and what the claim's sentence made of it."""

    observation: Observation
    made_of: ClaimInSentence


def mentioned(document: Document, found: Sequence[Mention] = (), judgements: Sequence[Judgement] = ()) -> Mentioned:
    """What a document mentions, and what was `found` in its text besides, its names linked as the judgements say.

    A mention without an identifier that was not linked either stands for its name: two names never are one thing for lack of a number.
    """
    linked = {(mention.start, mention.end, mention.type) for mention in found}
    brought = tuple(
        mention if mention.identifiers or (mention.start, mention.end, mention.type) in linked else _by_name(mention)
        for mention in document.mentions
    )
    entities = {**provisional(found, judgements), **mentioned_entities(brought)}
    return Mentioned(entities, (*brought, *found))


def ground(claim: Claim, document: Document, reader: Reader, ontology: Ontology, known: Mentioned | None = None) -> Observation:
    """Make a claim an observation of its document.

    Its ends must be entities that the document mentions, or that were found in its text where it brings no mentions; its
    relation allowed between them, its quote (where it gives one) a verbatim part of the text. Polarity, confidence and time are
    those that the sentence leaves it (docs/explanation/sentences.md). Raises UngroundedClaim naming value and rule, UndatedDocument for an
    undated one.
    """
    return grounded(claim, document, reader, ontology, known or mentioned(document)).observation


def grounded(claim: Claim, document: Document, reader: Reader, ontology: Ontology, known: Mentioned) -> Grounded:
    """The same, with what its sentence made of the claim."""
    if document.published is None:
        raise UndatedDocument(f"{document.id} has no publication date; give one with --dates or --published")
    if not 0.0 <= claim.confidence <= 1.0:
        raise UngroundedClaim(f"confidence {claim.confidence} lies outside 0 to 1")
    if claim.quote and claim.quote not in document.text:
        raise UngroundedClaim(f"the quote {claim.quote[:80]!r} is not in the text of {document.id}")
    head, tail = _ends(claim, document, ontology, known)
    relation = ontology.relations.get(claim.relation)
    ends = Ends(head, tail, known.mentions)
    made_of = read_in_sentence(claim, document, ends, reader.method, lasting=relation is not None and relation.time is TimeOf.STATED)
    claim, time = made_of.claim, made_of.time
    observation = Observation(
        document=document.id,
        published=document.published,
        source=document.source,
        head=head,
        relation=claim.relation,
        tail=tail,
        confidence=claim.confidence,
        polarity=claim.polarity,
        quote=claim.quote,
        publication_types=document.publication_types,
        journal=document.journal,
        stated_start=time.start,
        stated_end=time.end,
        stated_origin=time.origin,
        revision=document.revision,
        reader=reader,
        raw_score=claim.raw_score,
    )
    return Grounded(admissible(observation, ontology), made_of)


def admissible(observation: Observation, ontology: Ontology) -> Observation:
    """The observation with the ends of a symmetric relation in key order; raises UngroundedClaim if the ontology forbids it."""
    head, tail, relation = observation.head, observation.tail, observation.relation
    if relation not in ontology.relations:
        raise UngroundedClaim(f"relation {relation!r} is not one of the ontology {ontology.name}: {', '.join(sorted(ontology.relations))}")
    for end in (head, tail):
        if end.type not in ontology.entity_types:
            raise UngroundedClaim(f"type {end.type!r} of {end.key} is not one of the ontology {ontology.name}")
    if head.key == tail.key:
        raise UngroundedClaim(f"head and tail are one entity, {head.key}")
    if not ontology.allows(head.type, relation, tail.type):
        raise UngroundedClaim(f"{relation} may not go from {head.type} to {tail.type} ({head.key}, {tail.key})")
    if ontology.relations[relation].symmetric and tail.key < head.key:
        return replace(observation, head=tail, tail=head)
    return observation


def _by_name(mention: Mention) -> Mention:
    return replace(mention, identifiers=(provisional_key(mention.type, mention.text),))


def provisional(mentions: Sequence[Mention], judgements: Sequence[Judgement] = ()) -> dict[str, Entity]:
    """What names found in a text stand for, under the keys they were linked to: entities under the key of the name that was judged.

    Which entity a name is says a judgement, which the fold applies: so it can be withdrawn.
    """
    judged = {each.key: each for each in sorted(judgements, key=lambda j: (len(j.name), j.name)) if each.sameness is Sameness.SAME}
    own = {provisional_key(mention.type, mention.text): mention.text for mention in mentions}
    found = {}
    for key, first in mentioned_entities(mentions).items():
        if is_provisional(key):
            found[key] = replace(first, name=own.get(first.key, first.name))
        elif (judgement := judged.get(first.key)) is not None:
            found[key] = Entity(provisional_key(judgement.type, judgement.name), judgement.type, judgement.name)
        else:
            found[key] = Entity(provisional_key(first.type, first.name), first.type, first.name)
    return found


def mentioned_entities(mentions: Iterable[Mention]) -> Mapping[str, Entity]:
    """The entities that mentions name, under their keys; the name is the first mention's text."""
    found: dict[str, Entity] = {}
    for mention in sorted(mentions, key=lambda m: (m.start, m.end)):
        for identifier in mention.identifiers:
            if identifier not in found:
                found[identifier] = Entity(EntityKey(identifier), mention.type, mention.text)
    return found


def _ends(claim: Claim, document: Document, ontology: Ontology, known: Mentioned) -> tuple[Entity, Entity]:
    heads, tails = (_candidates(end, known, document) for end in (claim.head, claim.tail))
    if len(heads) == len(tails) == 1:
        return heads[0], tails[0]
    fitting = [(h, t) for h in heads for t in tails if ontology.allows(h.type, claim.relation, t.type)]
    if len(fitting) != 1:
        raise UngroundedClaim(f"the types of {claim.head!r} and {claim.tail!r} are not known, and {claim.relation} does not settle them")
    return fitting[0]


def _candidates(end: str, known: Mentioned, document: Document) -> list[Entity]:
    """The entity that an end names, by its key or as the text calls it; several of different types where only a subject heading does."""
    if end in known.entities:
        return [known.entities[end]]
    for entity in known.entities.values():
        if curie(end, entity.type) == entity.key:
            return [entity]
    headings = {heading.identifier: heading.name for heading in document.mesh}
    if end in headings:
        return [Entity(EntityKey(end), kind, headings[end]) for kind in _HEADING_TYPES]
    said = _is_called if curie(end, "") is not None else _is_unlinked
    keys = {key for mention in known.mentions if said(mention, end) for key in mention.identifiers}
    if len(called := {known.entities[key].key: known.entities[key] for key in keys & known.entities.keys()}) == 1:
        return list(called.values())
    raise UngroundedClaim(f"{end!r} is not an entity that {document.id} mentions")


def _is_called(mention: Mention, end: str) -> bool:
    """Whether the text calls a mention so; a variant also by its change alone, which tells none apart elsewhere."""
    return normal_name(mention.text) == normal_name(end) or (is_tmvar(end) and change_of_name(mention.text) == end)


def _is_unlinked(mention: Mention, _: str) -> bool:
    """Whether a mention is what an end means that says "not linked", as a document's only such name is."""
    return all(map(is_provisional, mention.identifiers))
