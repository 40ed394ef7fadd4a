"""Read real abstracts with a real model, both ways, and say what it cost and what it was worth.

python -m benchmarks.models.extraction BIORED.PubTator --model embedded --documents 24 --out embedded.json
python -m benchmarks.models.extraction BIORED.PubTator --model http://127.0.0.1:8000 --documents 24 --out vllm.json
python -m benchmarks.models.extraction BIORED.PubTator --compare embedded.json vllm.json
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from pathlib import Path

from agents.asking.concurrency import ask_many
from agents.asking.pairs import Pairing, nearest_pairs
from agents.asking.tagging import TaggedDocument
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from benchmarks.common import BIOMEDICAL, GoldDocument, gold_documents, gold_options, warm_model
from schema.document import Document
from schema.errors import ModelFailed
from schema.ports import Extractor
from schema.usage import Usage

ADMITTED, FLOOR = 0.6, 0.1
Pair = frozenset[str]


def candidate_pairs(document: Document) -> set[Pair]:
    """The pairs of the document that the ontology could relate, as label reading asks about them."""
    tagged = TaggedDocument(document)
    found, _ = nearest_pairs(tagged, tagged.windows(6000), Pairing(BIOMEDICAL), 200)
    return {frozenset((tagged.entities[pair.one].key, tagged.entities[pair.other].key)) for pair in found}


def f1(said: set[Pair], right: frozenset[Pair] | set[Pair]) -> tuple[int, int, int]:
    """True positives, said, right: sums over documents give precision and recall."""
    return len(said & right), len(said), len(right)


def scores(counts: list[tuple[int, int, int]]) -> dict[str, float]:
    hit, said, right = (sum(column) for column in zip(*counts, strict=True))
    precision, recall = hit / said if said else 0.0, hit / right if right else 0.0
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / (precision + recall), 3) if precision + recall else 0.0,
    }


async def measured(extractor: Extractor, read: list[GoldDocument], concurrency: int) -> dict[str, object]:
    start = time.perf_counter()
    found = await ask_many(extractor.read, [one.document for one in read], concurrency)
    seconds = time.perf_counter() - start
    usage, failures, claims, verbatim, counts, kept = Usage(), defaultdict(int), [], 0, [], []
    for one, extraction in zip(read, found, strict=True):
        if isinstance(extraction, ModelFailed):
            failures[str(extraction).split(":")[0].split(" (")[0]] += 1
            counts.append(f1(set(), one.related))
            continue
        usage += extraction.usage
        claims += [claim for claim in extraction.claims if claim.confidence >= FLOOR]
        verbatim += sum(claim.quote != "" and claim.quote in one.document.text for claim in extraction.claims if claim.confidence >= FLOOR)
        counts.append(f1({frozenset((c.head, c.tail)) for c in extraction.claims if c.confidence >= ADMITTED}, one.related))
        kept += [[one.document.id, c.head, c.relation, c.tail, c.confidence] for c in extraction.claims]
    return {
        "reader": extractor.reader.name,
        "documents": len(read),
        "seconds per document": round(seconds / len(read), 2),
        "requests": usage.requests,
        "prompt tokens computed": usage.prompt_tokens,
        "completion tokens": usage.completion_tokens,
        "claims of at least 0.1": len(claims),
        "of these with a verbatim quote": verbatim,
        "claims admitted (0.6)": sum(claim.confidence >= ADMITTED for claim in claims),
        "failures": dict(failures),
        "pairs admitted against gold": scores(counts),
        "claims": kept,
    }


async def run(options: argparse.Namespace) -> None:
    read = gold_documents(options.gold, options.documents)
    pairs = {one.document.id: candidate_pairs(one.document) for one in read}
    result: dict[str, object] = {
        "candidate pairs": sum(map(len, pairs.values())),
        "saying that every candidate pair is related": scores([f1(pairs[one.document.id], one.related) for one in read]),
    }
    model = await warm_model(options)
    try:
        for way in options.ways.split(","):
            made = (
                LabelRelations(model, BIOMEDICAL, floor=0.0) if way == "labels" else VoteRelations(model, BIOMEDICAL, votes=options.votes)
            )
            result[way] = await measured(made, read, options.concurrency)
            shown = {key: value for key, value in result[way].items() if key != "claims"}
            print(json.dumps({way: shown}, indent=1), flush=True)
    finally:
        await model.close()
    print(json.dumps({key: value for key, value in result.items() if key not in {"labels", "votes"}}, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result), encoding="utf-8")


def compare(one: Path, other: Path) -> None:
    """How far two servers' label distributions lie apart, pair by pair and direction by direction."""
    rows: list[dict[tuple[str, ...], dict[str, float]]] = []
    for path in (one, other):
        found: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
        for document, head, relation, tail, confidence in json.loads(path.read_text(encoding="utf-8"))["labels"]["claims"]:
            found[document, *sorted((head, tail))][f"{head}>{relation}"] = confidence
        rows.append(found)
    first, second = rows
    shared = sorted(first.keys() & second.keys())
    apart = [sum(abs(first[key][label] - second[key].get(label, 0.0)) for label in first[key]) / 2 for key in shared]
    same = sum(max(first[key], key=first[key].__getitem__) == max(second[key], key=second[key].__getitem__) for key in shared)
    differences = sorted(abs(first[key][label] - second[key].get(label, 0.0)) for key in shared for label in first[key])
    sides = [(value >= ADMITTED) == (second[key].get(label, 0.0) >= ADMITTED) for key in shared for label, value in first[key].items()]
    print(
        json.dumps(
            {
                "pairs in both": len(shared),
                "pairs in one only": len(first.keys() ^ second.keys()),
                "half the summed difference of a pair's relation probabilities, mean": round(sum(apart) / len(apart), 4),
                "difference of one probability, median": round(differences[len(differences) // 2], 5),
                "99th percentile": round(differences[len(differences) * 99 // 100], 4),
                "largest": round(differences[-1], 4),
                "pairs with the same best relation": round(same / len(shared), 4),
                "claims on the same side of 0.6": round(sum(sides) / len(sides), 5),
            },
            indent=1,
        )
    )


def main() -> None:
    parser = gold_options(__doc__, 24)
    parser.add_argument("--votes", type=int, default=4)
    parser.add_argument("--ways", default="labels,votes")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--compare", type=Path, nargs=2)
    options = parser.parse_args()
    if options.compare:
        compare(*options.compare)
    else:
        asyncio.run(run(options))


if __name__ == "__main__":
    main()
