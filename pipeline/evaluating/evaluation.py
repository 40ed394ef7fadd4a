"""What a reader says of gold documents, judged: the report of an evaluation as data, and what a calibration map gains."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.evaluating.gold_cases import Case, GoldSet
from pipeline.evaluating.judged_claims import Judged, JudgedClaim, judge
from pipeline.evaluating.judged_names import NamesJudged, by_place, judge_names, name_figures
from pipeline.evaluating.reader_figures import FLOOR, confidence, raw_score, reader_figures
from pipeline.evaluating.reliability import reliability
from schema.errors import ModelFailed, ModelUnavailable
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Extraction
from schema.usage import NOTHING_PAID, Usage

PROBLEMS_SHOWN = 50

Result = Extraction | ModelFailed


@dataclass(frozen=True, slots=True)
class PlainText:
    """How the names of each document were found, and its claims judged with each end as the gold entity that its names lie on."""

    names: tuple[NamesJudged, ...]
    by_place: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What reading the gold documents came to."""

    reader: Reader
    judged: tuple[Judged, ...]
    problems: tuple[str, ...]
    failures: Counter[str]
    usage: Usage
    paid: int  # documents that were not answered from the cache
    seconds: float  # on the clock, all documents together
    plain: PlainText | None = None

    @property
    def claims(self) -> list[JudgedClaim]:
        """All claims that were judged."""
        return [claim for one in self.judged for claim in one.candidates]

    @property
    def told(self) -> dict[str, Any]:
        """How many documents were read, what could not be used, and what it cost."""
        return {
            "documents": {"evaluated": len(self.judged), "failed": dict(self.failures)},
            "problems": {"count": len(self.problems), "first": list(self.problems[:PROBLEMS_SHOWN])},
            "cost": _cost(self),
        }


def evaluated(
    gold: GoldSet, reader: Reader, results: Sequence[Result], seconds: float, ontology: Ontology, *, plain_text: bool
) -> Evaluation:
    """Judge what came of each document; raises ModelUnavailable where the model answered for none."""
    if results and all(isinstance(result, ModelUnavailable) for result in results):
        raise ModelUnavailable(f"the model answered for none of {len(results)} documents: {results[0]}")
    judged = tuple(_judged(case, result, ontology) for case, result in zip(gold.cases, results, strict=True))
    usages = [(result.usage or NOTHING_PAID) if isinstance(result, ModelFailed) else result.usage for result in results]
    return Evaluation(
        reader,
        judged,
        (*gold.problems, *(problem for one in judged for problem in one.problems)),
        Counter(_why(result) for result in results if isinstance(result, ModelFailed)),
        sum(usages, NOTHING_PAID),
        sum(bool(usage.requests or not usage.cached) for usage in usages),
        seconds,
        _in_plain_text(gold, results, ontology) if plain_text else None,
    )


def evaluation_report(
    gold: GoldSet, evaluation: Evaluation, threshold: float, calibration: str | None, cuts: Mapping[str, float], *, scripted: bool
) -> dict[str, Any]:
    """All figures as data; `calibration` is the version of the reader's map, `cuts` are the map's."""
    left = sum((one.not_judged for one in evaluation.judged), Counter[str]())
    plain, is_calibrated = evaluation.plain, calibration is not None
    return {
        "reader": evaluation.reader.name,
        "calibration": calibration,
        "scripted": scripted,
        "gold": gold.files,
        **evaluation.told,
        "not_judged": dict(left),
        "floor": FLOOR,
        "plain_text": _plain_text_figures(plain, threshold, cuts, calibrated=is_calibrated) if plain else None,
        "raw": reader_figures(evaluation.judged, raw_score, threshold),
        "calibrated": reader_figures(evaluation.judged, confidence, threshold, cuts=cuts) if is_calibrated else None,
    }


def with_confidences(judged: Iterable[Judged], confidences: Iterable[float]) -> list[Judged]:
    """The same claims with other confidences, in their order."""
    values = iter(confidences)
    return [replace(one, candidates=tuple(replace(claim, confidence=next(values)) for claim in one.candidates)) for one in judged]


def reliability_gained(judged: Iterable[Judged]) -> dict[str, Any]:
    """What raw scores and confidences are worth, over the claims that count."""
    counted = [claim for one in judged for claim in one.candidates if claim.raw >= FLOOR]
    before, after = reliability((c.raw, c.right, 1) for c in counted), reliability((c.confidence, c.right, 1) for c in counted)
    return {"raw": asdict(before) if before else None, "calibrated": asdict(after) if after else None}


def _plain_text_figures(plain: PlainText, threshold: float, cuts: Mapping[str, float], *, calibrated: bool) -> dict[str, Any]:
    sides = {"raw": reader_figures(plain.by_place, raw_score, threshold, draws=0)["extraction"]}
    if calibrated:
        sides["calibrated"] = reader_figures(plain.by_place, confidence, threshold, draws=0, cuts=cuts)["extraction"]
    return {"names": name_figures(plain.names), "by_place": sides}


def _judged(case: Case, result: Result, ontology: Ontology) -> Judged:
    read = _read(result)
    # What it found itself stands beside the gold's: a claim about something else is a wrong one, not one that is not judged.
    document = replace(case.document, mentions=(*case.document.mentions, *read.mentions))
    return judge(document, read.claims, case.related, case.scheme, ontology)


def _in_plain_text(gold: GoldSet, results: Sequence[Result], ontology: Ontology) -> PlainText:
    names, placed = list[NamesJudged](), list[Judged]()
    for case, result in zip(gold.cases, results, strict=True):
        read = _read(result)
        marked = case.document.mentions
        names.append(judge_names(marked, read.mentions, ontology.entity_types))
        document = replace(case.document, mentions=(*marked, *read.mentions))
        placed.append(judge(document, by_place(read.claims, read.mentions, marked), case.related, case.scheme, ontology))
    return PlainText(tuple(names), tuple(placed))


def _read(result: Result) -> Extraction:
    """What was read; nothing where that failed."""
    return Extraction(()) if isinstance(result, ModelFailed) else result


def _why(error: ModelFailed) -> str:
    """The kind of a failure, without what differs from one document to the next."""
    return f"{type(error).__name__}: {str(error).split(':')[0].split(' (')[0][:80]}"


def _cost(evaluation: Evaluation) -> dict[str, Any]:
    """What was paid for, all together and for each document that was not answered from the cache."""
    usage, paid, seconds = evaluation.usage, evaluation.paid, evaluation.seconds
    return {
        "paid_documents": paid,
        "requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "seconds": round(seconds, 3),
        "prompt_tokens_per_document": round(usage.prompt_tokens / paid, 1) if paid else None,
        "completion_tokens_per_document": round(usage.completion_tokens / paid, 1) if paid else None,
        "seconds_per_document": round(seconds / paid, 3) if paid else None,
    }
