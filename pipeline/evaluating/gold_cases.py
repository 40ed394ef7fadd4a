"""Gold documents one by one: what annotators relate in each, and what readers and programs say of it in the annotators' grain."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.evaluating.judged_claims import Unit, judge
from pipeline.evaluating.relation_schemes import Scheme
from schema.document import Document, RelationAnnotation
from schema.errors import ModelFailed, ModelUnavailable
from schema.ids import EntityKey
from schema.observation import Claim
from schema.ontology import Ontology
from schema.ports import Extraction


@dataclass(frozen=True, slots=True)
class Case:
    """A document and what annotators relate in it."""

    document: Document
    related: Sequence[RelationAnnotation]
    scheme: Scheme


@dataclass(slots=True)
class GoldSet:
    """All cases, in the order of the files; what each file brings; and what could not be used."""

    cases: list[Case] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def hashes(self) -> dict[str, str]:
        """The name of each file and the hash of its content."""
        return {file["file"]: file["sha256"] for file in self.files}


def annotated_triples(case: Case, ontology: Ontology, problems: list[str]) -> frozenset[Unit]:
    """What annotators relate in a document; what they say of other things is added to the problems."""
    found = judge(case.document, (), case.related, case.scheme, ontology)
    problems += found.problems
    return found.units


def covered_relations(scheme: Scheme, ontology: Ontology) -> frozenset[str] | None:
    """The relations whose absence annotators tell as well, None for all."""
    return None if scheme.is_whole(ontology) else scheme.covered(ontology)


def finest_scheme(gold: GoldSet, ontology: Ontology) -> Scheme:
    """The words of annotators who say all relations; of the first ones where none do."""
    return next((case.scheme for case in gold.cases if case.scheme.is_whole(ontology)), gold.cases[0].scheme)


def listed_documents(text: str) -> list[str] | None:
    """The identifiers of a plain list of PMIDs; None for a text that is none."""
    words = text.split()
    if not words or not all(word.isdigit() or word.startswith("PMID:") for word in words):
        return None
    return [word if word.startswith("PMID:") else f"PMID:{word}" for word in words]


def scores_by_reader(
    spec: str, documents: Sequence[Document], results: Sequence[Extraction | ModelFailed], scheme: Scheme, ontology: Ontology
) -> list[dict[Unit, float] | None]:
    """For each document the raw score of each claim, None where it was not read; raises ModelUnavailable where none was."""
    failed = [result for result in results if isinstance(result, ModelFailed)]
    if failed and len(failed) == len(documents):
        raise ModelUnavailable(f"{spec} read none of {len(documents)} documents: {failed[0]}")
    both = zip(documents, results, strict=True)
    return [
        None if isinstance(result, ModelFailed) else _claimed_scores(document, result.claims, scheme, ontology) for document, result in both
    ]


def scores_by_program(case: Case, ontology: Ontology, problems: list[str]) -> dict[Unit, float]:
    """How sure a program was of each relation that it found in a document; one without a score is added to the problems."""
    scores: dict[Unit, float] = {}
    for one in case.related:
        if one.score is None:
            problems.append(f"{case.document.id}: {one.word} {one.head} {one.tail}: nobody says how sure that is")
            continue
        for triple in judge(case.document, (), (one,), case.scheme, ontology).units:
            turned = _in_allowed_direction(triple, case.document, ontology)
            scores[turned] = max(one.score, scores.get(turned, 0.0))
    return scores


def _claimed_scores(document: Document, claims: Iterable[Claim], scheme: Scheme, ontology: Ontology) -> dict[Unit, float]:
    types = _types(document)
    found: dict[Unit, float] = {}
    for claim in claims:
        relation = scheme.canonical(claim.relation, frozenset((types.get(claim.head, ""), types.get(claim.tail, ""))))
        if relation is not None:
            head, _, tail = ontology.triple(EntityKey(claim.head), relation, EntityKey(claim.tail))
            triple = str(head), relation, str(tail)
            found[triple] = max(claim.score, found.get(triple, 0.0))
    return found


def _in_allowed_direction(triple: Unit, document: Document, ontology: Ontology) -> Unit:
    """A triple of annotators who do not tell head from tail, in the direction that the ontology allows between its types."""
    head, relation, tail = triple
    types = _types(document)
    return triple if ontology.allows(types[head], relation, types[tail]) else (tail, relation, head)


def _types(document: Document) -> dict[str, str]:
    return {key: mention.type for mention in document.mentions for key in mention.identifiers}
