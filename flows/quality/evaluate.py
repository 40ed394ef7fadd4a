"""`evaluate reading` and `calibrate`: a reader reads gold documents, and what it says is measured, or a map is fitted to it."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.asking.concurrency import ConcurrentBatches
from agents.confidence.calibration import CalibrationMap, GoldData, file_name, store, uncalibrated, version_of
from agents.models.choice import is_scripted
from agents.reader import ReadingAgent
from flows.home.homes import Home, now
from flows.home.showing import Progress
from flows.quality.gold_sets import gold_set
from flows.wiring.readers import extractor_for, relation_reader
from pipeline.evaluating.evaluation import Evaluation, Result, evaluated, evaluation_report, reliability_gained, with_confidences
from pipeline.evaluating.gold_cases import GoldSet
from pipeline.evaluating.precision_recall import best_cuts
from pipeline.evaluating.reader_figures import confidence
from schema.document import Document
from schema.errors import WrongUse


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What to evaluate on."""

    gold: tuple[Path, ...]
    documents: tuple[Path, ...] = ()
    limit: int | None = None
    plain_text: bool = False  # the names are taken from the documents, and the reader finds and links its own


def evaluate_reading(home: Home, request: EvaluationRequest, out: Path | None = None) -> dict[str, Any]:
    """Measure the reader that the settings name, and write report and picture to `out` (by default a folder in the home)."""
    gold, evaluation, cuts = _read(home, request)
    version, scripted = version_of(evaluation.reader), is_scripted(home.settings.model)
    told = evaluation_report(gold, evaluation, home.rules.threshold, version, cuts, scripted=scripted)
    folder = out or home.path / "evaluations" / file_name(evaluation.reader)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    write_page(told, folder)
    return {**told, "written": str(folder)}


def write_page(report: dict[str, Any], folder: Path) -> None:
    """`report.md`, and the reliability diagram as `reliability.svg` and `.png` where there is anything to draw."""
    from pipeline.evaluating.evaluation_page import evaluation_page, reliability_picture

    picture = reliability_picture(report)
    for name in ("reliability.svg", "reliability.png") if picture is not None else ():
        picture.save(folder / name, ppi=144)
    (folder / "report.md").write_text(evaluation_page(report, with_picture=picture is not None), encoding="utf-8")


def calibrate_reader(home: Home, request: EvaluationRequest) -> dict[str, Any]:
    """Fit a map to what the reader says of the gold documents, and keep it in the home for exactly this reader."""
    gold, evaluation, _ = _read(home, request)
    known, told = fitted_map(gold, evaluation)
    return {**told, "path": str(store(home.path, known))}


def fitted_map(gold: GoldSet, evaluation: Evaluation) -> tuple[CalibrationMap, dict[str, Any]]:
    """A map for the reader of these documents, and what it gained on those that its curves were not fitted on."""
    from agents.confidence.calibrating import Sample, fit

    samples = [Sample(claim.document, claim.relation, claim.raw, claim.right) for claim in evaluation.claims]
    data = GoldData(files=gold.hashes, documents=len(evaluation.judged))
    found = fit(samples, uncalibrated(evaluation.reader), data, now().date())
    unseen = with_confidences(evaluation.judged, found.held_out)
    known = found.map.model_copy(update={"cuts": best_cuts(unseen, confidence)})
    return known, {**known.summary, "held_out": reliability_gained(unseen), **evaluation.told}


def read_gold_set(home: Home, gold: GoldSet, *, plain_text: bool = False) -> tuple[Evaluation, Mapping[str, float]]:
    """Let the reader that the settings name read gold documents; with their names taken away if `plain_text`. Also the cuts of its map."""
    agent = extractor_for(home) if plain_text else relation_reader(home)
    documents = [case.document for case in gold.cases]
    begun = time.monotonic()
    results = asyncio.run(_results(home, [replace(each, mentions=()) for each in documents] if plain_text else documents, agent))
    seconds = time.monotonic() - begun
    return evaluated(gold, agent.reader, results, seconds, home.rules.ontology, plain_text=plain_text), agent.cuts


def _read(home: Home, request: EvaluationRequest) -> tuple[GoldSet, Evaluation, Mapping[str, float]]:
    gold = gold_set(request.gold, request.documents, home.rules.ontology, request.limit)
    if request.plain_text and is_scripted(home.settings.model):
        raise WrongUse("--plain-text: a script answers by document and finds no names; name another --model")
    return gold, *read_gold_set(home, gold, plain_text=request.plain_text)


async def _results(home: Home, documents: Sequence[Document], agent: ReadingAgent) -> list[Result]:
    """What came of each document; a server that does not answer for a whole batch is not asked again."""
    asker, results, batch = ConcurrentBatches(agent.read, home.concurrency), list[Result](), home.settings.batch
    try:
        with Progress("reading gold documents", len(documents)) as progress:
            for start in range(0, len(documents), batch):
                results += await asker.batch(documents[start : start + batch])
                progress.advance(len(results) - start)
    finally:
        await agent.close()
    return results
