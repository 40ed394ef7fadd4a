"""The part of the demo in which a language model reads the abstracts, and what comes of it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from told import HERE, Curated, fresh

from agents.adapters.adapter import SHIPPED
from flows.engine.collecting import Ingestion
from flows.home.homes import Home, open_home
from flows.home.showing import show_tallies
from flows.jobs.ingesting import run_ingestion
from flows.wiring.readers import adapter_of
from pipeline.answering.histories import name_of
from pipeline.believing.fold import name_entities
from pipeline.believing.gathering import all_evidence
from pipeline.reporting.comparison import Comparison, compare
from pipeline.reporting.words import spoken
from schema.document import Document
from schema.errors import ModelFailed
from schema.ids import DocumentId, EntityKey
from schema.observation import Entity, Observation, Polarity
from schema.records import Reading

SHOWN = 8
UNTAUGHT = (
    "It has 135 million parameters, was not trained for this task, and reads badly. "
    "It is here to show that the whole line runs on a laptop; for real work use a larger model on a server."
)
TAUGHT = (
    "It has 135 million parameters and was trained to read by annotated abstracts of real papers (BioRED and BC5CDR). "
    "Its confidences were calibrated on abstracts that it was not trained on; what it was never taught, it cannot say."
)
TAUGHT_ELSEWHERE = "It has an adapter of yours; what that was never taught, it cannot say."


def read(out: Path, graph: str, model: str, curated: Curated, console: Console) -> tuple[Comparison, str]:
    """Ingest the abstracts and compare with the curated observations; and what to know of the model."""
    console.print(f"\n[bold]7. A language model reads the same abstracts[/bold] ({model}). Nothing below touches the story above.")
    # Read side by side, documents change each other's confidences in the second decimal; one by one takes no longer on a laptop.
    at_once = {"concurrency": 1} if model == "embedded" else {}
    home = open_home(fresh(out / "read"), {"graph": graph, "model": model, "batch": 10, **at_once})
    remark = _remark_on(home) if model == "embedded" else ""
    if remark:
        console.print(remark, markup=False)
    show_tallies(run_ingestion(home, Ingestion((HERE / "abstracts.jsonl", HERE / "late.jsonl"))), as_json=False)
    comparison = _compared(home, curated)
    if not comparison.documents:
        raise ModelFailed(f"the model {model} read none of the abstracts; the reasons: chronokg status --home {home.path}")
    _show_claims(home, console)
    _show_scores(comparison, console)
    return comparison, remark


def _remark_on(home: Home) -> str:
    """What to know of the small model."""
    adapter = adapter_of(home)
    if adapter is None:
        return UNTAUGHT
    return TAUGHT if adapter.folder.parent == SHIPPED else TAUGHT_ELSEWHERE


def _compared(home: Home, curated: Curated) -> Comparison:
    readings = [recorded.record for recorded in home.log.records(Reading)]
    adapter = adapter_of(home)
    return compare(
        (recorded.record for recorded in home.log.records(Observation)),
        (recorded.record for recorded in curated.home.log.records(Observation)),
        _live(home, {reading.document for reading in readings}),
        ontology=home.rules.ontology,
        names={**_called(home), **_called(curated.home)},
        threshold=home.rules.threshold,
        sayable=adapter.skills.allows if adapter else None,
        model=min((reading.reader.model for reading in readings), default=home.settings.model),
    )


def _called(home: Home) -> Mapping[EntityKey, Entity]:
    evidence = all_evidence(home.log)
    keys = {naming.record.entity.key for naming in evidence.namings}
    return {entity.key: entity for entity in name_entities(keys, evidence, home.rules)}


def _live(home: Home, read: Collection[DocumentId]) -> Sequence[Document]:
    return [recorded.record for recorded in home.log.records(Document, read)]


def _show_claims(home: Home, console: Console) -> None:
    claims = sorted((r.record for r in home.log.records(Observation)), key=lambda o: (-o.confidence, o.document, o.relation, o.id))
    named = _called(home)
    console.print(f"\nThe {min(SHOWN, len(claims))} surest of its {len(claims)} claims:")
    for o in claims[:SHOWN]:
        words = f"{name_of(o.head.key, named)} {spoken(o.relation)} {name_of(o.tail.key, named)}"
        denied = " (denied)" if o.polarity is Polarity.DENIES else ""
        console.print(f"  {o.confidence:.2f}  {words}{denied}  [{o.document}]", markup=False)


def _show_scores(comparison: Comparison, console: Console) -> None:
    console.print(f"\nBeside the curated observations of the same {comparison.documents} abstracts:")
    for row in comparison.scores:
        shares = ", ".join(f"{name} {row[name]:.2f}" if row[name] is not None else f"no {name}" for name in ("precision", "recall"))
        console.print(
            f"  {row['measure']}, {row['which']}: {row['right']} right of {row['found']}; {row['wanted']} curated; {shares}", markup=False
        )
    if comparison.unsaid:
        console.print(f"  Not among its answers, for it was not taught to say so: {', '.join(comparison.unsaid)}.", markup=False)
