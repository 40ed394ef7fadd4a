"""Both ways of reading on one server: what labels, 50 votes, and votes that end early cost, and whether they decide the same.

python -m benchmarks.models.ways BIORED.PubTator --model http://127.0.0.1:8011 --documents 24
python -m benchmarks.models.ways BIORED.PubTator --model embedded --documents 24
"""

import argparse
import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from agents.asking.concurrency import ask_many
from agents.relations.relations_by_labels import LabelRelations
from agents.relations.relations_by_votes import VoteRelations
from benchmarks.common import BIOMEDICAL, GoldDocument, forget_prefixes, gold_documents, gold_options, warm_model
from schema.errors import ModelFailed
from schema.ports import Extraction, Extractor, LanguageModel, Reply, Sampled, Scored
from schema.usage import Usage

MOST, THRESHOLD = 50, 0.6


class Kept:
    """Hands questions on to a model and keeps the answers, so that they can be counted again in another way."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self.replies: dict[str, tuple[Reply, ...]] = {}

    @property
    def name(self) -> str:
        return self.model.name

    async def score(self, prefix: str, queries: Sequence[str], labels: Sequence[str], shared: int = 0) -> Scored:
        return await self.model.score(prefix, queries, labels, shared)

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        found = await self.model.sample(prompt, n, schema, max_tokens, seed)
        self.replies[prompt] = found.replies
        return found

    async def available(self) -> None:
        await self.model.available()

    async def close(self) -> None:
        """The model stays open."""


class Played(Kept):
    """Answers from what was kept: the very answers of the 50 votes, in their order."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.model)
        self.replies = kept.replies
        self.asked = 0

    async def sample(self, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> Sampled:
        self.asked += n
        if prompt not in self.replies:  # a part of a text that all 50 together did not have to be split for
            return await self.model.sample(prompt, n, schema, max_tokens, seed)
        return Sampled(self.replies[prompt][seed - 1 : seed - 1 + n], Usage())


async def measured(name: str, extractor: Extractor, read: list[GoldDocument], concurrency: int, url: str) -> list[Extraction | ModelFailed]:
    if url.startswith("http"):  # nothing is left of the last way in the server's cache
        forget_prefixes(url)
    begun = time.perf_counter()
    found = await ask_many(extractor.read, [one.document for one in read], concurrency)
    seconds = time.perf_counter() - begun
    usage = sum((one.usage if isinstance(one, Extraction) else getattr(one, "usage", None) or Usage() for one in found), Usage())
    failed = sum(isinstance(one, ModelFailed) for one in found)
    told = {"way": name, "seconds per document": round(seconds / len(read), 2), "requests": usage.requests, "failed": failed}
    computed = usage.prompt_tokens + usage.completion_tokens * (name != "labels")  # a label is read off the prompt's last token
    print(json.dumps({**told, "prompt": usage.prompt_tokens, "completion": usage.completion_tokens, "computed": computed}), flush=True)
    return found


def decided(found: list[Extraction | ModelFailed]) -> list[dict[tuple[str, ...], bool]]:
    """Of each document the candidates and whether they are admitted; a document that is set aside admits none."""
    return [
        {(c.head, c.relation, c.tail, c.polarity): (c.raw_score or 0.0) >= THRESHOLD for c in one.claims}
        if isinstance(one, Extraction)
        else {}
        for one in found
    ]


def agreement(full: list[Extraction | ModelFailed], early: list[Extraction | ModelFailed]) -> str:
    same = total = fates = 0
    for one, other, made, ended in zip(decided(full), decided(early), full, early, strict=True):
        fates += isinstance(made, Extraction) == isinstance(ended, Extraction)
        for candidate in one.keys() | other.keys():
            total += 1
            same += one.get(candidate, False) == other.get(candidate, False)
    return f"same decision on {same} of {total} candidates ({same / max(1, total):.4f}), same fate of {fates} of {len(full)} documents"


async def run(options: argparse.Namespace) -> None:
    read = gold_documents(options.gold, options.documents, options.skip)
    model = await warm_model(options)
    try:
        for turn in range(options.turns):
            print(f"turn {turn + 1}", flush=True)
            await measured("labels", LabelRelations(model, BIOMEDICAL, floor=0.0), read, options.concurrency, options.model)
            kept = Kept(model)
            all_votes = VoteRelations(kept, BIOMEDICAL, votes=MOST, error=None, floor=0.0)
            full = await measured("50 votes", all_votes, read, options.concurrency, options.model)
            await measured("votes", VoteRelations(model, BIOMEDICAL, votes=MOST, floor=0.0), read, options.concurrency, options.model)
            for error in (0.02, 0.05, 0.1):
                played = Played(kept)
                again = VoteRelations(played, BIOMEDICAL, votes=MOST, error=error, floor=0.0)
                early = await ask_many(again.read, [one.document for one in read], 1)
                share = played.asked / (MOST * len(kept.replies))
                print(f"error {error}: {share:.3f} of the 50 votes, {agreement(full, early)}", flush=True)
    finally:
        await model.close()


def main() -> None:
    parser = gold_options(__doc__, 24)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--turns", type=int, default=1)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
