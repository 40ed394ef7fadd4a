"""How long exports in formats of exchange take, how large they are, and whether the same facts come back.

python -m benchmarks.answering.formats [--facts 100000] [--shapes 20] [--folder DIR]

Each step runs in a process of its own. RDF is read back with rdflib, a part of the file at a time; with --shapes N every Nth part is held
against the shapes with pyshacl, which takes a second for a hundred facts or two. Files stay in the folder, for validators of others.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.common import options_of, peak_mib
from flows.answers.answers_from_log import export_lines
from flows.answers.export_files import export_to
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from schema.fact import Triple
from schema.ids import EntityKey

SEED = 20261130
KINDS = (
    (30, "associate", "Disease", "Gene"),
    (20, "treat", "Chemical", "Disease"),
    (12, "cause", "Chemical", "Disease"),
    (6, "prevent", "Chemical", "Disease"),
    (10, "inhibit", "Chemical", "Gene"),
    (8, "stimulate", "Chemical", "Gene"),
    (6, "interact", "Gene", "Gene"),
    (4, "positive_correlate", "Chemical", "Gene"),
    (4, "cotreat", "Chemical", "Chemical"),
)
NUMBERS = {"Chemical": 8_000, "Disease": 3_000, "Gene": 15_000}
PREFIXES = {"Chemical": "MESH:C5", "Disease": "MESH:D0", "Gene": "NCBIGene:1"}
PAGES = 6_000  # lines of a part of RDF that is looked at together, at least


def said_lines(facts: int) -> Iterator[dict[str, Any]]:
    """Lines that make about so many facts: 1.3 documents for each, one in twelve of them a denial, some triples opposed to others."""
    chance = random.Random(SEED)
    weights = [weight for weight, *_ in KINDS]
    for number in range(int(facts * 1.3)):
        _, relation, first, second = chance.choices(KINDS, weights)[0]
        head, tail = (int(NUMBERS[kind] * chance.random() ** 2) for kind in (first, second))
        day = date(1980, 1, 1) + timedelta(days=chance.randrange(16_000))
        yield {
            "document": f"PMID:{1_000_000 + number // 2}",
            "published": (date(1980, 1, 1) + timedelta(days=(number // 2 * 7919) % 16_000)).isoformat() if number % 5 else f"{day.year}",
            "source": "pubmed",
            "head": {"key": f"{PREFIXES[first]}{head:05}", "type": first, "name": f"{first.lower()} {head}"},
            "relation": relation,
            "tail": {"key": f"{PREFIXES[second]}{tail:05}", "type": second, "name": f"{second.lower()} {tail}"},
            "confidence": chance.choice((0.65, 0.75, 0.85, 0.95)),
            "polarity": "denies" if chance.random() < 1 / 12 else "asserts",
            "quote": f"In {number} patients {first.lower()} {head} was seen with {second.lower()} {tail}; {relation}.",
            "publication_types": [chance.choice(("Journal Article", "Review", "Case Reports", "Randomized Controlled Trial"))],
        }


def facts_in(home: Home) -> list[str]:
    """What a home believes: the facts of its canonical export but for those that nothing supports."""
    return [told for told in export_lines(home) if '"kind": "fact"' in told and '"status": "withdrawn"' not in told]


def digest_of(home: Home) -> dict[str, Any]:
    """The number of facts and the hash of what is said of them."""
    facts = facts_in(home)
    return {"facts": len(facts), "digest": hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]}


def make(folder: Path, facts: int) -> dict[str, Any]:
    with (folder / "said.jsonl").open("w", encoding="ascii") as file:
        file.writelines(json.dumps(each) + "\n" for each in said_lines(facts))
    home = open_home(folder / "home", {"graph": "memory:"})
    return {**timed(lambda: {"lines": observe_file(home, folder / "said.jsonl", into_graph=False)[0].committed}), **digest_of(home)}


def export(folder: Path, form: str) -> dict[str, Any]:
    home = open_home(folder / "home", {"graph": "memory:"})
    found = timed(lambda: export_to(home, form, folder / form, every_status=True, force=True))
    files = [each for each in [folder / form, *(folder / form).glob("*")] if each.is_file()]
    return {**{key: value for key, value in found.items() if key != "text"}, "MB": round(sum(f.stat().st_size for f in files) / 1e6, 1)}


def back(folder: Path, form: str) -> dict[str, Any]:
    home = open_home(Path(tempfile.mkdtemp(dir=folder)), {"graph": "memory:"})
    found = timed(lambda: {"lines": observe_file(home, folder / form, into_graph=False)[0].committed})
    return {**found, **digest_of(home)}


def read_rdf(folder: Path, shapes: int) -> dict[str, Any]:
    """Reads the RDF back with rdflib, facts by facts, and compares them with those of the home."""
    import rdflib

    found, triples, conforming = [], 0, 0  # rows, triples, parts that were held against the shapes
    start = time.perf_counter()
    for number, (common, part) in enumerate(parts_of(folder / "rdf" / "graph.nt")):
        graph = rdflib.Graph().parse(data=part, format="nt")
        triples += len(graph)
        found += [tuple(map(str, row)) for row in graph.query(_FACTS)]
        if shapes and number % shapes == 0:
            import pyshacl

            whole = rdflib.Graph().parse(data=common, format="nt") + graph
            conforms, _, text = pyshacl.validate(whole, shacl_graph=str(folder / "rdf" / "shapes.ttl"))
            if not conforms:
                raise SystemExit(text[:2000])
            conforming += 1
    home = open_home(folder / "home", {"graph": "memory:"})
    facts = [json.loads(told) for told in facts_in(home)]
    named = {fact_id(fact): fact for fact in facts}
    told = sorted((each, f"{float(fact['belief'])!r}", fact["status"], str(fact["support"])) for each, fact in named.items())
    same = sorted(found) == told
    return {"seconds": round(time.perf_counter() - start, 1), "triples": triples, "facts": len(found), "same": same, "parts": conforming}


_FACTS = """
PREFIX ckg: <urn:chronokg:ns:>
SELECT ?id ?belief ?status ?support WHERE {
  ?fact a ckg:Fact ; ckg:belief ?belief ; ckg:status ?status ; ckg:support ?support .
  BIND(STRAFTER(STR(?fact), "fact:") AS ?id) FILTER(?status != "withdrawn") }
"""


def fact_id(told: Mapping[str, Any]) -> str:
    """A fact's identity is the hash of its head, relation and tail."""
    return Triple(EntityKey(told["head"]), told["relation"], EntityKey(told["tail"])).fact_id


def parts_of(path: Path) -> Iterator[tuple[str, str]]:
    """The facts of a file some at a time, each time with the lines about what they have in common: relations, ends, documents, days."""
    common: dict[str, list[str]] = {}
    part: list[str] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("<urn:chronokg:fact:"):
                common.setdefault(line.split(" ", 1)[0], []).append(line)
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith("<urn:chronokg:fact:"):
                if len(part) >= PAGES and f"{line.split(' ', 1)[0]}" not in part[-1] and line.split(" ")[0].count(":") == 3:
                    yield _beside(part, common), "".join(part)
                    part = []
                part.append(line)
    if part:
        yield _beside(part, common), "".join(part)


def _beside(part: list[str], common: dict[str, list[str]]) -> str:
    named = {line.split(" ", 2)[2][: -len(" .\n")] for line in part}
    return "".join(line for name in sorted(named & common.keys()) for line in common[name])


def timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    start, used = time.perf_counter(), time.process_time()
    found = work()
    times = {"seconds": round(time.perf_counter() - start, 1), "processor": round(time.process_time() - used, 1)}
    return {**found, **times, "peak_mib": round(peak_mib())}


def step(told: argparse.Namespace) -> dict[str, Any]:
    kind, _, form = told.step.partition(" ")
    match kind:
        case "make":
            return make(told.folder, told.facts)
        case "export":
            return export(told.folder, form)
        case "back":
            return back(told.folder, form)
        case _:
            return read_rdf(told.folder, told.shapes)


def main() -> None:
    arguments = options_of(__doc__)
    arguments.add_argument("--facts", type=int, default=100_000)
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--shapes", type=int, default=0)
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.step:
        print(json.dumps(step(told), default=str))
        return
    folder = told.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    for each in ("make", *(f"export {form}" for form in ("kgx", "rdf", "indra", "cx2")), "back kgx", "back indra", "read"):
        command = [
            sys.executable,
            "-m",
            "benchmarks.answering.formats",
            "--step",
            each,
            "--folder",
            str(folder),
            "--facts",
            str(told.facts),
        ]
        command += ["--shapes", str(told.shapes)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{each}: {done.stdout.strip() or done.stderr[-2000:]}", flush=True)
    print(folder)


if __name__ == "__main__":
    main()
