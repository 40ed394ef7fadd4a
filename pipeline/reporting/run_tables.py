"""What a run of a job came to, as a table of numbers and as a page in Markdown: for the pages of who conducts it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.reporting.words import Row
from pipeline.updating.changed_facts import KINDS

UNITS = ("document", "claim", "observation", "event", "file", "record")
"""Units in the order in which they are told; others come after them."""

_SPENT = {"requests": "requests", "prompt_tokens": "tokens of prompts", "completion_tokens": "tokens of answers", "money": "money"}


def numbers_of_run(told: Mapping[str, Any]) -> list[Row]:
    """The data of a job's result as rows of `what` and `number`; what does not apply has none.

    Data are tallies by unit, `believed` (`facts` by what became of them), `spent` and `lag` (of a source: files, days), as far as there
    is one.
    """
    return [{"what": what, "number": number} for what, number in _numbers(told)]


def facts_of_run(told: Mapping[str, Any]) -> dict[str, int]:
    """How many facts each thing became of, in the order of KINDS; only those of which there are any."""
    facts: Mapping[str, int] = told.get("believed", {}).get("facts", {})
    return {kind: facts[kind] for kind in KINDS if facts.get(kind)}


def run_in_markdown(told: Mapping[str, Any], ended: str, words: Sequence[str] = (), changes: str = "") -> str:
    """A page: how it ended, a table of what became of everything, more words, and what it changed its mind about (`changes`)."""
    lines = [f"**{ended}**", ""]
    if tallies := list(tallies_of_run(told)):
        lines += ["| | submitted | committed | skipped | set aside |", "|---|--:|--:|--:|--:|"]
        lines += [f"| {unit}s | {_row(tally)} |" for unit, tally in tallies]
    for part in ("skipped", "set_aside"):
        for unit, tally in tallies:
            lines += [f"- {number} {unit}s {part.replace('_', ' ')}: {why}" for why, number in tally[part].items()]
    if facts := facts_of_run(told):
        lines += ["", "| facts | |", "|---|--:|", *(f"| {kind.replace('_', ' ')} | {number} |" for kind, number in facts.items())]
    if any(words):
        lines += ["", *(f"- {line}" for line in words if line)]
    if changes:
        lines += ["", "### What changed its mind", "", changes]
    return "\n".join(lines) + "\n"


def tallies_of_run(told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tallies in a result's data, by unit, as pipeline.intake.status.tallies_as_data makes them."""
    tallies = {unit: tally for unit, tally in told.items() if isinstance(tally, Mapping) and {"submitted", "committed"} <= tally.keys()}
    yield from ((unit, tallies[unit]) for unit in sorted(tallies, key=lambda unit: UNITS.index(unit) if unit in UNITS else len(UNITS)))


def _numbers(told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for unit, tally in tallies_of_run(told):
        yield f"{unit}s submitted", tally["submitted"]
        yield f"{unit}s committed", tally["committed"]
        for part in ("skipped", "set_aside"):
            yield from ((f"{unit}s {part.replace('_', ' ')}: {why}", number) for why, number in tally[part].items())
    for kind in KINDS if "believed" in told else ():
        yield f"facts {kind.replace('_', ' ')}", told["believed"]["facts"].get(kind, 0)
    if "spent" in told:
        spent = told["spent"]
        yield from ((what, spent[name]) for name, what in _SPENT.items() if spent.get(name) is not None)
        yield "seconds of reading", spent["seconds"]
    lag = told.get("lag", {})
    yield from ((f"{unit} behind the source", lag[unit]) for unit in ("files", "days") if lag.get(unit) is not None)


def _row(tally: Mapping[str, Any]) -> str:
    numbers = (tally["submitted"], tally["committed"], sum(tally["skipped"].values()), sum(tally["set_aside"].values()))
    return " | ".join(f"{number:,}" for number in numbers)
