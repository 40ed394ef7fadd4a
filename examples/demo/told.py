"""The part of the demo that rests on curated observations: what was believed when, why it changed, and what comes later."""

import hashlib
import random
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from flows.answers.answers_from_log import context_for, export_lines, timeline_of, why_of
from flows.home.homes import Home, now, open_home
from flows.home.showing import show_tallies
from flows.jobs.keeping import retract_document
from flows.jobs.observing import observe_file
from pipeline.answering.histories import timeline_in_words, why_in_words
from pipeline.reporting.overturned import KnowledgeUpdate
from schema.errors import StoreFailed, WrongUse

HERE = Path(__file__).resolve().parent
RETRACTED, RETRACTED_ON = "DEMO:hcq-registry-2020", "2020-06-05"
QUESTIONS = (
    ("Does flecainide prevent cardiac arrhythmias?", ("1988-01-01", "1990-01-01"), 2),
    ("hydroxychloroquine COVID-19", ("2020-06-01", None), 3),
)
SEED, PARTS = 1989, 3
MARK = "made-by-the-chronokg-demo.txt"


@dataclass(frozen=True)
class Curated:
    """The home with the curated observations, and what was learnt after the rest."""

    home: Home
    updates: tuple[KnowledgeUpdate, ...]


def tell(out: Path, graph: str, console: Console) -> Curated:
    """Observe, ask, let the late paper and the retraction come, and show that the order does not matter."""
    console.print("\n[bold]1. Curated observations.[/bold] What 70 abstracts claim, noted down by us, goes into a fresh home.")
    home = open_home(fresh(out / "curated"), {"graph": graph})
    show_tallies(observe_file(home, HERE / "curated.jsonl"), as_json=False)
    _why(home, console)
    _ask(home, console)
    late = _late(home, console)
    retraction = _retraction(home, console)
    _shuffled(out, home, graph, console)
    return Curated(home, (late, retraction))


def _why(home: Home, console: Console) -> None:
    console.print(
        "\n[bold]2. Why.[/bold] Flecainide was given to prevent arrhythmias until a trial in 1989. What does the graph say of that fact?"
    )
    print(why_in_words(why_of(home, "flecainide", "prevent", "cardiac arrhythmias")))
    console.print("\nThe timeline of estrogens:")
    print(timeline_in_words(timeline_of(home, "conjugated estrogens")))


def _ask(home: Home, console: Console) -> None:
    console.print(
        "\n[bold]3. The same question on two days.[/bold] Only what was published by then counts; what no longer holds is told with why."
    )
    for question, days, limit in QUESTIONS:
        for day in days:
            console.print(f"\n{question} As of {day or 'today'}:", markup=False, style="italic")
            print(context_for(home, question, date.fromisoformat(day) if day else None, None, limit)["text"])


def _late(home: Home, console: Console) -> KnowledgeUpdate:
    console.print(
        "\n[bold]4. A late paper.[/bold] A paper of 1985 arrives after all the others: the interval that it belongs to starts earlier."
    )
    told = _held(home, "conjugated estrogens", "prevent", "coronary disease")
    before = now()
    observe_file(home, HERE / "curated_late.jsonl")
    update = KnowledgeUpdate("A paper of 1985 on estrogens arrived late", before, now())
    console.print(f"  before: {told}\n  after:  {_held(home, 'conjugated estrogens', 'prevent', 'coronary disease')}", markup=False)
    return update


def _retraction(home: Home, console: Console) -> KnowledgeUpdate:
    console.print(f"\n[bold]5. A retraction.[/bold] {RETRACTED} is retracted as of {RETRACTED_ON}: it counts for nothing from now on.")
    triples = [("hydroxychloroquine", "treat", "COVID-19"), ("hydroxychloroquine", "cause", "cardiac arrhythmias")]
    before = now()
    retract_document(home, RETRACTED, RETRACTED_ON)
    update = KnowledgeUpdate(f"{RETRACTED} was retracted", before, now())
    for triple in triples:
        told = (_held(home, *triple, known_at=update.before), _held(home, *triple))
        console.print(
            f"  {' '.join(triple)}\n    as known before the retraction: {told[0]}\n    as known now:                   {told[1]}",
            markup=False,
        )
    return update


def _shuffled(out: Path, home: Home, graph: str, console: Console) -> None:
    console.print(
        f"\n[bold]6. Order does not matter.[/bold] The same lines shuffled, in {PARTS} parts, the retraction first, into another home."
    )
    other = open_home(fresh(out / "shuffled"), {"graph": graph})
    retract_document(other, RETRACTED, RETRACTED_ON, anyway=True)  # of a document that is still to come
    lines = [line for name in ("curated.jsonl", "curated_late.jsonl") for line in (HERE / name).read_text(encoding="utf-8").splitlines()]
    random.Random(SEED).shuffle(lines)  # noqa: S311  # any fixed order will do
    for part in range(PARTS):
        file = other.path / f"part-{part + 1}.jsonl"
        file.write_text("\n".join(lines[part::PARTS]) + "\n", encoding="utf-8")
        observe_file(other, file)
    one, two = _export(home), _export(other)
    if one != two:
        raise StoreFailed(f"the exports of {home.path} and {other.path} differ, and must not: please report this fault")
    console.print(f"  exports of {len(one):,} and {len(two):,} bytes, SHA-256 {_digest(one)} and {_digest(two)}: identical, byte for byte")


def _held(home: Home, head: str, relation: str, tail: str, known_at: object = None) -> str:
    fact = why_of(home, head, relation, tail, None, known_at)["fact"]  # type: ignore[arg-type]
    if fact is None:
        return "no fact"
    spans = ", ".join(f"{span['from']} to {span['to'] or 'now'}" for span in fact["intervals"])
    return f"{fact['status']}, belief {fact['belief']:.2f}" + (f", held {spans}" if spans else "")


def _export(home: Home) -> bytes:
    return "\n".join(export_lines(home)).encode()


def _digest(export: bytes) -> str:
    return hashlib.sha256(export).hexdigest()[:12]


def fresh(path: Path) -> Path:
    """An empty folder with the demo's mark, for it to make anew on its next run; raises WrongUse where something else lies there."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise WrongUse(f"{path} is not a folder that the demo made; give another place with --out")
    if path.is_dir() and any(path.iterdir()):
        if not (path / MARK).is_file():
            raise WrongUse(f"{path} was not made by the demo, so it is left as it is; give another place with --out")
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / MARK).write_text(
        "Made by examples/demo/run.py, which deletes this folder and makes it anew when it runs again.\n", encoding="utf-8"
    )
    return path
