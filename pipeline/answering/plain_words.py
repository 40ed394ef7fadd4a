"""Answers as a person reads them on a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.answering.histories import number_of_documents

Answer = Mapping[str, Any]


def why_in_words(answer: Answer) -> str:
    """A fact, its history and its quotes."""
    fact = answer["fact"]
    first = "no fact: the evidence was never admitted, only denies it, or there is none" if fact is None else _fact(fact)
    return "\n".join([first, *(f"  {remark}" for remark in answer["withdrawn"]), *_steps(answer["history"])])


def timeline_in_words(answer: Answer) -> str:
    """Facts with their intervals, then every change."""
    facts = (f"  {_fact(fact)}" for fact in answer["facts"])
    return "\n".join([f"{answer['name']} ({answer['entity']})", *facts, "What changed:", *_steps(answer["events"])])


def _steps(history: Iterable[Answer]) -> Iterator[str]:
    for step in history:
        yield f"  {step['on']}  {step['text']}"
        for quote in step["quotes"]:
            yield f'      "{quote["quote"]}" ({quote["document"]}, confidence {quote["confidence"]:g})'


def _fact(fact: Answer) -> str:
    spans = ", ".join(f"{i['from']} to {i['to'] or 'now'} (belief {i['belief']:g})" for i in fact["intervals"])
    held = f"; held {spans}" if spans else ""
    told = f"{fact['status']}, belief {fact['belief']:g}, {number_of_documents(fact['support'])}{held}"
    return f"{fact['head_name']} {fact['relation']} {fact['tail_name']}: {told}"
