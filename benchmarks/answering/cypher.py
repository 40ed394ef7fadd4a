"""Questions to Cypher: how many of 100 get the rows of their gold query, by words, by the model's probabilities, by both, and free.

The questions are ours, about the demo's graph; each has a gold query written by hand (cypher_questions.jsonl). A query is right if its
rows, of some of its columns, are those of the gold query. `--model` is what chooses and what writes; the embedded one by default.

    python -m benchmarks.answering.cypher --out benchmarks/cypher_questions.md
"""

import argparse
import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.models.choice import make_model
from agents.picking.option_probabilities import ByProbabilities
from benchmarks.common import options_of
from flows.answers.cypher_answers import question_parts
from flows.answers.entities import entities_now
from flows.home.graph_to_read import graph_to_read
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from pipeline.querying.chosen_query import Together, chosen_query
from pipeline.querying.option_words import ByWords
from pipeline.querying.question_parts import QuestionParts
from schema.errors import ModelFailed, QueryRefused, StoreFailed, WrongUse
from schema.ports import GraphStore, LanguageModel, OptionChooser

HERE = Path(__file__).parent
DEMO = HERE.parent.parent / "examples" / "demo"
Rows = Sequence[Mapping[str, Any]]
Query = tuple[str, Mapping[str, Any]]
Writes = Callable[[str, QuestionParts], Awaitable[Query]]


@dataclass(frozen=True)
class Asked:
    """A question of ours with its gold query."""

    kind: str
    question: str
    cypher: str


@dataclass
class Score:
    """What became of the questions by one way."""

    right: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    empty: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> None:
    """Measure all ways and write the page."""
    parser = options_of(__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--name")
    parser.add_argument("--ways", default="words,model,both,free")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--show", action="store_true", help="The questions that each way gets wrong.")
    given = parser.parse_args()
    asked = [Asked(**json.loads(line)) for line in (HERE / "cypher_questions.jsonl").read_text(encoding="utf-8").splitlines()]
    with TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home", graph="embedded")
        for name in ("curated.jsonl", "curated_late.jsonl"):
            observe_file(home, DEMO / name)
        with graph_to_read(home) as graph:
            assert graph.store is not None
            scores = asyncio.run(_measured(home, graph.store, asked, given))
    print(page := _page(asked, scores, given))
    if given.show:
        print("\n".join(f"{way}: {question}" for way, score in scores.items() for question in score.wrong))
    if given.out:
        given.out.write_text(page, encoding="utf-8")


async def _measured(home: Home, store: GraphStore, asked: Sequence[Asked], given: argparse.Namespace) -> dict[str, Score]:
    names = {entity.name: key for key, entity in entities_now(home, {e.key for e in home.log.called()}).items()}
    gold = [plain_rows(store.query(each.cypher), names) for each in asked]
    assert all(gold), [each.question for each, rows in zip(asked, gold, strict=True) if not rows]
    model = make_model(given.model, name=given.name, setting="none")
    ways = _ways(home, model)
    scores = {}
    try:
        for way in given.ways.split(","):
            scores[way] = score = Score()
            for each, rows in zip(asked, gold, strict=True):
                began = time.perf_counter()
                found = await _rows(home, store, each.question, ways[way], score)
                score.seconds += time.perf_counter() - began
                score.empty += found == []
                if found is not None and same_rows(rows, plain_rows(found, names)):
                    score.right[each.kind] += 1
                else:
                    score.wrong.append(each.question)
    finally:
        await model.close()
    return scores


async def _rows(home: Home, store: GraphStore, question: str, write: Writes, score: Score) -> Rows | None:
    try:
        parts, _ = question_parts(home, question, None)
        text, parameters = await write(question, parts)
        return store.query(text, parameters)
    except (QueryRefused, StoreFailed, ModelFailed, WrongUse):
        score.refused += 1
        return None


def _ways(home: Home, model: LanguageModel) -> dict[str, Writes]:
    ontology = home.rules.ontology
    words, probabilities = ByWords(ontology), Remembered(ByProbabilities(model))

    def choosing(chooser: OptionChooser) -> Writes:
        async def write(_: str, parts: QuestionParts) -> Query:
            chosen = await chosen_query(parts, ontology, chooser)
            return chosen.query.text, chosen.query.parameters

        return write

    async def free(question: str, parts: QuestionParts) -> Query:
        ends = "\n".join(f"{end.said}: {end.type} {{key: '{end.key}'}}" for end in parts.ends)
        relations = ", ".join(name.upper() for name in ontology.relations)
        prompt = FREE.format(types=", ".join(ontology.entity_types), relations=relations, ends=ends, question=question)
        (reply,) = (
            await model.sample(prompt, 1, {"type": "object", "properties": {"cypher": {"type": "string"}}, "required": ["cypher"]}, 160, 1)
        ).replies
        try:
            return str(json.loads(reply.text)["cypher"]), {}
        except (ValueError, KeyError, TypeError) as cause:
            raise ModelFailed("no JSON", reply.text) from cause

    return {"words": choosing(words), "model": choosing(probabilities), "both": choosing(Together([words, probabilities])), "free": free}


class Remembered:
    """What a chooser said is not asked again: two ways want it."""

    def __init__(self, chooser: OptionChooser) -> None:
        self._chooser, self._said = chooser, {}

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        key = question, slot, tuple(options)
        if key not in self._said:
            self._said[key] = await self._chooser.choose(question, slot, options)
        return self._said[key]


FREE = """\
Write a Cypher query for the question. The graph has nodes (:Entity {{key, name, type}}), which also have one of the labels {types}, and
edges between them, one for each interval in which a fact held, with the properties valid_from, valid_to (null while it holds) and belief.
Types of edges: {relations}.
Each fact is also a node (:Fact {{head, relation, tail, status, closed}}) with (:Fact)-[:SUPERSEDED_BY {{on, cause}}]->(:Fact).

Question: Which drugs treat asthma?
asthma: Disease {{key: 'MESH:D001249'}}
{{"cypher": "MATCH (x:Chemical)-[r:TREAT]->(:Entity {{key: 'MESH:D001249'}}) WHERE r.valid_to IS NULL RETURN x.key AS answer"}}

Question: What did aspirin prevent in 1990?
aspirin: Chemical {{key: 'MESH:D001241'}}
{{"cypher": "MATCH (:Entity {{key: 'MESH:D001241'}})-[r:PREVENT]->(x) WHERE r.valid_from <= date('1990-12-31') AND (r.valid_to IS NULL OR r.valid_to > date('1990-12-31')) RETURN x.key AS answer"}}

Question: Since when does aspirin prevent stroke?
aspirin: Chemical {{key: 'MESH:D001241'}}
stroke: Disease {{key: 'MESH:D020521'}}
{{"cypher": "MATCH (:Entity {{key: 'MESH:D001241'}})-[r:PREVENT]->(:Entity {{key: 'MESH:D020521'}}) RETURN r.valid_from AS answer"}}

Question: {question}
{ends}
"""


def plain_rows(rows: Rows, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Rows as texts, an entity's name as its key: it does not matter which of them a query gives."""
    return [tuple(_plain(value, names) for value in row.values()) for row in rows]


def _plain(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(sorted(_plain(each, names) for each in value))
    if isinstance(value, dict):
        return str(value.get("properties", value).get("key", value))
    return names.get(str(value), str(value))


def same_rows(gold: Sequence[tuple[str, ...]], found: Sequence[tuple[str, ...]]) -> bool:
    """Whether some columns of what was found, in some order, are what the gold query gives; each row counts once."""
    if not gold or not found:
        return list(gold) == list(found)
    wanted, columns = set(gold), range(len(found[0]))
    candidates = [[at for at in columns if {row[at] for row in found} == {row[place] for row in wanted}] for place in range(len(gold[0]))]
    return any({tuple(row[at] for at in chosen) for row in found} == wanted for chosen in _chosen(candidates, len(gold[0])))


def _chosen(candidates: Sequence[Sequence[int]], width: int) -> Iterator[tuple[int, ...]]:
    fitting = sorted({at for each in candidates for at in each})
    return (each for each in permutations(fitting, width) if all(at in allowed for at, allowed in zip(each, candidates, strict=True)))


def _page(asked: Sequence[Asked], scores: Mapping[str, Score], given: argparse.Namespace) -> str:
    kinds: dict[str, int] = defaultdict(int)
    for each in asked:
        kinds[each.kind] += 1
    lines = [
        "| way | right | " + " | ".join(f"{kind} ({number})" for kind, number in kinds.items()) + " | refused | ms a question |",
        "|---|---|" + "---|" * (len(kinds) + 2),
    ]
    for way, score in scores.items():
        cells = [way, f"**{score.right.total()}** of {len(asked)}", *(str(score.right[kind]) for kind in kinds), str(score.refused)]
        lines.append(f"| {' | '.join(cells)} | {1000 * score.seconds / len(asked):.0f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
