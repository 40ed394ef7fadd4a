"""How fast `serve` answers, alone and to many clients at once while another process adds to the log.

    python -m benchmarks.answering.serving FOLDER [--facts 100000] [--clients 64] [--seconds 60] [--workers 1] [--every 1.0] [--pause 1.0]

Three things are measured, on observations that are made:

1. the overhead of HTTP: for each kind of question the median of the function on a snapshot, and of the same question asked over
   loopback by one client;
2. clients: each asks one of these questions, waits `--pause` seconds on average, and asks again, while a process of its own records a
   batch of observations `--every` so many seconds; seconds of each answer, and what failed;
3. torn answers: every batch says as much of one fact as of another, and each twentieth question is about the two.
"""

import asyncio
import json
import multiprocessing
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.common import options_of
from benchmarks.graph.made import observations
from flows.answers.answers_from_log import context_for, timeline_of, why_of
from flows.answers.entities import found_entities
from flows.home.homes import Home, open_home
from flows.home.snapshots import HomeSnapshots
from pipeline.finding.found_entities import candidates_as_data
from schema.dates import PartialDate
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.records import Recorded

AT_ONCE = 20_000
TWINS = (("EVEN:1", "EVEN:2"), ("EVEN:1", "EVEN:3"))
PAIR = "/entities/EVEN:1/timeline"


def filled(folder: Path, facts: int) -> Home:
    """A home of so many observations; one that is there already is taken as it is."""
    there = (folder / "log").exists()
    home = open_home(folder, graph="memory:")
    if not there:
        home.log.append(*even(0))
        said, number = observations(facts, max(100, facts // 5)), 0
        while some := [each for _, each in zip(range(AT_ONCE), said, strict=False)]:
            home.log.append(BatchId(f"made {number}"), some)
            number += 1
    home.complete_index()
    return home


def even(number: int) -> tuple[BatchId, list[Recorded[Observation]]]:
    """A batch that says as much of one fact as of the other."""
    ends = [(Entity(EntityKey(one), "Chemical", one), Entity(EntityKey(other), "Disease", other)) for one, other in TWINS]
    document, day = DocumentId(f"EVEN:{number}"), PartialDate.parse("2001")
    said = [Observation(document, day, "even", head, "treat", tail, 0.7, quote="") for head, tail in ends]
    return BatchId(f"even {number}"), [Recorded(each, datetime.now(UTC)) for each in said]


def add_now_and_then(folder: Path, every: float, first: int) -> None:
    """Record batches until the process is ended, as a command that adds does."""
    home, number = open_home(folder, graph="memory:"), first
    while True:
        batch, twins = even(number)
        made = list(observations(50, 1000, seed=number, first_document=10_000_000 + 100 * number))
        home.log.append(batch, [*twins, *made])
        home.complete_index()
        number += 1
        time.sleep(every)


Ask = Callable[[Home], object]


def questions(rng: random.Random, entities: list[Entity]) -> tuple[str, str, Ask]:
    """Its kind, its path, and the function that answers it."""
    one, other = rng.choice(entities), rng.choice(entities)
    match rng.randrange(4):
        case 0:
            return (
                "search",
                f"/entities?q={one.name}",
                lambda home: {"query": one.name, "entities": candidates_as_data(found_entities(home, one.name))},
            )
        case 1:
            return "timeline", f"/entities/{one.key}/timeline", lambda home: timeline_of(home, one.key)
        case 2:
            path = f"/facts?head={one.key}&relation=associate&tail={other.key}"
            return "why", path, lambda home: why_of(home, one.key, "associate", other.key)
    asked = f"What is known of {one.name}?"
    return "context", f"/context?q={asked}", lambda home: context_for(home, asked)


def overhead(home: Home, address: str, entities: list[Entity], number: int) -> dict[str, dict[str, float]]:
    """Milliseconds at the median: of the function, of the same over HTTP, and between them."""
    spent: dict[str, list[tuple[float, float]]] = {}
    snapshots, rng = HomeSnapshots(home), random.Random(1)
    with httpx.Client(base_url=address, timeout=60) as client:
        for at in range(number):
            kind, path, ask = questions(rng, entities)
            client.get(path)  # what both read is in memory then
            begun = time.perf_counter()
            with snapshots.taken() as snapshot:
                json.dumps(ask(snapshot), default=str)
            between = time.perf_counter()
            client.get(path)
            if at > number // 10:
                spent.setdefault(kind, []).append((between - begun, time.perf_counter() - between))
    snapshots.close()
    told = {}
    for kind, pairs in sorted(spent.items()):
        function, http = (1000 * statistics.median(each) for each in zip(*pairs, strict=True))
        extra = 1000 * statistics.median(http - function for function, http in pairs)
        told[kind] = {"function": round(function, 2), "http": round(http, 2), "overhead": round(extra, 2)}
    return told


async def crowd(address: str, clients: int, seconds: float, pause: float, entities: list[Entity]) -> dict[str, Any]:
    """What many clients at once get."""
    took: list[float] = []
    wrong: list[str] = []
    states: set[int] = set()
    end = time.monotonic() + seconds

    async def ask(number: int, client: httpx.AsyncClient) -> None:
        rng = random.Random(number)
        await asyncio.sleep(rng.random() * pause)
        while time.monotonic() < end:
            is_pair = rng.random() < 0.05
            path = PAIR if is_pair else questions(rng, entities)[1]
            begun = time.perf_counter()
            try:
                told = await client.get(path)
            except httpx.HTTPError as error:
                wrong.append(f"{path}: {type(error).__name__}")
                continue
            took.append(time.perf_counter() - begun)
            if told.status_code not in (200, 404) or (told.status_code == 404 and is_pair):
                wrong.append(f"{path}: {told.status_code} {told.text[:200]}")
            elif is_pair:
                supports = {fact["support"] for fact in told.json()["facts"]}
                states.update(supports)
                if len(supports) != 1 or len(told.json()["facts"]) != 2:
                    wrong.append(f"torn: {supports}")
            await asyncio.sleep(rng.expovariate(1 / pause) if pause else 0)

    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as client:
        await asyncio.gather(*(ask(number, client) for number in range(clients)))
    took.sort()
    shares = {f"p{share}": round(1000 * took[min(len(took) - 1, len(took) * share // 100)], 1) for share in (50, 95, 99)}
    return {
        "answers": len(took),
        "per second": round(len(took) / seconds, 1),
        **shares,
        "states": len(states),
        "wrong": len(wrong),
        "first": wrong[:3],
    }


@contextmanager
def served(folder: Path, workers: int) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "flows",
        "serve",
        "--home",
        str(folder),
        "--graph",
        "memory:",
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    environment = {**os.environ, "CHRONOKG_SERVE_RATE": "0"}
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stderr is not None
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://[\d.:]+", line)))
        while httpx.get(f"{address}/readyz", timeout=60).status_code != 200:
            time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--facts", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--every", type=float, default=1.0)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--asked", type=int, default=400, help="questions for the overhead")
    given = parser.parse_args()
    home = filled(given.folder, given.facts)
    entities = sorted((each for each in home.log.called() if each.key.startswith("MADE:")), key=lambda each: each.key)
    with served(given.folder, given.workers) as address:
        print(json.dumps({"overhead, ms": overhead(home, address, entities, given.asked)}))
        writer = multiprocessing.get_context("spawn").Process(
            target=add_now_and_then, args=(given.folder, given.every, len(home.log.batches())), daemon=True
        )
        writer.start()
        try:
            print(json.dumps(asyncio.run(crowd(address, given.clients, given.seconds, given.pause, entities))))
        finally:
            writer.terminate()


if __name__ == "__main__":
    main()
