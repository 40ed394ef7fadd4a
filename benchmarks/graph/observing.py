"""How fast observations made elsewhere go into the evidence log, and how much memory that takes.

python -m benchmarks.graph.observing [--lines 5000000]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.common import peak_mib
from flows.home.homes import now, open_home
from flows.jobs.observing import given_by, observe_file
from pipeline.intake.batches import observe_lines
from schema.records import Tally

SEED = 20261124
TYPES = {"Chemical": 30_000, "Disease": 11_000, "Gene": 60_000, "Variant": 200_000}
# How often each relation is stated, and between which types; treat and cause also turned round, as some files have them.
RELATIONS = (
    (45, "associate", "Disease", "Gene"),
    (9, "associate", "Chemical", "Disease"),
    (4, "associate", "Disease", "Variant"),
    (13, "treat", "Chemical", "Disease"),
    (7, "cause", "Chemical", "Disease"),
    (1, "cause", "Disease", "Chemical"),
    (6, "positive_correlate", "Chemical", "Gene"),
    (6, "negative_correlate", "Chemical", "Gene"),
    (3, "positive_correlate", "Gene", "Gene"),
    (2, "interact", "Gene", "Gene"),
    (2, "cotreat", "Chemical", "Chemical"),
    (1, "compare", "Chemical", "Chemical"),
    (1, "inhibit", "Chemical", "Gene"),
)


def entity(chance: random.Random, kind: str) -> str:
    """An entity as PubTator3 writes it; the first of a type are hubs, one in a hundred is composite, one in five hundred unknown."""
    number = int(TYPES[kind] * chance.random() ** 3) + 1
    written = {"Gene": f"{number}", "Variant": f"rs{number}"}.get(kind, f"MESH:D{number:06}")
    fate = chance.random()
    if fate < 0.002:
        return f"{kind}|-"
    return f"{kind}|{written};{written[:-1]}7" if fate < 0.012 else f"{kind}|{written}"


def make(relations: Path, dates: Path, lines: int) -> None:
    """The same two files for the same number of lines: documents in order, three relations each on average, nearly all dated."""
    chance = random.Random(SEED)
    weights = [weight for weight, *_ in RELATIONS]
    pmid, made = 1_000_000, 0
    with relations.open("w", encoding="ascii") as told, dates.open("w", encoding="ascii") as dated:
        while made < lines:
            pmid += chance.randint(1, 12)
            if chance.random() < 0.998:
                dated.write(f"{pmid}\t{1970 + pmid // 600_000}-{chance.randint(1, 12):02}\n")
            some = min(chance.randint(1, 5), lines - made)
            for _, relation, head, tail in chance.choices(RELATIONS, weights, k=some):
                told.write(f"{pmid}\t{relation}\t{entity(chance, head)}\t{entity(chance, tail)}\n")
            made += some


def make_json(target: Path, lines: int) -> None:
    """The same JSON lines for the same number, with a quote each."""
    chance = random.Random(SEED)
    with target.open("w", encoding="ascii") as told:
        for at in range(lines):
            head, tail = (int(TYPES[kind] * chance.random() ** 3) + 1 for kind in ("Chemical", "Disease"))
            line = {
                "document": f"PMID:{1_000_000 + at // 3}",
                "published": f"{chance.randint(1980, 2025)}-{chance.randint(1, 12):02}",
                "source": "pubmed",
                "head": {"key": f"MESH:C{head:06}", "type": "Chemical", "name": f"drug {head}"},
                "relation": "treat",
                "tail": {"key": f"MESH:D{tail:06}", "type": "Disease", "name": f"illness {tail}"},
                "confidence": chance.choice((0.65, 0.75, 0.85)),
                "polarity": "asserts",
                "quote": f"In {chance.randint(10, 999)} patients drug {head} relieved illness {tail} more often than placebo.",
                "publication_types": ["Journal Article"],
            }
            told.write(json.dumps(line) + "\n")


def relations(folder: Path) -> dict[str, Any]:
    """Observes the relations into a new home; the graph is left for later."""
    home = open_home(folder / "home", {"graph": "memory:", "confidence": {"treat": 0.8, "*": 0.7}})
    start = time.perf_counter()
    given = given_by(home, dates=folder / "dates.tsv")
    dates = time.perf_counter() - start
    return {**timed(lambda: observe_file(home, folder / "relations.tsv", given, into_graph=False)[0]), "dates_s": dates}


def json_lines(folder: Path) -> dict[str, Any]:
    """Observes the JSON lines into a new home."""
    home = open_home(folder / "together", {"graph": "memory:"})
    return timed(lambda: observe_file(home, folder / "lines.jsonl", into_graph=False)[0])


def one_by_one(folder: Path) -> dict[str, Any]:
    """The same, each line by itself: what unusual lines cost."""
    home = open_home(folder / "apart", {"graph": "memory:"})

    def take() -> Tally:
        total = Tally("line")
        with (folder / "lines.jsonl").open(encoding="utf-8") as told:
            numbered = enumerate(told, 1)
            while some := list(islice(numbered, 5_000)):
                intake = observe_lines(some, "lines.jsonl", home.rules.ontology, now())
                home.log.append(intake.batch, intake.with_report("observe", now()))
                total += intake.tallies[0]
        return total

    return timed(take)


def timed(take: Callable[[], Tally]) -> dict[str, Any]:
    start, used = time.perf_counter(), time.process_time()
    tally = take()
    times = {"taken_s": time.perf_counter() - start, "processor_s": time.process_time() - used}
    return {**times, "peak_mib": peak_mib(), "submitted": tally.submitted, "committed": tally.committed, "set_aside": dict(tally.set_aside)}


WORKERS = {"relations": relations, "json": json_lines, "one-by-one": one_by_one}


def measured(kind: str, folder: Path) -> dict[str, Any]:
    """One run in a process of its own, told and returned."""
    command = (sys.executable, "-m", "benchmarks.graph.observing", "--worker", kind, "--folder", str(folder))
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    speeds = [found["submitted"] / found[each] for each in ("taken_s", "processor_s")]
    print(f"{kind}, {found['submitted']} lines: {speeds[0]:.0f} lines/s, {speeds[1]:.0f} for each second of processor time", end="")
    print(f", peak memory {found['peak_mib']:.0f} MiB; {found['committed']} committed, set aside {found['set_aside']}")
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=5_000_000)
    arguments.add_argument("--worker", choices=tuple(WORKERS), help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.worker:
        print(json.dumps(WORKERS[told.worker](told.folder)))
        return
    for lines in (told.lines // 10, told.lines):
        with tempfile.TemporaryDirectory() as name:
            make(Path(name, "relations.tsv"), Path(name, "dates.tsv"), lines)
            found = measured("relations", Path(name))
            size = sum(file.stat().st_size for file in Path(name, "home", "log").rglob("*") if file.is_file())
            print(f"  dates read in {found['dates_s']:.1f} s, log of {size / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory() as name:
        make_json(Path(name, "lines.jsonl"), told.lines // 10)
        for kind in ("one-by-one", "json"):
            measured(kind, Path(name))


if __name__ == "__main__":
    main()
