"""What tests ask a real Prefect server, and the documents that its runs read."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.flows.commands.running import paper, script, write_lines


def post(server: str, what: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(f"{server}/{what}", json.dumps(body or {}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def asked(server: str, what: str, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All of a kind: flow_runs, task_runs, artifacts, deployments."""
    found: list[dict[str, Any]] = post(server, f"{what}/filter", body)
    return found


def of_run(server: str, what: str, run: str) -> list[dict[str, Any]]:
    return [each for each in asked(server, what) if each["flow_run_id"] == run]


def waited(what: Callable[[], Any], seconds: float = 120.0) -> Any:
    """The first answer that is something; fails where there is none in time."""
    since = time.monotonic()
    while time.monotonic() - since < seconds:
        if answer := what():
            return answer
        time.sleep(0.3)
    raise AssertionError(f"nothing came in {seconds} s")


def documents_in(folder: Path) -> Path:
    return write_lines(folder / "papers.jsonl", [paper(n, f"{1990 + n}-03") for n in range(1, 9)])


def answers_in(folder: Path) -> str:
    return f"scripted:{write_lines(folder / 'answers.jsonl', [script(n, 'prevent' if n < 5 else 'cause') for n in range(1, 9)])}"
