"""How fast relations made elsewhere go into the evidence log, and how much memory that takes.

python -m benchmarks.observing [--lines 5000000]
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from flows.home import open_home
from flows.observing import given_by, observe_file

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


def worker(folder: Path) -> None:
    """Observes the files into a new home and tells how it went; the graph is left for later."""
    home = open_home(folder / "home", {"graph": "memory:", "confidence": {"treat": 0.8, "*": 0.7}})
    start = time.perf_counter()
    given = given_by(home, dates=folder / "dates.tsv")
    begun = time.perf_counter()
    (tally,) = observe_file(home, folder / "relations.tsv", given, into_graph=False)
    taken, used = time.perf_counter() - begun, time.process_time()
    peak = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]
    told = {"dates_s": begun - start, "taken_s": taken, "processor_s": used, "peak_mib": int(peak) / 1024}
    print(json.dumps({**told, "submitted": tally.submitted, "committed": tally.committed, "set_aside": dict(tally.set_aside)}))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=5_000_000)
    arguments.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    told = arguments.parse_args()
    if told.worker:
        worker(told.worker)
        return
    for lines in (told.lines // 10, told.lines):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make(folder / "relations.tsv", folder / "dates.tsv", lines)
            command = (sys.executable, "-m", "benchmarks.observing", "--worker", name)
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            size = sum(file.stat().st_size for file in (folder / "home" / "log").rglob("*") if file.is_file())
        print(f"{lines} lines: {lines / found['taken_s']:.0f} lines/s, peak memory {found['peak_mib']:.0f} MiB")
        print(f"  {found['processor_s']:.1f} s of processor, dates read in {found['dates_s']:.1f} s, log of {size / 1e6:.0f} MB")
        print(f"  {found['committed']} committed, set aside: {found['set_aside']}")


if __name__ == "__main__":
    main()
