"""A context as text: numbered facts with their dates and quotes, of which no word can be taken for an entry of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.answering.histories import number_of_documents
from pipeline.finding.found_entities import FoundEntity
from pipeline.finding.question_names import NameAsked
from pipeline.retrieving.chosen_facts import Tokens
from pipeline.shown_text import in_quotes, one_line
from schema.fact import Status
from schema.observation import Polarity

_CERTAIN = 0.9
"""Score below which it is said what a name was taken for."""
LONGEST_QUOTE = 600
"""Characters of a quote that are shown."""


def fitted(told: Mapping[str, Any], asked: Sequence[NameAsked], budget: int | None, tokens: Tokens) -> dict[str, Any]:
    """What of a context there is room for, as data and as `text`: `facts`, `between`, `paths`, `left_out`, and how many `tokens` it takes.

    Where a fact with all its quotes is too long it is told with the best one for it and the best one against it, then with one alone and
    without its earlier history; where it still is, it is left out and counted, and the next is tried: each keeps the marker that it has
    without a budget. What is said of names is never left out.
    """
    kept = list(told["facts"]) if budget is None else _within(told, asked, budget, tokens)
    while True:
        view = _of(told, kept)
        text = context_in_words({**told, **view}, asked)
        size = tokens(text)
        if budget is None or size <= budget or not kept:
            return {**view, "tokens": size, "text": text}
        kept = kept[:-1]  # a tokenizer may need more for the whole than for its parts


def context_in_words(told: Mapping[str, Any], asked: Iterable[NameAsked]) -> str:
    """What was asked about and is not known; the facts between what is, numbered; ways between them; and the others."""
    names = [one_line(entity["name"]) for entity in told["entities"]]
    day = f" as of {told['as_of']}" if told["as_of"] else ""
    lines = [remark for each in asked if (remark := _remark(each))]
    if not names:
        return "\n".join([*lines, "The question names no entity that the graph knows."])
    on_ways = {number for path in told["paths"] for number in path["facts"]}
    inner, outer = told["facts"][: told["between"]], told["facts"][told["between"] :]
    ways, others = [each for each in outer if each["marker"] in on_ways], [each for each in outer if each["marker"] not in on_ways]
    if len(names) > 1:
        which = _joined(names, "and" if len(names) == 2 else "or")
        nothing = "is told here" if told["left_out"] else "is known"
        lines.append(f"Between {which}{day}:" if inner else f"Nothing {nothing} between {which}{day}.")
    elif not outer:
        lines.append(f"Nothing {'is told here' if told['left_out'] else 'is held'} about {names[0]}{day}.")
    lines += _entries(inner)
    if ways:
        lines += ["By way of others:", *_entries(ways), *map(_way, told["paths"])]
    if others and len(names) > 1:
        lines.append("Besides:")
    lines += _entries(others)
    return "\n".join([*lines, *_rest(told)])


def entry_in_words(item: Mapping[str, Any]) -> str:
    """One fact of a context as it stands in its text."""
    return "\n".join(_lines_of(item))


def _within(told: Mapping[str, Any], asked: Sequence[NameAsked], budget: int, tokens: Tokens) -> list[dict[str, Any]]:
    left = budget - tokens(context_in_words({**told, **_of(told, [])}, asked))
    kept = []
    for item in told["facts"]:
        for form in (item, short := _in_short(item), _shortest(short)):
            cost = tokens("\n" + entry_in_words(form))
            if cost <= left:
                kept.append(form)
                left -= cost
                break
    return kept


def _in_short(item: dict[str, Any]) -> dict[str, Any]:
    best = {each["polarity"]: each for each in reversed(item["citations"])}
    return {**item, "citations": [each for each in item["citations"] if best[each["polarity"]] is each]}


def _shortest(item: dict[str, Any]) -> dict[str, Any]:
    """With one sentence for it and, of what does not hold, the last that happened to it."""
    changes = [] if item["status"] == Status.CURRENT else item["changes"][-1:]
    return {**item, "changes": changes, "citations": item["citations"][:1]}


def _of(told: Mapping[str, Any], kept: list[dict[str, Any]]) -> dict[str, Any]:
    """A context with some of its facts; a way needs all of its own."""
    markers = {each["marker"] for each in kept}
    between = {each["marker"] for each in told["facts"][: told["between"]]}
    return {
        "facts": kept,
        "between": len(markers & between),
        "paths": [path for path in told["paths"] if markers.issuperset(path["facts"])],
        "left_out": told["left_out"] + len(told["facts"]) - len(kept),
    }


def _remark(name: NameAsked) -> str:
    text = in_quotes(name.text)
    if name.entity is not None:
        sure = name.entity.score >= _CERTAIN
        return "" if sure else f"{text} is taken for {one_line(name.entity.name)} ({one_line(name.entity.reason)})."
    if name.close:
        return f"{text} names more than one entity: {', '.join(map(_with_key, name.close))}; ask with the key."
    if name.outside is not None:
        return f"{text} is {_with_key(name.outside)}, of which the graph knows nothing."
    like = f" Perhaps {_joined([one_line(each.name) for each in name.like], 'or')}?" if name.like else ""
    return f"Nothing is known of {text}.{like}"


def _entries(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for item in items:
        yield from _lines_of(item)


def _lines_of(item: Mapping[str, Any]) -> Iterator[str]:
    said = f"{one_line(item['head_name'])} {item['relation']} {one_line(item['tail_name'])}"
    yield f"[{item['marker']}] {said} ({_standing(item)})"
    changes = item["changes"] if item["status"] != Status.CURRENT or len(item["changes"]) > 1 else ()
    for change in changes:
        yield f"    {change['on']}: {one_line(change['text'])}"
    for remark in item["remarks"]:
        yield f"    {one_line(remark)}"
    for citation in item["citations"]:
        sign = "" if citation["polarity"] == Polarity.ASSERTS else "against: "
        yield f"    {sign}{in_quotes(_shortened(citation['quote']))} [{one_line(citation['document'])}, {_published(citation)}]"


def _standing(item: Mapping[str, Any]) -> str:
    if not item["support"]:
        return f"{item['status']}: no document that counts says so"
    belief, support = f"belief {item['belief']:.2f}", number_of_documents(item["support"])
    if item["status"] == Status.CURRENT:
        return f"{belief}, since {item['since']}, {support}"
    held = ", ".join(f"{each['from']} to {each['to']}" for each in item["intervals"])
    return f"{item['status']}: {f'held {held}' if held else 'never held'}; {belief}, {support}"


def _way(path: Mapping[str, Any]) -> str:
    return f"    {' and '.join(f'[{number}]' for number in path['facts'])} together: {path['weight']:.2f}"


def _rest(told: Mapping[str, Any]) -> list[str]:
    left = told["left_out"]
    return [f"({left} more fact{'s' if left != 1 else ''} left out)"] if left else []


def _shortened(quote: str) -> str:
    return quote if len(quote) <= LONGEST_QUOTE else quote[: LONGEST_QUOTE - 1] + "…"


def _with_key(found: FoundEntity) -> str:
    return f"{one_line(found.name)} ({one_line(found.key)}, {found.type})"


def _joined(names: Sequence[str], by: str) -> str:
    return f" {by} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _published(citation: Mapping[str, Any]) -> str:
    day: str | None = citation["published"]
    return "undated" if day is None else day[: {"year": 4, "month": 7}.get(citation["precision"], 10)]
