"""A small picture of what became of documents and facts in a run: bars as SVG, drawn without anything that takes time to load."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from pipeline.reporting.run_tables import facts_of_run, tallies_of_run

_COLOURS = {
    "committed": "#2e8b57",
    "skipped": "#8a94a6",
    "set aside": "#d9822b",
    "opened": "#2f6fb0",
    "reinforced": "#5a9bd4",
    "reopened": "#7b61b0",
    "overturned": "#c0392b",
    "contested": "#d9822b",
    "withdrawn": "#8a4b2b",
}
_OTHER = "#8a94a6"

ROW, LEFT, WIDTH, RIGHT = 26, 190, 380, 70
"""Pixels: height of a row, room for words, the longest bar, room for numbers."""


def run_bars(told: Mapping[str, Any]) -> str:
    """SVG of bars on white, each group by its own scale; empty where nothing came to anything. `told` are a job's data."""
    groups = list(_groups(told))
    if not groups:
        return ""
    parts: list[str] = []
    y = 12
    for title, bars in groups:
        parts.append(f'<text x="12" y="{y + 16}" font-weight="600">{escape(title)}</text>')
        y += ROW
        longest = max(bars.values())
        for what, number in bars.items():
            parts += _bar(what, number, y, WIDTH * number / longest)
            y += ROW
        y += 6
    width, height = LEFT + WIDTH + RIGHT, y + 6
    described = "; ".join(f"{title}: " + ", ".join(f"{number} {what}" for what, number in bars.items()) for title, bars in groups)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="#1f2933"><title>{escape(described)}</title>'
        f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>{"".join(parts)}</svg>'
    )


def _groups(told: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, int]]]:
    for unit, tally in tallies_of_run(told):
        bars = {
            "committed": tally["committed"],
            "skipped": sum(tally["skipped"].values()),
            "set aside": sum(tally["set_aside"].values()),
        }
        if shown := {what: number for what, number in bars.items() if number}:
            yield f"{unit}s", shown
    if facts := facts_of_run(told):
        yield "facts", {kind.replace("_", " "): number for kind, number in facts.items()}


def _bar(what: str, number: int, y: int, length: float) -> list[str]:
    return [
        f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(what)}</text>',
        f'<rect x="{LEFT}" y="{y + 4}" width="{max(2.0, length):.1f}" height="{ROW - 9}" rx="2" fill="{_COLOURS.get(what, _OTHER)}"/>',
        f'<text x="{LEFT + max(2.0, length) + 6:.1f}" y="{y + 16}">{number:,}</text>',
    ]
