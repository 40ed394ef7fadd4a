"""What the benchmarks share: ontology, gold documents, the servers that they talk to, and their options."""

import argparse
import os
import resource
from dataclasses import dataclass
from pathlib import Path

import httpx

from agents.models.choice import make_model
from flows.home.configuration.settings import load_ontology
from flows.quality.gold_sets import gold_set
from pipeline.evaluating.judged_claims import judge
from schema.document import Document
from schema.ports import LanguageModel

BIOMEDICAL = load_ontology("biomedical")


@dataclass(frozen=True)
class GoldDocument:
    """A document and the pairs of keys that its annotators related."""

    document: Document
    related: frozenset[frozenset[str]]


def gold_documents(path: Path, most: int, skip: int = 0) -> list[GoldDocument]:
    """So many documents of a gold file, after the first few."""
    cases = gold_set((path,), (), BIOMEDICAL, skip + most).cases[skip:]
    judged = [judge(c.document, (), c.related, c.scheme, BIOMEDICAL) for c in cases]
    return [GoldDocument(c.document, frozenset(map(frozenset, one.pairs))) for c, one in zip(cases, judged, strict=True)]


def beginning(path: Path, documents: int, folder: Path) -> Path:
    """A file of the first documents of a PubTator file, which empty lines part."""
    kept = folder / f"{documents} of {path.name}"
    kept.write_text("\n\n".join(path.read_text(encoding="utf-8").strip().split("\n\n")[:documents]) + "\n\n", encoding="utf-8")
    return kept


def options_of(told: str | None) -> argparse.ArgumentParser:
    """A parser whose help is a benchmark's own docstring."""
    return argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)


def gold_options(told: str | None, documents: int) -> argparse.ArgumentParser:
    """The options of what lets a model read the first documents of a gold file."""
    parser = options_of(told)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--name")
    parser.add_argument("--documents", type=int, default=documents)
    parser.add_argument("--concurrency", type=int, default=2)
    return parser


async def warm_model(given: argparse.Namespace) -> LanguageModel:
    """The model that the options name, once it has answered."""
    model = make_model(given.model, name=given.name)
    await model.score("Warm", [":"], [" none", " related"])
    return model


def forget_prefixes(url: str) -> None:
    """Empty the prefix cache of a vLLM server that runs with VLLM_SERVER_DEV_MODE=1."""
    httpx.post(url.rstrip("/") + "/reset_prefix_cache", timeout=60, trust_env=False).raise_for_status()


def graph_user() -> tuple[str, str]:
    """User and password of the graph's server."""
    return os.environ.get("CHRONOKG_GRAPH_USER", "neo4j"), os.environ["CHRONOKG_GRAPH_PASSWORD"]


def peak_mib() -> float:
    """The most memory that this process has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
