"""Documents a second through `ingest` against the same requests fired by a bare asynchronous client at the same server.

VLLM_SERVER_DEV_MODE=1 .ci/vllm/up.sh            (so that the prefix cache can be emptied before each turn)
python -m benchmarks.models.saturation BIORED.PubTator --model http://127.0.0.1:8011 --reading labels --documents 60
"""

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx

from agents.serving.server import Server
from benchmarks.common import beginning, forget_prefixes, gold_options
from flows.engine.collecting import Ingestion
from flows.engine.runs import IngestRun
from flows.home.homes import open_home
from flows.jobs.ingesting import run_ingestion
from schema.document import Document

Asked = list[tuple[str, dict[str, Any] | None]]
_document: ContextVar[str] = ContextVar("document", default="")


class Recording:
    """What ChronoKG asks, by document, in order; what it asks before any document is left out."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = defaultdict(list)
        self.first = self.last = 0.0

    def __enter__(self) -> "Recording":
        self._once, self._read = Server._once, IngestRun.read

        async def once(server: Server, session: Any, path: str, body: dict[str, Any] | None) -> object:
            if _document.get():
                self.asked[_document.get()].append((path, body))
                self.first = self.first or time.perf_counter()
            answer = await self._once(server, session, path, body)
            self.last = time.perf_counter()
            return answer

        async def read(run: IngestRun, document: Document) -> Any:
            _document.set(document.id)
            return await self._read(run, document)

        Server._once, IngestRun.read = once, read  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Server._once, IngestRun.read = self._once, self._read  # type: ignore[method-assign]


def through_chronokg(options: argparse.Namespace, documents: Path) -> tuple[float, dict[str, Asked]]:
    """Seconds from the first request to the last, with everything that happens meanwhile: grounding, log, graph."""
    with tempfile.TemporaryDirectory() as home, Recording() as seen:
        flags = {"graph": "memory:", "model": options.model, "reading": options.reading, "orchestration": "direct"}
        opened = open_home(Path(home), flags | {"concurrency": options.concurrency})
        run_ingestion(opened, Ingestion((documents,), published="2001"))
        return seen.last - seen.first, seen.asked


def bare(options: argparse.Namespace, asked: dict[str, Asked]) -> float:
    """The same requests, so many documents at a time, each document's in their order; answers are read and dropped."""

    async def run() -> float:
        waiting = iter(list(asked.values()))
        limits = httpx.Limits(max_connections=options.concurrency)
        async with httpx.AsyncClient(timeout=600, limits=limits, trust_env=False) as client:

            async def work() -> None:
                for requests in waiting:
                    for path, body in requests:
                        url = options.model.rstrip("/") + path
                        answer = await (client.get(url) if body is None else client.post(url, json=body))
                        answer.raise_for_status()

            begun = time.perf_counter()
            await asyncio.gather(*(work() for _ in range(options.concurrency)))
            return time.perf_counter() - begun

    return asyncio.run(run())


def main() -> None:
    parser = gold_options(__doc__, 60)
    parser.set_defaults(concurrency=8)
    parser.add_argument("--reading", default="labels")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        some = beginning(options.gold, options.documents, Path(folder))
        for turn in range(options.turns):
            forget_prefixes(options.model)
            ours, asked = through_chronokg(options, some)
            forget_prefixes(options.model)
            theirs = bare(options, asked)
            requests = sum(map(len, asked.values()))
            told = f"{len(asked)} documents, {requests} requests; ChronoKG {ours:.1f} s, bare client {theirs:.1f} s"
            print(f"{options.reading}, turn {turn + 1}: {told}: {theirs / ours:.3f}", flush=True)


if __name__ == "__main__":
    main()
