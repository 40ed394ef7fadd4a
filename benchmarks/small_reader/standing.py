"""What counting alone tells: trees on the four digits of a question and the types of its ends, without a word of the text.

    python -m benchmarks.small_reader.standing Train.PubTator Dev.PubTator

Thresholds are chosen on the second file: upper bounds.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from agents.asking.pairs import Pairing, nearest_pairs, relative_position
from agents.asking.prompting import NONE
from agents.asking.tagging import TaggedDocument
from benchmarks.common import BIOMEDICAL
from flows.quality.gold_sets import gold_set
from pipeline.evaluating.judged_claims import judge

UNRELATED = {("Disease", "Disease"), ("Gene", "Variant")}  # which BioRED's annotators do not relate


def pairs(path: Path) -> tuple[np.ndarray, list[tuple[str, str]], np.ndarray, int]:
    """Digits of each pair, its types, its relation or none; and how many relations the gold has."""
    rows, types, said, gold = [], [], [], 0
    for case in gold_set((path,), (), BIOMEDICAL).cases:
        tagged = TaggedDocument(case.document)
        units = judge(case.document, (), case.related, case.scheme, BIOMEDICAL).units
        gold += len(units)
        told = {frozenset((head, tail)): relation for head, relation, tail in units}
        for pair in nearest_pairs(tagged, tagged.windows(6000), Pairing(BIOMEDICAL), 1000)[0]:
            one, other = sorted((pair.one, pair.other), key=lambda number: (tagged.entities[number].type, number))
            kinds = tagged.entities[one].type, tagged.entities[other].type
            if kinds not in UNRELATED:
                rows.append([int(digit) for digit in relative_position(tagged, one, other)])
                types.append(kinds)
                said.append(told.get(frozenset((tagged.entities[one].key, tagged.entities[other].key)), NONE))
    return np.array(rows, float), types, np.array(said), gold


def main(train: Path, dev: Path) -> None:
    (known, known_types, answers, _), (asked, asked_types, right, gold) = pairs(train), pairs(dev)
    kinds = sorted(set(known_types) | set(asked_types))
    inputs = [
        np.c_[digits, [[one == kind for kind in kinds] for one in types]] for digits, types in ((known, known_types), (asked, asked_types))
    ]
    trees = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.05, max_leaf_nodes=15, l2_regularization=1.0, random_state=0)
    chances = trees.fit(inputs[0], answers).predict_proba(inputs[1])
    none = list(trees.classes_).index(NONE)
    related = 1.0 - chances[:, none]
    chances[:, none] = 0.0
    likeliest = trees.classes_[chances.argmax(1)]
    counts = {kind: Counter(a for a, k in zip(answers, known_types, strict=True) if k == kind and a != NONE) for kind in kinds}
    commonest = np.array([counts[kind].most_common(1)[0][0] if counts[kind] else NONE for kind in asked_types])
    found = []
    for cut in np.arange(0.1, 0.8, 0.02):
        admitted = related >= cut
        hits, typed, plain = (int((admitted & (right != NONE) & each).sum()) for each in (True, likeliest == right, commonest == right))
        over = int(admitted.sum()) + gold
        found.append({"cut": round(float(cut), 2), "pair": 2 * hits / over, "typed": 2 * typed / over, "commonest": 2 * plain / over})
    best = {level: max(found, key=lambda each: each[level]) for level in ("pair", "typed", "commonest")}
    print(json.dumps({"pairs": len(right), "best": best}, indent=1))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
