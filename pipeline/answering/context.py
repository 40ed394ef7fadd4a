"""The context for a question: facts about the entities that it names, dated and cited, as text and as data."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.answering.histories import Names, fact_summary, name_of, number_of_documents
from schema.entity_names import search_words
from schema.fact import Fact, Report, Source, Status
from schema.ids import DocumentId, EntityKey
from schema.observation import Polarity

QUOTES_PER_FACT = 3

LONGEST = 12
"""Words of the longest name that is looked for."""


def phrases(question: str) -> set[str]:
    """Every run of words in a question that could be a name."""
    words = search_words(question).split(" ")
    return {" ".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, min(start + LONGEST, len(words)) + 1)}


def named_in(question: str, called: Mapping[str, Collection[EntityKey]]) -> list[EntityKey]:
    """The entities whose name or key stands in the question as whole words, the longest names first, none inside another.

    `called` has names and keys in the words of schema.entity_names.search_words; those that do not stand in the question are passed over.
    """
    text = f" {search_words(question)} "
    found: list[EntityKey] = []
    for words in sorted(called, key=lambda words: (-len(words), words)):
        if words and f" {words} " in text:
            found += sorted(called[words])
            # What a longer name has taken is no name any more: 'lung cancer' does not also ask about 'cancer'.
            text = text.replace(f" {words} ", "  ")
    return list(dict.fromkeys(found))


def context(
    question: str,
    asked: Sequence[EntityKey],
    facts: Iterable[Fact],
    documents: Iterable[Source],
    names: Names,
    limit: int,
    as_of: date | None,
) -> dict[str, Any]:
    """Current facts about the asked entities, those that join two of them first, then by belief; each with its best quotes.

    Closed facts are left out: they are not so on the day asked for. Where one was closed, its successor tells of it.
    """
    until = as_of.isoformat() if as_of and asked else None
    sources = {source.id: source for source in documents}
    held = [fact for fact in facts if fact.status is Status.CURRENT and {fact.triple.head, fact.triple.tail} & set(asked)]
    held.sort(key=lambda f: (-len({f.triple.head, f.triple.tail} & set(asked)), -f.belief, f.triple))
    items = [{**fact_summary(fact, names), "citations": _citations(fact, sources)} for fact in held[:limit]]
    return {
        "question": question,
        "entities": [{"key": key, "name": name_of(key, names)} for key in asked],
        "as_of": until,
        "facts": items,
        "left_out": max(0, len(held) - limit),
        "text": _text(items, asked, names, until),
    }


def _citations(fact: Fact, sources: Mapping[DocumentId, Source]) -> list[dict[str, Any]]:
    def best(polarity: Polarity) -> list[Report]:
        said = [report for report in fact.reports if report.polarity is polarity]
        return sorted(said, key=lambda r: (-r.confidence, r.document))[:QUOTES_PER_FACT]

    return [_citation(r, sources.get(r.document)) for r in (*best(Polarity.ASSERTS), *best(Polarity.DENIES))]


def _citation(report: Report, source: Source | None) -> dict[str, Any]:
    return {
        "document": report.document,
        "title": source.title if source else "",
        "published": source.published.isoformat() if source else None,
        "precision": source.precision if source else None,
        "journal": source.journal if source else None,
        "polarity": report.polarity.value,
        "confidence": report.confidence,
        "quote": report.quote,
    }


def _text(items: Sequence[Mapping[str, Any]], asked: Sequence[EntityKey], names: Names, until: str | None) -> str:
    if not asked:
        return "The question names no entity that the graph knows."
    if not items:
        return f"Nothing is held about {', '.join(name_of(key, names) for key in asked)}{f' as of {until}' if until else ''}."
    lines = []
    for number, item in enumerate(items, 1):
        since = item["intervals"][-1]["from"]
        lines.append(
            f"[{number}] {item['head_name']} {item['relation']} {item['tail_name']}"
            f" (belief {item['belief']:.2f}, since {since}, {number_of_documents(item['support'])})"
        )
        for citation in item["citations"]:
            sign = "" if citation["polarity"] == Polarity.ASSERTS else "against: "
            lines.append(f'    {sign}"{citation["quote"]}" [{citation["document"]}, {_published(citation)}]')
    return "\n".join(lines)


def _published(citation: Mapping[str, Any]) -> str:
    day: str | None = citation["published"]
    return "undated" if day is None else day[: {"year": 4, "month": 7}.get(citation["precision"], 10)]
