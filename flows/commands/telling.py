"""How answers look to a person on a terminal."""

from collections.abc import Mapping
from typing import Any

from flows.home.showing import show_json
from pipeline.answering.histories import documents
from pipeline.intake.costs import in_words


def show_why(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """A fact, its history and its quotes."""
    if as_json:
        show_json(answer)
        return
    fact = answer["fact"]
    if fact is None:
        print("no fact: the evidence was never admitted, only denies it, or there is none")
    else:
        print(f"{fact['head_name']} {fact['relation']} {fact['tail_name']}: {_standing(fact)}")
    for remark in answer["withdrawn"]:
        print(f"  {remark}")
    for step in answer["history"]:
        print(f"  {step['on']}  {step['text']}")
        for quote in step["quotes"]:
            print(f'      "{quote["quote"]}" ({quote["document"]}, confidence {quote["confidence"]:g})')


def show_timeline(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """Facts with their intervals, then every change."""
    if as_json:
        show_json(answer)
        return
    print(f"{answer['name']} ({answer['entity']})")
    for fact in answer["facts"]:
        print(f"  {fact['head_name']} {fact['relation']} {fact['tail_name']}: {_standing(fact)}")
    print("What changed:")
    for step in answer["events"]:
        print(f"  {step['on']}  {step['text']}")


def show_context(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """The context as text."""
    if as_json:
        show_json(answer)
    else:
        print(answer["text"])


def show_status(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """Counts, and what is set aside and why."""
    if as_json:
        show_json(answer)
        return
    graph, log = answer["graph"], answer["log"]
    print(f"home: {answer['home']}")
    print(f"log: {log['batches']} batches, {log['observations']} observations, {log['readings']} readings")
    counts = ", ".join(f"{value} {key}" for key, value in graph.items() if key not in ("store", "up_to_date"))
    print(f"graph ({graph['store']}, {'up to date' if graph['up_to_date'] else 'behind the log'}): {counts}")
    for unit, tally in answer["counts"].items():
        skipped, aside = sum(tally["skipped"].values()), sum(tally["set_aside"].values())
        print(f"{unit}s: {tally['submitted']} submitted = {tally['committed']} committed + {skipped} skipped + {aside} set aside")
    for row in answer["spent"]:
        if row["requests"] or row["from_cache"] or row["in_vain"]:
            print(_cost(row))
    print(f"set aside and not settled: {answer['set_aside']['open']}")
    for error, number in answer["set_aside"]["by_error"].items():
        print(f"  {number} × {error}")
    for example in answer["set_aside"]["examples"]:
        place = " ".join(str(part) for part in (example["file"], example["position"], example["document"]) if part)
        print(f"    {place}: {example['reason']}")


def show_doctor(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """Checks and settings."""
    if as_json:
        show_json(answer)
        return
    for check in answer["checks"]:
        print(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']}: {check['detail']}")
    print("settings:")
    for name, setting in answer["settings"].items():
        print(f"  {name} = {setting['value']} ({setting['origin']})")


def _cost(row: Mapping[str, Any]) -> str:
    money = "" if row["money"] is None else f", money {in_words(row['money'])}"
    cached = f", {row['from_cache']:,} from the cache" if row["from_cache"] else ""
    vain = f", {row['in_vain']:,} in vain" if row["in_vain"] else ""
    tokens = f"{row['prompt_tokens']:,} prompt tokens, {row['completion_tokens']:,} tokens of answers"
    return f"spent by {row['reader']}: {tokens}, {row['requests']:,} requests{money} ({row['readings']:,} readings{cached}{vain})"


def _standing(fact: Mapping[str, Any]) -> str:
    spans = ", ".join(f"{i['from']} to {i['to'] or 'now'} (belief {i['belief']:g})" for i in fact["intervals"])
    return f"{fact['status']}, belief {fact['belief']:g}, {documents(fact['support'])}" + (f"; held {spans}" if spans else "")
