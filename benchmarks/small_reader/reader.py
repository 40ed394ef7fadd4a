"""The small reader on gold documents, one after the other as on a laptop: F1, calibration, seconds a document, memory.

python -m benchmarks.small_reader.reader --gold Dev.PubTator                     the adapter that ships
python -m benchmarks.small_reader.reader --gold Dev.PubTator --adapter none      the model as it comes, prompted
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from agents.asking.pairs import Pairing, nearest_pairs
from agents.asking.tagging import TaggedDocument
from agents.models.embedded_model import embedded_weights
from flows.home.homes import open_home
from flows.quality.gold_sets import gold_set
from flows.wiring.readers import adapter_of, relation_reader
from pipeline.evaluating.judged_claims import Judged, judge
from pipeline.evaluating.precision_recall import LEVELS, best_of
from pipeline.evaluating.reader_figures import confidence, raw_score, reader_figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--adapter", default="auto")
    parser.add_argument("--limit", type=int)
    print(json.dumps(asyncio.run(measured(parser.parse_args())), indent=1))


async def measured(given: argparse.Namespace) -> dict[str, Any]:
    with TemporaryDirectory() as place:
        home = open_home(Path(place), {"model": "embedded", "adapter": given.adapter, "graph": "memory:"})
        ontology, adapter = home.rules.ontology, adapter_of(home)
        cases = gold_set((given.gold,), (), ontology, given.limit).cases
        agent = relation_reader(home)
        memory = psutil.Process(os.getpid()).memory_info
        seconds, pairs, judged, most = [], [], [], 0
        pairing = Pairing(ontology, taught=adapter.skills.allows if adapter else None)
        for case in cases:
            tagged = TaggedDocument(case.document)
            pairs.append(len(nearest_pairs(tagged, tagged.windows(6000), pairing, 100_000)[0]))
            begun = time.perf_counter()
            read = await agent.read(case.document)
            seconds.append(time.perf_counter() - begun)  # the first loads the model, and is left out below
            most = max(most, memory().rss)
            judged.append(judge(case.document, read.claims, case.related, case.scheme, ontology))
        await agent.close()
        known = agent.calibration
        return {
            "reader": agent.reader.name,
            "documents": len(cases),
            "pairs": {"median": median(pairs), "p90": quantiles(pairs, n=10)[-1]},
            "seconds": {"median": round(median(seconds[1:]), 3), "p90": round(quantiles(seconds[1:], n=10)[-1], 3)},
            "mib_above_model_file": round((most - embedded_weights().stat().st_size) / 2**20),
            "load_average": os.getloadavg()[0],
            "likeliest_relation_right": likeliest_right(judged, known.cuts["pair"]) if known else None,
            "raw": told(reader_figures(judged, raw_score, home.rules.threshold)),
            "calibrated": told(reader_figures(judged, confidence, home.rules.threshold, cuts=known.cuts)) if known else None,
        }


def likeliest_right(judged: Sequence[Judged], cut: float) -> dict[str, int]:
    """Of the pairs at the cut that are related, of how many the likeliest relation is the annotators'."""
    pairs = right = 0
    for one in judged:
        for pair, score in best_of(one, LEVELS[0], confidence).items():
            if score >= cut and pair in one.pairs:
                pairs += 1
                right += max((c for c in one.candidates if c.pair == pair), key=confidence).unit in one.units
    return {"related": pairs, "right": right}


def told(found: dict[str, Any]) -> dict[str, Any]:
    extraction, reliability = found["extraction"], found["reliability"]
    return {
        **{
            name: {
                "at cut": extraction[name].get("cut"),
                "best": extraction[name]["best"],
                "95 % of F1 at the threshold": found["intervals"].get(f"f1, {name}"),
            }
            for name in ("pair", "pair and type", "pair and type, the gold's words")
        },
        "ece": reliability and reliability["ece"],
        "skill": reliability and reliability["skill"],
        "claims": reliability and reliability["claims"],
    }


if __name__ == "__main__":
    main()
