"""Gold documents of our own, with a scripted reader whose scores are worth a known share of what they say."""

import random
from pathlib import Path
from typing import Any

from tests.flows.commands.running import write_lines

CHEMICALS = [("Zinc", "D015032"), ("Copper", "D003300"), ("Iron", "D007501")]
DISEASES = [("warts", "D014860"), ("gout", "D006073"), ("rickets", "D012279"), ("scurvy", "D012614")]


def pubtator(numbers: range, related: dict[int, list[tuple[str, str, str]]]) -> str:
    """A block for each number; every document mentions all three chemicals and all four diseases."""
    blocks = []
    for number in numbers:
        title, text = f"Study {number}.", f"{', '.join(n for n, _ in CHEMICALS)} were tried in {', '.join(n for n, _ in DISEASES)}."
        whole = f"{title} {text}"
        lines = [f"{number}|t|{title}", f"{number}|a|{text}"]
        for kind, named in (("ChemicalEntity", CHEMICALS), ("DiseaseOrPhenotypicFeature", DISEASES)):
            for name, key in named:
                at = whole.index(name)
                lines.append(f"{number}\t{at}\t{at + len(name)}\t{name}\t{kind}\t{key}")
        lines += [f"{number}\t{word}\t{head}\t{tail}\tNovel" for word, head, tail in related.get(number, [])]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def world(folder: Path, documents: int = 80, worth: float = 0.4) -> dict[str, Path]:
    """Gold of two halves, and a script that claims treat for every pair, right in `worth` times its score of the cases."""
    draw = random.Random(7)
    related: dict[int, list[tuple[str, str, str]]] = {}
    answers: list[dict[str, Any]] = []
    for number in range(1, documents + 1):
        claims = []
        for _, chemical in CHEMICALS:
            for _, disease in DISEASES:
                score = round(draw.uniform(0.2, 1.0), 3)
                claims.append({"head": f"MESH:{chemical}", "relation": "treat", "tail": f"MESH:{disease}", "confidence": score})
                if draw.random() < score * worth:
                    related.setdefault(number, []).append(("Negative_Correlation", chemical, disease))
        answers.append({"document": f"PMID:{number}", "claims": claims})
    half = documents // 2
    train, dev = folder / "train.pubtator", folder / "dev.pubtator"
    train.write_text(pubtator(range(1, half + 1), related), encoding="utf-8")
    dev.write_text(pubtator(range(half + 1, documents + 1), related), encoding="utf-8")
    return {"train": train, "dev": dev, "script": write_lines(folder / "script.jsonl", answers)}
