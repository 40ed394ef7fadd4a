"""Running the command line as a user does, without a terminal: called in this process, or where that matters in one of its own."""

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flows.commands.chronokg import main
from tests.conftest import ROOT

Done = subprocess.CompletedProcess[str]


def chronokg(*arguments: object, home: Path, graph: str = "memory:", expect: int = 0, **environment: str) -> str:
    """Run a command and return what it prints; the exit code must be the expected one."""
    return _expected(run(*arguments, home=home, graph=graph, **environment), expect)


def chronokg_process(*arguments: object, home: Path, graph: str = "memory:", expect: int = 0, **environment: str) -> str:
    """The same in a process of its own, which takes two seconds more: for what a process is, says and leaves behind."""
    return _expected(run_process(*arguments, home=home, graph=graph, **environment), expect)


def run(*arguments: object, home: Path, graph: str = "memory:", **environment: str) -> Done:
    """Call the command line here, as much alone as in a process of its own: nothing that it sets stays."""
    return call(*arguments, "--home", home, "--graph", graph, **environment)


def call(*arguments: object, folder: Path = ROOT, **environment: str) -> Done:
    """The same in a folder, with no option of ours."""
    words = ["chronokg", *map(str, arguments)]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(3)]
    with _world_of_its_own(words, folder, environ(**environment), *streams):
        try:
            main()
            code: Any = 0
        except SystemExit as ended:
            code = ended.code or 0
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    _, out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, code, out, err)


def run_process(*arguments: object, home: Path, graph: str = "memory:", **environment: str) -> Done:
    command = [sys.executable, "-m", "flows", *map(str, arguments), "--home", str(home), "--graph", graph]
    return subprocess.run(command, cwd=ROOT, env=environ(**environment), capture_output=True, text=True, timeout=280, check=False)


def environ(**more: str) -> Mapping[str, str]:
    """What a command of ours finds in its environment: the machine's, with nothing of the user's settings but where derived files lie."""
    ours = ("CHRONOKG_", "PREFECT_")
    kept = {key: value for key, value in os.environ.items() if key == "CHRONOKG_CACHE" or not key.startswith(ours)}
    return {**kept, "CHRONOKG_ORCHESTRATION": "direct", **more}


def _expected(done: Done, code: int) -> str:
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def _world_of_its_own(words: list[str], folder: Path, environment: Mapping[str, str], *streams: io.TextIOWrapper) -> Iterator[None]:
    """Arguments, environment, streams, warnings, signals and loggers as a new process finds them; afterwards as they were."""
    root, interrupt = logging.getLogger(), signal.getsignal(signal.SIGINT)
    level, handlers = root.level, list(root.handlers)
    stdin, stdout, stderr = streams
    with (
        patch.multiple(sys, argv=words, stdin=stdin, stdout=stdout, stderr=stderr),
        patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(folder),
        warnings.catch_warnings(),
    ):
        warnings.resetwarnings()
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, interrupt)
            root.setLevel(level)
            root.handlers[:] = handlers


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
