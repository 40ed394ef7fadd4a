"""One trained model on several runtimes: each answers the same questions in its own environment, then the answers are compared.

python -m benchmarks.small_reader.runtimes ask embedded --adapter FOLDER --out embedded.json
python -m benchmarks.small_reader.runtimes ask torch --adapter FOLDER --base WEIGHTS.gguf --out torch.json
python -m benchmarks.small_reader.runtimes ask http://127.0.0.1:8011 --adapter FOLDER --out vllm.json           (serves the adapter by its name)
python -m benchmarks.small_reader.runtimes compare embedded.json torch.json vllm.json

The second where torch, transformers and peft are: it is what the others are measured by, and what the tests keep a record of
(tests/agents/golden/runtimes-NAME.json). Documents are those of the tests, or with --gold FILE the first --documents of a PubTator file.
"""

import asyncio
import json
import time
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

from agents.adapters.adapter import load_adapter
from agents.models.choice import EMBEDDED, make_model
from benchmarks.common import options_of
from flows.quality.gold_sets import gold_set
from schema.document import Document
from tests.agents.abstracts import abstracts
from tests.agents.adapters.runtimes import agreement, answers, written
from tests.agents.fakes import BIOMEDICAL


def model_of(spec: str, adapter: Path, base: Path | None) -> Any:
    if spec == "torch":
        from agents.training.network import TorchModel

        if base is None:
            raise SystemExit("--base names the file with the weights that the adapter was trained on")
        return TorchModel(base, adapter)
    known = load_adapter(adapter)
    return make_model(spec, name=None if spec == EMBEDDED else known.name, adapter=known)


def documents(gold: Path | None, limit: int) -> list[Document]:
    if gold is None:
        return abstracts()
    return [case.document for case in gold_set((gold,), (), BIOMEDICAL).cases[:limit]]


async def ask(spec: str, adapter: Path, base: Path | None, texts: list[Document]) -> str:
    model = model_of(spec, adapter, base)
    begun, worked = time.monotonic(), time.process_time()
    try:
        found = await answers(model, load_adapter(adapter), BIOMEDICAL, texts)
    finally:
        await model.close()
    print(f"{spec}: {len(found)} questions, {time.monotonic() - begun:.1f} s, processor {time.process_time() - worked:.1f} s")
    return written(spec, adapter, found)


def compare(files: list[Path]) -> None:
    told = {file: json.loads(file.read_text()) for file in files}
    for one, other in combinations(files, 2):
        if (told[one]["adapter"], told[one]["sha256"]) != (told[other]["adapter"], told[other]["sha256"]):
            raise SystemExit(f"{one} and {other} are of different adapters")
        found = agreement(told[one]["answers"], told[other]["answers"])
        print(json.dumps({"one": told[one]["runtime"], "other": told[other]["runtime"], **asdict(found)}))


def main() -> None:
    parser = options_of(__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    asking = steps.add_parser("ask")
    asking.add_argument("runtime")
    asking.add_argument("--adapter", type=Path, required=True)
    asking.add_argument("--base", type=Path)
    asking.add_argument("--out", type=Path, required=True)
    asking.add_argument("--gold", type=Path)
    asking.add_argument("--documents", type=int, default=20)
    comparing = steps.add_parser("compare")
    comparing.add_argument("files", type=Path, nargs="+")
    said = parser.parse_args()
    if said.step == "compare":
        compare(said.files)
    else:
        said.out.write_text(asyncio.run(ask(said.runtime, said.adapter, said.base, documents(said.gold, said.documents))))


if __name__ == "__main__":
    main()
