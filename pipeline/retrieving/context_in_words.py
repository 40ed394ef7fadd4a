"""A context as text: numbered facts with their dates and quotes, of which no word can be taken for an entry of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.answering.histories import number_of_documents
from pipeline.finding.found_entities import FoundEntity
from pipeline.finding.question_names import NameAsked
from pipeline.shown_text import in_quotes, one_line
from schema.fact import Status
from schema.observation import Polarity

_CERTAIN = 0.9
"""Score below which it is said what a name was taken for."""


def context_in_words(told: Mapping[str, Any], asked: Iterable[NameAsked]) -> str:
    """What was asked about and is not known; the facts between what is, numbered; and the others."""
    names = [one_line(entity["name"]) for entity in told["entities"]]
    day = f" as of {told['as_of']}" if told["as_of"] else ""
    lines = [remark for each in asked if (remark := _remark(each))]
    if not names:
        return "\n".join([*lines, "The question names no entity that the graph knows."])
    inner, outer = told["facts"][: told["between"]], told["facts"][told["between"] :]
    if len(names) > 1:
        which = _joined(names, "and" if len(names) == 2 else "or")
        lines.append(f"Between {which}{day}:" if inner else f"Nothing is known between {which}{day}.")
    elif not outer:
        lines.append(f"Nothing is held about {names[0]}{day}.")
    lines += [line for number, item in enumerate(inner, 1) for line in _entry(number, item)]
    if outer and len(names) > 1:
        lines.append("Besides:")
    lines += [line for number, item in enumerate(outer, len(inner) + 1) for line in _entry(number, item)]
    return "\n".join(lines)


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


def _entry(number: int, item: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{number}] {one_line(item['head_name'])} {item['relation']} {one_line(item['tail_name'])} ({_standing(item)})"
    changes = item["changes"] if item["status"] != Status.CURRENT or len(item["changes"]) > 1 else ()
    for change in changes:
        yield f"    {change['on']}: {one_line(change['text'])}"
    for remark in item["remarks"]:
        yield f"    {one_line(remark)}"
    for citation in item["citations"]:
        sign = "" if citation["polarity"] == Polarity.ASSERTS else "against: "
        yield f"    {sign}{in_quotes(citation['quote'])} [{one_line(citation['document'])}, {_published(citation)}]"


def _standing(item: Mapping[str, Any]) -> str:
    if not item["support"]:
        return f"{item['status']}: no document that counts says so"
    belief, support = f"belief {item['belief']:.2f}", number_of_documents(item["support"])
    if item["status"] == Status.CURRENT:
        return f"{belief}, since {item['since']}, {support}"
    held = ", ".join(f"{each['from']} to {each['to']}" for each in item["intervals"])
    return f"{item['status']}: {f'held {held}' if held else 'never held'}; {belief}, {support}"


def _with_key(found: FoundEntity) -> str:
    return f"{one_line(found.name)} ({one_line(found.key)}, {found.type})"


def _joined(names: Sequence[str], by: str) -> str:
    return f" {by} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _published(citation: Mapping[str, Any]) -> str:
    day: str | None = citation["published"]
    return "undated" if day is None else day[: {"year": 4, "month": 7}.get(citation["precision"], 10)]
