"""The tables of metrics and spans on the page about watching: `python -m tests.docs.metrics_table` writes them anew from the code."""

import re
from collections.abc import Iterable
from typing import get_args

from flows.watching.instruments import INSTRUMENTS
from flows.watching.spans import ATTRIBUTES
from schema.ports.stages import Kind
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "how-to" / "watch-a-deployment.md"
METRICS = re.compile(r"(?<=<!-- metrics -->\n).*?(?=<!-- /metrics -->)", re.DOTALL)
SPANS = re.compile(r"(?<=<!-- spans -->\n).*?(?=<!-- /spans -->)", re.DOTALL)


def metrics() -> str:
    head = "| metric | in Prometheus | unit | told apart by | |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{each.name}` | `{each.in_prometheus}` | {each.unit} | {named(each.attributes)} | {each.description} |\n"
        for each in INSTRUMENTS.values()
    )


def spans() -> str:
    stages = ", ".join(f"*{kind}*" for kind in get_args(Kind))
    return f"Stages are {stages}. Their attributes are {named(sorted(ATTRIBUTES.values()))}.\n"


def named(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def written(text: str) -> str:
    return SPANS.sub(lambda _: spans(), METRICS.sub(lambda _: metrics(), text))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
