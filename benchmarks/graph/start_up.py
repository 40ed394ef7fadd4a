"""What short commands cost, of one or of several checkouts side by side: seconds of the clock and of the processors, taken in turns.

    python -m benchmarks.graph.start_up [CHECKOUT …] [--rounds 7]

Each checkout works on a home of its own with the demo's curated observations in the embedded graph. The first command of each is not
counted: it leaves what later ones start from.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.common import options_of

HERE = Path(__file__).resolve().parents[2]


def paper(folder: Path, number: int) -> list[str]:
    """The arguments that ingest one new document, with what the scripted model says of it."""
    title, text = f"Paper {number}:", "Drug one relieves illness one."
    spans = ((0, 8, "Drug one", "Chemical", "MESH:C1"), (18, 29, "illness one", "Disease", "MESH:D1"))
    names = ("start", "end", "text", "type", "identifier")
    at = len(title) + 1
    mentions = [dict(zip(names, (at + start, at + end, *more), strict=True)) for start, end, *more in spans]
    document = {"id": f"PMID:{number}", "title": title, "abstract": text, "published": "2001-03", "source": "pubmed", "mentions": mentions}
    claim = {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D1", "confidence": 0.8}
    (folder / "paper.jsonl").write_text(json.dumps(document) + "\n")
    (folder / "answers.jsonl").write_text(json.dumps({"document": document["id"], "claims": [claim]}) + "\n")
    return ["ingest", str(folder / "paper.jsonl"), "--model", f"scripted:{folder / 'answers.jsonl'}"]


def run(checkout: Path, home: Path, arguments: list[str]) -> tuple[float, float]:
    """Seconds of the clock and of processors that a command took, servers that it started and ended included."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHRONOKG_", "PREFECT_"))}
    environment = {**kept, "PYTHONPATH": str(checkout), "CHRONOKG_CACHE": str(home.parent / "cache")}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "flows", *arguments, "--home", str(home)]
    subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("checkouts", type=Path, nargs="*", default=[HERE])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    found: defaultdict[tuple[str, Path], list[tuple[float, float]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folders = {checkout: Path(name) / str(number) for number, checkout in enumerate(checkouts)}
        for checkout, folder in folders.items():
            folder.mkdir()
            run(checkout, folder / "home", ["observe", str(HERE / "examples/demo/curated.jsonl")])
        time.sleep(20)  # what the first command leaves is made behind its back
        for number in range(options.rounds):
            for checkout in checkouts if number % 2 == 0 else reversed(checkouts):
                folder = folders[checkout]
                commands = {
                    "status": ["status"],
                    "query": ["query", "MATCH (n) RETURN count(n)"],
                    "why": ["why", "hydroxychloroquine", "treat", "COVID-19"],
                    "ingest": paper(folder, 90_000_000 + number),
                }
                for command, arguments in commands.items():
                    found[command, checkout].append(run(checkout, folder / "home", arguments))
                    print(f"{command:8} {checkout.name:10} {found[command, checkout][-1]}", file=sys.stderr, flush=True)
    print("| command | checkout | seconds, median | of processors | share of the first's |\n|---|---|---|---|---|")
    for (command, checkout), times in found.items():
        clock, cpu = (statistics.median(each) for each in zip(*times, strict=True))
        first = statistics.median(cpu for _, cpu in found[command, checkouts[0]])
        print(f"| `{command}` | {checkout.name} | {clock:.1f} | {cpu:.1f} | {cpu / first:.2f} |")


if __name__ == "__main__":
    main()
