"""Killing the writer and the database at random, and looking whether anything is lost, doubled or half done.

    python -m benchmarks.graph.kills SERVER_DIR PORT [JARS] [--kills 50]

Starts a Neo4j of its own by `.ci/neo4j/up.sh`. A writer records batches and brings the graph up to date after each; again and again the
writer or the server is killed (SIGKILL) and started again. In the end the graph must be the fold of the log, line by line.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.common import BIOMEDICAL, options_of
from benchmarks.graph.made import observations
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.opening import open_store
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.believing.rules import Rules
from pipeline.exports.canonical import canonical_lines
from pipeline.line import bring_up_to_date
from schema.errors import StoreBusy, StoreFailed
from schema.ids import BatchId
from schema.ports import GraphStore

RULES = Rules(BIOMEDICAL)
BATCH = 150


def start(directory: Path, port: int, jars: Path) -> dict[str, str]:
    """Start the server; returns the environment that names it."""
    environment = {**os.environ, "PYTHON": sys.executable, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [".ci/neo4j/up.sh", str(directory), str(port), str(jars)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return {**os.environ, **dict(line.removeprefix("export ").split("=", 1) for line in told.splitlines())}


def opened(environment: dict[str, str]) -> GraphStore:
    user, password = environment["CHRONOKG_TEST_NEO4J_USER"], environment["CHRONOKG_TEST_NEO4J_PASSWORD"]
    return open_store(environment["CHRONOKG_TEST_NEO4J"], Path("unused"), user=user, password=password)


def patiently(environment: dict[str, str]) -> GraphStore:
    for _ in range(60):
        try:
            return opened(environment)
        except StoreFailed:
            time.sleep(0.5)
    raise StoreFailed("the server does not come back")


def work(log_path: Path) -> None:
    """Record batch after batch, for ever; what was recorded before is not recorded again. Where the server is away, wait for it."""
    log, store = DeltaEvidenceLog(log_path), patiently(dict(os.environ))
    stream = observations(10**9, 2_000, conflicts=0.3)
    number = 0
    while True:
        said = [next(stream) for _ in range(BATCH)]
        log.append(BatchId(f"batch {number:06}"), said)
        number += 1
        try:
            bring_up_to_date(log, store, RULES)
        except (StoreFailed, StoreBusy):
            time.sleep(0.5)


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("jars", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    jars = options.jars or options.directory / "jars"
    environment = start(options.directory, options.port, jars)
    counts = {"writer": 0, "database": 0}
    with tempfile.TemporaryDirectory() as name:
        log_path = Path(name) / "log"
        with closing(opened(environment)) as store:
            store.clear()

        def writer() -> subprocess.Popen[bytes]:
            return subprocess.Popen([sys.executable, "-m", "benchmarks.graph.kills", "--work", str(log_path)], env=environment)

        writing = writer()
        time.sleep(5)
        for _ in range(options.kills):
            time.sleep(chance.uniform(0.2, 8.0))
            if chance.random() < 0.5:
                writing.kill()
                writing.wait()
                counts["writer"] += 1
                writing = writer()
            else:
                os.kill(int((options.directory / "pid").read_text()), signal.SIGKILL)
                counts["database"] += 1
                time.sleep(1)
                environment = start(options.directory, options.port, jars)
        time.sleep(5)
        writing.kill()
        writing.wait()
        log = DeltaEvidenceLog(log_path)
        with closing(opened(environment)) as store:
            bring_up_to_date(log, store, RULES)
            graph = fold(all_evidence(log), RULES, histories=False)
            wanted = list(canonical_lines(graph.facts, graph.entities, graph.documents))
            found = list(canonical_lines(store.facts(), store.entities(), store.documents()))
            told = store.counts()
    os.kill(int((options.directory / "pid").read_text()), signal.SIGTERM)
    print(f"killed {counts}; {told}; export {'equal' if found == wanted else 'DIFFERENT'}, {len(found):,} lines")


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        work(Path(sys.argv[2]))
    main()
