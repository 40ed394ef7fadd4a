"""Gold: what annotators relate, document by document, and what readers and programs say of it in the annotators' grain."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.evaluating.judged_claims import Unit, judge
from pipeline.evaluating.relation_schemes import Scheme
from pipeline.files.items import RECORD_LIMIT, Item, bounded_lines
from pipeline.files.opened_file import OpenedFile
from pipeline.identifiers import document_id
from schema.document import Document, RelationAnnotation
from schema.errors import InvalidInput, ModelFailed, ModelUnavailable
from schema.ids import DocumentId, EntityKey
from schema.observation import Claim
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.records import SetAside


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


@dataclass(slots=True)
class Gold:
    """What a file says: relations by document, those without any included, and what of it could not be used, with its place.

    `documents` is None for JSON lines, which relate what documents of other files mention.
    """

    related: dict[DocumentId, list[RelationAnnotation]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    documents: dict[DocumentId, Document] | None = None

    @property
    def words(self) -> frozenset[str]:
        """Every word that is used for a relation."""
        return frozenset(one.word for found in self.related.values() for one in found)


def gold_of(items: Iterable[Item], name: str) -> Gold:
    """The gold of a file whose documents carry their relations."""
    gold = Gold(documents={})
    assert gold.documents is not None
    for item in items:
        if isinstance(item, Document):
            gold.documents[item.id] = item
            gold.related.setdefault(item.id, []).extend(one for one in item.relations if not one.flaw)
            gold.problems += [f"{name}, {one.flaw}" for one in item.relations if one.flaw]
        elif isinstance(item, SetAside):
            gold.problems.append(f"{item.file}, {item.position}: {item.reason}")
    return gold


def is_gold_lines(head: bytes) -> bool:
    """Whether a file that begins so has gold lines of our own: JSON objects with a document, unlike BioC's, on one line."""
    try:
        value = json.loads(head.lstrip().split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "document" in value


def read_gold_lines(file: OpenedFile, name: str) -> Gold:
    """Relations from JSON lines; what cannot be read becomes a problem, never an error."""
    gold = Gold()
    for number, raw, cut in bounded_lines(file):
        place = f"{name}, line {number}"
        if cut:
            gold.problems.append(f"{place}: longer than {RECORD_LIMIT} bytes")
        elif raw.strip():
            try:
                line = _Line.model_validate_json(raw.decode("utf-8"))
                gold.related.setdefault(document_id(line.document), []).extend(line.related())
            except ValidationError as error:
                first = error.errors(include_url=False, include_input=False)[0]
                gold.problems.append(f"{place}: {'.'.join(map(str, first['loc'])) or 'the record'}: {first['msg']}")
            except (InvalidInput, UnicodeDecodeError) as error:
                gold.problems.append(f"{place}: {str(error)[:200]}")
    return gold


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    document: str = Field(min_length=1)
    head: str | None = Field(default=None, min_length=1)
    relation: str | None = Field(default=None, min_length=1)
    tail: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> "_Line":
        if len({part is None for part in (self.head, self.relation, self.tail)}) != 1:
            raise ValueError("has head, relation and tail, or none of them: a document in which nothing is related")
        return self

    def related(self) -> tuple[RelationAnnotation, ...]:
        whole = self.head is not None and self.relation is not None and self.tail is not None
        return (RelationAnnotation(self.relation or "", self.head or "", self.tail or ""),) if whole else ()
