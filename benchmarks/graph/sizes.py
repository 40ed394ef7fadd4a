"""What log, index, answers and graph take on the disk: for a document, a claim, an observation, a fact.

    python -m benchmarks.graph.sizes texts DIR FILE…              real texts, of which a scripted model says nothing
    python -m benchmarks.graph.sizes claims DIR BIORED.PubTator   the linear reader's claims about BioRED
    python -m benchmarks.graph.sizes observations DIR             made observations, 20,000 and 60,000
    python -m benchmarks.graph.sizes graph DIR --graph bolt://… --server NEO4J   the latter's graph on a server that .ci/neo4j/up.sh made there

What is said for one more is the difference between the larger and the smaller. DIR must be new; the graph on the server is replaced.
"""

import argparse
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import flows as chronokg
from benchmarks.common import options_of
from benchmarks.graph.made import observations
from flows.home.homes import Home
from flows.jobs.keeping import rebuild_graph
from schema.document import Document
from schema.observation import Entity, Observation
from schema.records import Expense, Reading

COUNTS = (20_000, 60_000)
ENTITIES = 5_000


@dataclass(frozen=True)
class Sizes:
    """Bytes on the disk."""

    log: int
    index: int
    answers: int

    def __sub__(self, other: "Sizes") -> "Sizes":
        return Sizes(self.log - other.log, self.index - other.index, self.answers - other.answers)


def sizes_of(home: Home) -> Sizes:
    """The log as far as its last commit needs it, its index, and the answers of models."""
    home.log.close()  # or what SQLite has not yet put in its place would be missing
    log = sum((home.path / "log" / part).stat().st_size for part in home.log.parts(home.log.version()))
    found = {each.name: each.stat().st_size for each in home.path.iterdir() if each.is_file()}
    return Sizes(log, found["log-index.sqlite"], found.get("replies.sqlite", 0))


def texts(options: argparse.Namespace) -> None:
    silent = options.directory / "silent.jsonl"
    silent.parent.mkdir(parents=True)
    silent.touch()
    home = chronokg.open_home(options.directory / "home", graph="memory:", model=f"scripted:{silent}", batch=200)
    chronokg.ingest(home, *options.files)
    tell(home, {"text": len(list(home.log.records(Document)))})


def claims(options: argparse.Namespace) -> None:
    home = chronokg.open_home(options.directory / "home", graph="memory:", reading="linear", batch=200)
    chronokg.ingest(home, *options.files, published="2010")
    made = list(home.log.records(Observation))
    read = len(list(home.log.records(Reading))) + len(list(home.log.records(Expense)))
    admitted = sum(1 for each in made if each.record.confidence >= home.rules.threshold)
    print(f"{len(made):,} claims of {read} texts, {len(made) / read:.1f} each; {admitted:,} at least {home.rules.threshold}")
    tell(home, {"text": read, "claim": len(made)})


def made(options: argparse.Namespace) -> None:
    smaller, larger = (observed(options.directory / f"{count}", count) for count in COUNTS)
    more = COUNTS[1] - COUNTS[0]
    grown = sizes_of(larger) - sizes_of(smaller)
    print(f"one more observation: log {grown.log / more:.0f}, index {grown.index / more:.0f} bytes")


def observed(folder: Path, count: int) -> Home:
    folder.mkdir(parents=True)
    lines = folder / "made.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for each in observations(count, ENTITIES):
            file.write(json.dumps(line_of(each.record)) + "\n")
    home = chronokg.open_home(folder / "home", graph="memory:")
    chronokg.observe_file(home, lines)
    home.complete_index()
    return home


def line_of(said: Observation) -> dict[str, object]:
    ends = {side: entity_of(entity) for side, entity in (("head", said.head), ("tail", said.tail))}
    told = {"document": said.document, "published": str(said.published), "source": said.source, "relation": said.relation}
    return {**told, **ends, "confidence": said.confidence, "polarity": said.polarity.value, "quote": said.quote}


def entity_of(entity: Entity) -> dict[str, str]:
    return {"key": entity.key, "type": entity.type, "name": entity.name}


def graph(options: argparse.Namespace) -> None:
    found: list[tuple[int, int, int]] = []
    for count in COUNTS:
        home = chronokg.open_home(options.directory / f"{count}" / "home", graph=options.graph)
        held = rebuild_graph(home, take_over=True)
        subprocess.run([options.server / "stop"], check=True, capture_output=True)  # which writes down what it has in memory
        store = sum(each.stat().st_size for each in (options.server / "data" / "databases" / "neo4j").rglob("*") if each.is_file())
        found.append((store, int(str(held["facts"])), count))
        subprocess.run([options.server / "start"], check=True, capture_output=True)
        print(f"{count:,} observations, {held['facts']:,} facts: {store / 1e6:.1f} MB")
    (before, few, least), (after, many, most) = found
    told = f"one more fact: {(after - before) / (many - few):.0f} bytes, with {(most - least) / (many - few):.2f} observations"
    print(f"{told}; one more observation: {(after - before) / (most - least):.0f}")


def tell(home: Home, units: dict[str, int]) -> None:
    home.complete_index()
    sizes = sizes_of(home)
    for unit, number in units.items():
        print(
            f"a {unit}: log {sizes.log / number:,.0f}, index {sizes.index / number:,.0f}, answers {sizes.answers / number:,.0f} bytes ({number:,})"
        )


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("part", choices=["texts", "claims", "observations", "graph"])
    parser.add_argument("directory", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--graph")
    parser.add_argument("--server", type=Path)
    options = parser.parse_args()
    {"texts": texts, "claims": claims, "observations": made, "graph": graph}[options.part](options)


if __name__ == "__main__":
    main()
