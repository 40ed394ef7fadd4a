"""The pages that people read, and what stands on them: links, headings, blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)")
WITH_ADDRESS = re.compile(r"\]\([a-z]+:")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what stands in it, the comment right above it (empty where there is none), its line."""

    page: Path
    line: int
    language: str
    text: str
    remark: str


def pages() -> list[Path]:
    """Every page that is written by hand, cards of adapters and measurements included."""
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (ROOT / name).exists()]
    return [*top, *(path for folder in ("docs", "benchmarks", "examples", "agents") for path in sorted((ROOT / folder).rglob("*.md")))]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        before = text[: found.start()]
        remark = re.search(r"<!--\s*((?:(?!-->).)*?)\s*-->\n+\Z", before, re.DOTALL)
        yield Block(page, before.count("\n") + 1, found[1], found[2], remark[1] if remark else "")


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Target and anchor of each link that leads to a file of ours; either may be empty."""
    for found in LINK.finditer(prose(page)):
        yield found[1], found[2] or ""


def anchors(page: Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)}


def slug(heading: str) -> str:
    """The anchor that both GitHub and the built pages give a heading; see the test on headings that they take differently."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()
