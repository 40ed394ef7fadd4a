"""The same questions to one trained model on several runtimes, and how far the answers agree."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.adapters.adapter import Adapter
from agents.adapters.derived_files import file_hash
from agents.adapters.gguf_adapter import WEIGHTS
from agents.adapters.linear_part import row
from agents.adapters.skills import Skills, load_skills
from agents.asking.pairs import Pairing, PairQuery, nearest_pairs, pair_queries
from agents.asking.prompting import label_document
from agents.asking.surface import Surface
from agents.asking.tagging import TaggedDocument
from agents.relations.relations_by_labels import pair_line, restricted
from schema.document import Document
from schema.ontology import Ontology
from schema.ports import LanguageModel

WINDOW, MOST = 6000, 200

Answers = Mapping[str, Mapping[str, float]]
"""For each question the probability of each label that may answer it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Over all questions: the share with the same likeliest label, and how far the probabilities of labels are apart."""

    questions: int
    same: float
    mean: float
    most: float


def questions(skills: Skills, ontology: Ontology, documents: Sequence[Document]) -> Iterator[tuple[str, str, list[str], list[PairQuery]]]:
    """For each window of each document: its name, the prefix, a line for each pair, and what may be the answer."""
    pairing = Pairing(ontology, taught=skills.allows)
    for document in documents:
        tagged = TaggedDocument(document)
        windows = tagged.windows(WINDOW)
        pairs, _ = nearest_pairs(tagged, windows, pairing, MOST)
        for number in sorted({pair.window for pair in pairs}):
            asked = pair_queries(tagged, [pair for pair in pairs if pair.window == number], pairing)
            prefix = label_document(skills.prompt, tagged.render(windows[number]))
            yield f"{document.id}#{number}", prefix, [pair_line(skills.prompt, tagged, query) for query in asked], asked


async def answers(model: LanguageModel, adapter: Adapter, ontology: Ontology, documents: Sequence[Document]) -> Answers:
    """What a reader with this model says to each question: with a linear part, the product of both."""
    skills, part = adapter.skills, adapter.linear
    labels = [f" {word}" for word in skills.words.values()]
    found: dict[str, dict[str, float]] = {}
    for name, prefix, lines, asked in questions(skills, ontology, documents):
        rows = (await model.score(prefix, lines, labels)).rows
        surface = Surface(TaggedDocument(next(each for each in documents if each.id == name.rpartition("#")[0])))
        for line, query, scores in zip(lines, asked, rows, strict=True):
            said = restricted(dict(zip(skills.words, scores, strict=True)), query.relations)
            if part is not None:
                counted = part.shares(row(surface.features(query.head.entity, query.tail.entity)), query.relations)
                said = restricted({label: share * said[label] for label, share in counted.items()}, query.relations)
            found[f"{name}{line}"] = said
    return found


def agreement(one: Answers, other: Answers) -> Agreement:
    """How far two runtimes agree; both were asked the same."""
    assert one.keys() == other.keys()
    apart = [abs(value - other[asked][label]) for asked, row in one.items() for label, value in row.items()]
    same = sum(max(row, key=lambda label: row[label]) == max(other[asked], key=other[asked].__getitem__) for asked, row in one.items())
    return Agreement(len(one), same / len(one), sum(apart) / len(apart), max(apart))


def written(runtime: str, folder: Path, found: Answers) -> str:
    """Answers as a file, with the adapter that they are of."""
    rounded = {asked: {label: round(value, 6) for label, value in row.items()} for asked, row in sorted(found.items())}
    told = {"adapter": load_skills(folder).name, "sha256": file_hash(folder / WEIGHTS), "runtime": runtime, "answers": rounded}
    return json.dumps(told, indent=0, ensure_ascii=False) + "\n"
