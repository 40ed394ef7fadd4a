"""What other readers think of documents, as something to learn from: teachers give shares, a critic doubts."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.asking.side_by_side import Asker
from agents.reader import EMBEDDED
from agents.training.lessons import Lesson, Triple
from flows.home.homes import open_home
from flows.quality.gold_sets import GoldSet, gold_set
from flows.wiring.readers import relation_reader
from pipeline.evaluating.judged_claims import judge
from pipeline.evaluating.relation_schemes import Scheme
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable
from schema.ids import EntityKey
from schema.ontology import Ontology
from schema.ports import Extraction


@dataclass(frozen=True, slots=True)
class Teachers:
    """Readers to learn from, each an adapter's folder, `embedded` (as it comes) or a server's URL, with #NAME for one of its models.

    Several are averaged. `critic` reads the same documents; what a teacher says and it does not find worth a claim is left out.
    """

    readers: tuple[str, ...] = ()
    critic: str | None = None


def taught(lessons: Sequence[Lesson], teachers: Teachers, scheme: Scheme, ontology: Ontology, ontology_name: str) -> tuple[Lesson, ...]:
    """The lessons with what the teachers think of them; documents that a teacher could not read keep what people say, or go."""
    if not teachers.readers:
        return tuple(lesson for lesson in lessons if lesson.said is not None)
    documents = [lesson.document for lesson in lessons]
    heard = [_read(spec, documents, scheme, ontology, ontology_name) for spec in teachers.readers]
    critic = _read(teachers.critic, documents, scheme, ontology, ontology_name) if teachers.critic else None
    found = []
    for number, lesson in enumerate(lessons):
        scores = _mean([each[number] for each in heard])
        believed = critic[number] if critic else {}
        if scores is None or believed is None:  # what the critic could not read is not believed
            found += [lesson] if lesson.said is not None else []
            continue
        found.append(replace(lesson, scores=scores, doubted=frozenset(scores) - frozenset(believed) if critic else frozenset()))
    return tuple(found)


def _mean(heard: Sequence[Mapping[Triple, float] | None]) -> dict[Triple, float] | None:
    """Of those that read the document, None if none did; what a teacher does not mention has no share in its eyes."""
    thought = [scores for scores in heard if scores is not None]
    if not thought:
        return None
    total: dict[Triple, float] = defaultdict(float)
    for scores in thought:
        for triple, score in scores.items():
            total[triple] += score / len(thought)
    return dict(sorted(total.items()))


def _read(
    spec: str, documents: Sequence[Document], scheme: Scheme, ontology: Ontology, ontology_name: str
) -> list[dict[Triple, float] | None]:
    """For each document the raw score of each claim, in the annotators' grain; None where it was not read."""
    if spec.startswith(("http://", "https://")):
        model, _, named = spec.partition("#")
        adapter, name = "auto", named or None
    else:
        model, adapter, name = EMBEDDED, "none" if spec == EMBEDDED else str(Path(spec).expanduser().resolve()), None
    with TemporaryDirectory() as place:
        home = open_home(
            Path(place), {"model": model, "adapter": adapter, "model_name": name, "reading": "labels", "graph": "memory:"}, ontology_name
        )
        agent = relation_reader(home)

        async def ask() -> list[Extraction | ModelFailed]:
            try:
                return await Asker(agent.read, home.concurrency).batch(documents)
            finally:
                await agent.close()

        results = asyncio.run(ask())
    failed = [result for result in results if isinstance(result, ModelFailed)]
    if failed and len(failed) == len(documents):
        raise ModelUnavailable(f"{spec} read none of {len(documents)} documents: {failed[0]}")
    both = zip(documents, results, strict=True)
    return [None if isinstance(result, ModelFailed) else _scores(document, result, scheme, ontology) for document, result in both]


def _scores(document: Document, result: Extraction, scheme: Scheme, ontology: Ontology) -> dict[Triple, float]:
    types = {key: mention.type for mention in document.mentions for key in mention.identifiers}
    found: dict[Triple, float] = {}
    for claim in result.claims:
        relation = scheme.canonical(claim.relation, frozenset((types.get(claim.head, ""), types.get(claim.tail, ""))))
        if relation is None:
            continue
        head, _, tail = ontology.triple(EntityKey(claim.head), relation, EntityKey(claim.tail))
        score = claim.confidence if claim.raw_score is None else claim.raw_score
        found[str(head), relation, str(tail)] = max(score, found.get((str(head), relation, str(tail)), 0.0))
    return found


def scored_lessons(paths: Sequence[Path], seen: Collection[str], ontology: Ontology, gold: GoldSet) -> tuple[Lesson, ...]:
    """What a program found in other documents as lessons of its scores; what it did not mention has none. A relation needs a score."""
    if not paths:
        return ()
    told = gold_set(paths, (), ontology)
    gold.files += told.files
    gold.problems += told.problems
    lessons = []
    for case in told.cases:
        scores: dict[Triple, float] = {}
        for one in case.related:
            if one.score is None:
                gold.problems.append(f"{case.document.id}: {one.word} {one.head} {one.tail}: nobody says how sure that is")
                continue
            for triple in judge(case.document, (), (one,), case.scheme, ontology).units:
                turned = _turned(triple, case.document, ontology)
                scores[turned] = max(one.score, scores.get(turned, 0.0))
        if case.document.id not in seen:
            lessons.append(Lesson(case.document, said=None, scores=scores))
    return tuple(lessons)


def _turned(triple: tuple[str, str, str], document: Document, ontology: Ontology) -> Triple:
    """A triple of annotators who do not tell head from tail, in the direction that the ontology allows between its types."""
    head, relation, tail = triple
    types = {key: mention.type for mention in document.mentions for key in mention.identifiers}
    return triple if ontology.allows(types[head], relation, types[tail]) else (tail, relation, head)
