"""Running the command line as a user does: a process of its own, without a terminal."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT


def chronokg(*arguments: object, home: Path, graph: str = "memory:", expect: int = 0, **environment: str) -> str:
    """Run a command and return what it prints; the exit code must be the expected one."""
    done = run(*arguments, home=home, graph=graph, **environment)
    assert done.returncode == expect, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run(*arguments: object, home: Path, graph: str = "memory:", **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flows", *map(str, arguments), "--home", str(home), "--graph", graph]
    return subprocess.run(command, cwd=ROOT, env=environ(**environment), capture_output=True, text=True, timeout=280, check=False)


def environ(**more: str) -> Mapping[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CHRONOKG_", "PREFECT_"))}
    return {**kept, "CHRONOKG_ORCHESTRATION": "direct", **more}


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def line(document: str, published: str, relation: str = "treat", confidence: float = 0.8, **more: Any) -> dict[str, Any]:
    return {
        "document": document,
        "published": published,
        "source": "pubmed",
        "head": {"key": "MESH:C1", "type": "Chemical", "name": "a drug"},
        "relation": relation,
        "tail": {"key": "MESH:D1", "type": "Disease", "name": "an illness"},
        "confidence": confidence,
        "polarity": "asserts",
        "quote": f"sentence of {document}",
        **more,
    }


def paper(number: int, published: str | None, text: str = "Drug one relieves illness one.") -> dict[str, Any]:
    title = f"Paper {number}:"
    at = len(title) + 1
    return {
        "id": f"PMID:{number}",
        "title": title,
        "abstract": text,
        "published": published,
        "source": "pubmed",
        "mentions": [
            {"start": at, "end": at + 8, "text": "Drug one", "type": "Chemical", "identifier": "MESH:C1"},
            {"start": at + 18, "end": at + 29, "text": "illness one", "type": "Disease", "identifier": "MESH:D1"},
        ],
    }


def script(number: int, relation: str = "treat", confidence: float = 0.8, **more: Any) -> dict[str, Any]:
    claim = {"head": "MESH:C1", "relation": relation, "tail": "MESH:D1", "confidence": confidence, **more}
    return {"document": f"PMID:{number}", "claims": [claim]}


def counts(output: str, unit: str = "document") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output)[unit]
    assert told["submitted"] == told["committed"] + sum(told["skipped"].values()) + sum(told["set_aside"].values())
    return told
