"""`evaluate reading` and `calibrate`: a reader reads gold documents, and what it says is measured, or a map is fitted to it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from agents.asking.side_by_side import Asker
from agents.confidence.calibration import CalibrationMap, GoldData, file_name, store, uncalibrated, version_of
from agents.reader import SCRIPTED, ReadingAgent
from flows.home.homes import Home, now
from flows.home.progress import Progress
from flows.quality.gold_sets import Case, GoldSet, gold_set
from flows.wiring.readers import extractor_for, relation_reader
from pipeline.evaluating.judged_claims import Judged, judge
from pipeline.evaluating.judged_names import NamesJudged, by_place, judge_names, name_figures
from pipeline.evaluating.precision_recall import best_cuts
from pipeline.evaluating.reader_figures import FLOOR, confidence, figures, raw_score
from pipeline.evaluating.reliability import reliability
from schema.document import Document
from schema.errors import ModelFailed, ModelUnavailable, WrongUse
from schema.observation import Reader
from schema.ports import Extraction
from schema.usage import NOTHING_PAID, Usage

PROBLEMS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to evaluate on."""

    gold: tuple[Path, ...]
    documents: tuple[Path, ...] = ()
    limit: int | None = None
    plain_text: bool = False  # the names are taken from the documents, and the reader finds and links its own


@dataclass(frozen=True, slots=True)
class Outcome:
    """What reading the gold documents came to."""

    reader: Reader
    judged: tuple[Judged, ...]
    problems: tuple[str, ...]
    failures: Counter[str]
    usage: Usage
    paid: int  # documents that were not answered from the cache
    seconds: float  # on the clock, all documents together
    map: CalibrationMap | None = None
    plain: "PlainText | None" = None


@dataclass(frozen=True, slots=True)
class PlainText:
    """How the names of each document were found, and its claims judged with each end as the gold entity that its names lie on."""

    names: tuple[NamesJudged, ...]
    by_place: tuple[Judged, ...]


def evaluate_reading(home: Home, wanted: Wanted, out: Path | None = None) -> dict[str, Any]:
    """Measure the reader that the settings name, and write report and picture to `out` (by default a folder in the home)."""
    from flows.quality.evaluation_page import write_page

    gold, outcome = _read(home, wanted)
    told = report(home, gold, outcome)
    folder = out or home.path / "evaluations" / file_name(outcome.reader)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    write_page(told, folder)
    return {**told, "written": str(folder)}


def report(home: Home, gold: GoldSet, outcome: Outcome) -> dict[str, Any]:
    """All figures as data."""
    threshold = home.rules.threshold
    version, cuts = version_of(outcome.reader), outcome.map.cuts if outcome.map else {}
    left = sum((one.not_judged for one in outcome.judged), Counter[str]())
    return {
        "reader": outcome.reader.name,
        "calibration": version,
        "scripted": home.settings.model.startswith(SCRIPTED),
        "gold": gold.files,
        "documents": {"evaluated": len(outcome.judged), "failed": dict(outcome.failures)},
        "not_judged": dict(left),
        "problems": {"count": len(outcome.problems), "first": list(outcome.problems[:PROBLEMS_SHOWN])},
        "cost": _cost(outcome),
        "floor": FLOOR,
        "plain_text": _plain_text(outcome.plain, threshold, cuts, calibrated=version is not None) if outcome.plain else None,
        "raw": figures(outcome.judged, raw_score, threshold),
        "calibrated": figures(outcome.judged, confidence, threshold, cuts=cuts) if version else None,
    }


def _plain_text(plain: PlainText, threshold: float, cuts: Mapping[str, float], *, calibrated: bool) -> dict[str, Any]:
    sides = {"raw": figures(plain.by_place, raw_score, threshold, draws=0)["extraction"]}
    if calibrated:
        sides["calibrated"] = figures(plain.by_place, confidence, threshold, draws=0, cuts=cuts)["extraction"]
    return {"names": name_figures(plain.names), "by_place": sides}


def calibrate(home: Home, wanted: Wanted) -> dict[str, Any]:
    """Fit a map to what the reader says of the gold documents, and keep it in the home for exactly this reader."""
    gold, outcome = _read(home, wanted)
    known, told = fitted(gold, outcome)
    return {**told, "path": str(store(home.path, known))}


def fitted(gold: GoldSet, outcome: Outcome) -> tuple[CalibrationMap, dict[str, Any]]:
    """A map for the reader of these documents, and what it gained on those that its curves were not fitted on."""
    from agents.confidence.calibrating import Sample, fit

    candidates = [candidate for one in outcome.judged for candidate in one.candidates]
    samples = [Sample(c.document, c.relation, c.raw, c.right) for c in candidates]
    data = GoldData(files=gold.hashes, documents=len(outcome.judged))
    found = fit(samples, uncalibrated(outcome.reader), data, now().date())
    values = iter(found.held_out)
    unseen = [replace(one, candidates=tuple(replace(c, confidence=next(values)) for c in one.candidates)) for one in outcome.judged]
    known = found.map.model_copy(update={"cuts": best_cuts(unseen, confidence)})
    counted = [candidate for one in unseen for candidate in one.candidates if candidate.raw >= FLOOR]
    before, after = reliability((c.raw, c.right, 1) for c in counted), reliability((c.confidence, c.right, 1) for c in counted)
    return known, {
        "reader": known.reader,
        "version": known.version,
        "documents": {"evaluated": len(outcome.judged), "failed": dict(outcome.failures)},
        "problems": {"count": len(outcome.problems), "first": list(outcome.problems[:PROBLEMS_SHOWN])},
        "curves": {name: curve.model_dump(exclude={"knots"}) for name, curve in {"all others": known.pooled, **known.relations}.items()},
        "cuts": known.cuts,
        "held_out": {"raw": asdict(before) if before else None, "calibrated": asdict(after) if after else None},
        "cost": _cost(outcome),
    }


def _read(home: Home, wanted: Wanted) -> tuple[GoldSet, Outcome]:
    gold = gold_set(wanted.gold, wanted.documents, home.rules.ontology, wanted.limit)
    if wanted.plain_text and home.settings.model.startswith(SCRIPTED):
        raise WrongUse("--plain-text: a script answers by document and finds no names; name another --model")
    return gold, read_gold_set(home, gold, plain_text=wanted.plain_text)


def read_gold_set(home: Home, gold: GoldSet, *, plain_text: bool = False) -> Outcome:
    """Let the reader that the settings name read gold documents; with their names taken away if `plain_text`."""
    agent = extractor_for(home) if plain_text else relation_reader(home)
    return asyncio.run(_outcome(home, gold, agent, plain_text=plain_text))


async def _outcome(home: Home, gold: GoldSet, agent: ReadingAgent, *, plain_text: bool) -> Outcome:
    begun = time.monotonic()
    documents = [replace(case.document, mentions=()) if plain_text else case.document for case in gold.cases]
    try:
        results = await _results(home, documents, agent)
    finally:
        await agent.close()
    if results and all(isinstance(result, ModelUnavailable) for result in results):
        raise ModelUnavailable(f"the model answered for none of {len(results)} documents: {results[0]}")
    outcome = replace(_judged(home, gold, agent.reader, results, time.monotonic() - begun), map=agent.map)
    return replace(outcome, plain=_plain(home, gold, results)) if plain_text else outcome


async def _results(home: Home, documents: Sequence[Document], agent: ReadingAgent) -> list[Extraction | ModelFailed]:
    """What came of each document; a server that does not answer for a whole batch is not asked again."""
    asker, results, batch = Asker(agent.read, home.concurrency), list[Extraction | ModelFailed](), home.settings.batch
    with Progress("reading gold documents", len(documents)) as progress:
        for start in range(0, len(documents), batch):
            results += await asker.batch(documents[start : start + batch])
            progress.advance(len(results) - start)
    return results


def _judged(home: Home, gold: GoldSet, reader: Reader, results: Sequence[Extraction | ModelFailed], seconds: float) -> Outcome:
    both = list(zip(gold.cases, results, strict=True))
    judged = tuple(_judge(home, case, result) for case, result in both)
    usages = [(result.usage or NOTHING_PAID) if isinstance(result, ModelFailed) else result.usage for result in results]
    return Outcome(
        reader,
        judged,
        (*gold.problems, *(problem for one in judged for problem in one.problems)),
        Counter(_why(result) for result in results if isinstance(result, ModelFailed)),
        sum(usages, NOTHING_PAID),
        sum(bool(usage.requests or not usage.cached) for usage in usages),
        seconds,
    )


def _judge(home: Home, case: Case, result: Extraction | ModelFailed) -> Judged:
    claims, found = ((), ()) if isinstance(result, ModelFailed) else (result.claims, result.mentions)
    # What it found itself stands beside the gold's: a claim about something else is a wrong one, not one that is not judged.
    document = replace(case.document, mentions=(*case.document.mentions, *found))
    return judge(document, claims, case.related, case.scheme, home.rules.ontology)


def _plain(home: Home, gold: GoldSet, results: Sequence[Extraction | ModelFailed]) -> PlainText:
    ontology, names, placed = home.rules.ontology, list[NamesJudged](), list[Judged]()
    for case, result in zip(gold.cases, results, strict=True):
        read = Extraction(()) if isinstance(result, ModelFailed) else result
        marked = case.document.mentions
        names.append(judge_names(marked, read.mentions, ontology.entity_types))
        document = replace(case.document, mentions=(*marked, *read.mentions))
        placed.append(judge(document, by_place(read.claims, read.mentions, marked), case.related, case.scheme, ontology))
    return PlainText(tuple(names), tuple(placed))


def _why(error: ModelFailed) -> str:
    """The kind of a failure, without what differs from one document to the next."""
    return f"{type(error).__name__}: {str(error).split(':')[0].split(' (')[0][:80]}"


def _cost(outcome: Outcome) -> dict[str, Any]:
    """What was paid for, all together and for each document that was not answered from the cache."""
    usage = replace(outcome.usage, seconds=0.0)
    paid = outcome.paid
    return {
        "paid_documents": paid,
        "requests": usage.requests,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "seconds": round(outcome.seconds, 3),
        "prompt_tokens_per_document": round(usage.prompt_tokens / paid, 1) if paid else None,
        "completion_tokens_per_document": round(usage.completion_tokens / paid, 1) if paid else None,
        "seconds_per_document": round(outcome.seconds / paid, 3) if paid else None,
    }
