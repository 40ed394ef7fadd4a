"""Documents a second of whole runs in processes of their own: directly and by Prefect, by one extract worker and by several.

    python -m benchmarks.scheduling.throughput overhead --documents 10000 --rounds 3
    python -m benchmarks.scheduling.throughput graph --documents 10000              (with a Neo4j server: .ci/neo4j/with.sh)
    python -m benchmarks.scheduling.throughput workers --documents 400 --waits 0.5
    python -m benchmarks.scheduling.throughput start --rounds 3

`overhead` alternates a run without Prefect and the same by a flow with a server that is up; `graph` reads into a real Neo4j and looks at
the memory each second; `workers` reads with a model that waits, by one process and by backfills of two; `start` is from a command's start to
the moment when its model is first asked.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from agents.serving.protocols import Dialect
from benchmarks.common import options_of
from benchmarks.scheduling.made_papers import write_papers
from tests.agents.fakes import FakeServer


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("what", choices=("overhead", "graph", "workers", "start"))
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--waits", type=float, default=0.5, help="seconds that the model takes for a document")
    parser.add_argument("--runners", default="processes", help="of backfills: processes, dask, ray, with commas between")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        {"overhead": overhead, "graph": into_graph, "workers": workers, "start": start}[given.what](given, Path(folder))


def overhead(given: object, folder: Path) -> None:
    papers, model = write_papers(folder, given.documents)  # type: ignore[attr-defined]
    command = ["ingest", str(papers), "--model", model, "--graph", "memory:"]
    seconds: dict[str, list[float]] = {"direct": [], "by Prefect": []}
    read: dict[str, list[float]] = {"direct": [], "by Prefect": []}
    exports = set()
    with prefect_server(folder / "prefect") as api:
        for number in range(given.rounds):  # type: ignore[attr-defined]
            for way, environment in (("direct", {"CHRONOKG_ORCHESTRATION": "direct"}), ("by Prefect", {"PREFECT_API_URL": api})):
                home = folder / f"{way} {number}"
                took, told, _ = timed(command, home, {**environment, "CHRONOKG_BATCH": str(given.batch)})  # type: ignore[attr-defined]
                seconds[way].append(took)
                read[way].append(told["spent"]["seconds"])
                exports.add(exported(home))
    show({way: {"whole command, s": statistics.median(seconds[way]), "reading, s": statistics.median(read[way])} for way in seconds})
    ratio = statistics.median(b / a for a, b in zip(read["direct"], read["by Prefect"], strict=True))
    print(f"reading by Prefect / direct: {ratio:.3f} (median of {given.rounds} pairs); exports: {len(exports)}")  # type: ignore[attr-defined]


def into_graph(given: object, folder: Path) -> None:
    papers, model = write_papers(folder, given.documents)  # type: ignore[attr-defined]
    graph = os.environ["CHRONOKG_TEST_NEO4J"]
    os.environ["CHRONOKG_GRAPH_PASSWORD"] = os.environ["CHRONOKG_TEST_NEO4J_PASSWORD"]
    command = ["ingest", str(papers), "--model", model, "--graph", graph]
    with prefect_server(folder / "prefect") as api:
        took, told, memory = timed(command, folder / "home", {"PREFECT_API_URL": api, "CHRONOKG_BATCH": str(given.batch)})  # type: ignore[attr-defined]
    number = told["document"]["committed"]
    whole, reading = number / took, number / told["spent"]["seconds"]
    quarters = [max(memory[start : start + max(1, len(memory) // 4)]) for start in range(0, len(memory), max(1, len(memory) // 4))]
    show({"flow into Neo4j": {"documents": number, "whole command, s": took, "documents/s": whole, "documents/s of reading": reading}})
    print("memory, MiB, most in each quarter of the time:", ", ".join(f"{each:.0f}" for each in quarters))


def workers(given: object, folder: Path) -> None:
    papers, _ = write_papers(folder, given.documents)  # type: ignore[attr-defined]
    environment = {"CHRONOKG_CONCURRENCY": "8", "CHRONOKG_BATCH": "20"}
    found: dict[str, dict[str, float]] = {}
    exports = set()
    with prefect_server(folder / "prefect") as api, FakeServer(Dialect.VLLM) as server:
        server.likes, server.delay = {" treats": 90.0, " none": 1.0}, given.waits  # type: ignore[attr-defined]
        model = server.url
        ways = {"one process": ["ingest"], **{f"two by {name}": ["backfill", "--runner", name] for name in given.runners.split(",")}}  # type: ignore[attr-defined]
        for way, command in ways.items():
            home = folder / way
            took, told, _ = timed(
                [*command, str(papers), "--model", model, "--graph", "memory:"], home, {"PREFECT_API_URL": api, **environment}
            )
            found[way] = {"whole command, s": took, "reading, s": told["spent"]["seconds"]}
            exports.add(exported(home))
    show(found)
    print(f"exports: {len(exports)}")


def start(given: object, folder: Path) -> None:
    papers, _ = write_papers(folder, 1)
    first: dict[str, list[float]] = {"direct": [], "by Prefect": []}
    with prefect_server(folder / "prefect") as api, FakeServer(Dialect.VLLM) as server:
        server.likes = {" treats": 90.0, " none": 1.0}
        for number in range(given.rounds):  # type: ignore[attr-defined]
            for way, environment in (("direct", {"CHRONOKG_ORCHESTRATION": "direct"}), ("by Prefect", {"PREFECT_API_URL": api})):
                server.requests.clear()
                begun = time.monotonic()
                command = [sys.executable, "-m", "flows", "ingest", str(papers), "--model", server.url, "--graph", "memory:"]
                process = subprocess.Popen(
                    [*command, "--home", str(folder / f"{way} {number}")], env=with_environment(environment), stdout=subprocess.DEVNULL
                )
                while not server.asked("/v1/completions") and process.poll() is None:
                    time.sleep(0.01)
                first[way].append(time.monotonic() - begun)
                process.wait()
    show({way: {"to the first question, s": statistics.median(found)} for way, found in first.items()})


def timed(command: list[str], home: Path, environment: Mapping[str, str]) -> tuple[float, dict[str, object], list[float]]:
    """Seconds, what the command told, and the memory in MiB of its process each second."""
    memory: list[float] = []
    begun = time.monotonic()
    told = home.with_suffix(".json")
    with told.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", *command, "--home", str(home), "--json"], stdout=out, env=with_environment(environment)
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            try:
                memory.append(watched.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.2)
    took = time.monotonic() - begun
    if process.wait() != 0:
        raise SystemExit(f"{command[0]} ended with exit code {process.returncode}: {told.read_text()[:500]}")
    return took, json.loads(told.read_text()), memory


def exported(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "export", "--home", str(home), "--graph", "memory:"],
        capture_output=True, text=True, check=True, env=with_environment({}),
    )  # fmt: skip
    return done.stdout


def with_environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CHRONOKG_GRAPH_DATABASE"))}
    return {**kept, **more}


def show(rows: Mapping[str, Mapping[str, float]]) -> None:
    names = list(next(iter(rows.values())))
    print("| | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for title, figures in rows.items():
        print(f"| {title} | " + " | ".join(f"{figures[name]:,.1f}" for name in names) + " |")


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """A Prefect server of its own that is up; its API's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_HOME": str(home)}
    server = subprocess.Popen(
        [Path(sys.executable).with_name("prefect"), "server", "start", "--port", str(port)],
        env=with_environment(quiet), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    api = f"http://127.0.0.1:{port}/api"
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{api}/health", timeout=2, trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.2)
        yield api
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
