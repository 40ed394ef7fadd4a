"""Where a home stands: what was submitted and what became of it, in numbers and words; what is set aside; what log and graph hold."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.intake.asked_batch import MODEL_AWAY
from pipeline.intake.batches import HEDGED, NEGATED
from pipeline.intake.costs import BUDGET_SPENT, money_in_words
from pipeline.intake.line_batches import lines_in
from pipeline.intake.rereading import READ_ELSEWHERE
from pipeline.intake.set_aside_list import Ending, all_aside, reckoning
from pipeline.intake.unused_parts import UNITS_OF_DOCUMENTS
from schema.accounts.settling import DISCARDED
from schema.observation import Observation
from schema.ports import EvidenceLog
from schema.records import BatchReport, SetAside, Tally

FORMER_UNITS = {"turned claim": NEGATED, "weakened claim": HEDGED}
"""What older logs call units that have another name now."""


def totals(tallies: Iterable[Tally]) -> dict[str, Tally]:
    """The sum of the tallies of each unit."""
    found: dict[str, Tally] = {}
    for tally in tallies:
        unit = FORMER_UNITS.get(tally.unit, tally.unit)
        found[unit] = found.get(unit, Tally(unit)) + tally
    return found


def tallies_as_data(tallies: Iterable[Tally]) -> dict[str, Any]:
    """Tallies by unit, each with its parts and their sum."""
    return {
        tally.unit: {
            "submitted": tally.submitted,
            "committed": tally.committed,
            "skipped": dict(tally.skipped),
            "set_aside": dict(tally.set_aside),
        }
        for tally in tallies
    }


def tallies_in_words(tallies: Sequence[Tally], more: Sequence[str] = ()) -> str:
    """A sentence for each, and more that is said where there is any."""
    return "\n".join([*map(_sentence, tallies), *filter(None, more)]) if tallies else "nothing to do"


LEFT = {
    BUDGET_SPENT: "The budget was spent before all documents were read: the same command goes on with the rest.",
    READ_ELSEWHERE: "",
    MODEL_AWAY: "The model's server went away before all documents were read: the same command goes on with the rest.",
}
"""Why documents that should be read are left for another run, and what is said to a person about it."""


def remarks_on(tallies: Sequence[Tally]) -> list[str]:
    """What a person can do about what was not committed; nothing where all was, or passed over as it should be."""
    remarks = {
        **{remark: _left(tallies, why) for why, remark in LEFT.items() if remark},
        "Something was set aside: `chronokg set-aside list` tells what and why, `chronokg replay` tries it again.": _aside(tallies),
    }
    return [remark for remark, number in remarks.items() if number]


def shortfall(tallies: Sequence[Tally]) -> str:
    """Why a run is no full success; empty where it is."""
    parts = {"set aside": _aside(tallies), **{f"not read: {why}": _left(tallies, why) for why in LEFT}}
    return ", ".join(f"{number} {part}" for part, number in parts.items() if number)


def unanswered(tallies: Sequence[Tally]) -> str:
    """Why a run failed though it set nothing aside: nobody answered; empty where that is not so."""
    return f"{left} not read: {MODEL_AWAY}" if (left := _left(tallies, MODEL_AWAY)) else ""


def left_for_another_run(tallies: Sequence[Tally]) -> str:
    """Why documents that should be read were left, one reason where there are several; empty where none were."""
    return next((why for why in LEFT if _left(tallies, why)), "")


def beyond_share(tallies: Sequence[Tally], share: float) -> str:
    """Why so much was set aside that a run counts as failed: more than this share, 0 to 1, of the units of one kind; else empty."""
    for tally in tallies:
        aside = sum(tally.set_aside.values())
        if aside > share * tally.submitted:
            why = ", ".join(f"{number} {error}" for error, number in tally.set_aside.items())
            allowed = f", and {share:.0%} may be" if share else ""
            return f"{aside} of {tally.submitted} {tally.unit}s set aside ({why}){allowed}"
    return ""


def _aside(tallies: Iterable[Tally]) -> int:
    return sum(sum(tally.set_aside.values()) for tally in tallies)


def _left(tallies: Iterable[Tally], why: str) -> int:
    return sum(tally.skipped.get(why, 0) for tally in tallies)


def _sentence(tally: Tally) -> str:
    def parts(counts: Mapping[str, int]) -> str:
        return f"{sum(counts.values())}" + (f" ({', '.join(f'{n} {why}' for why, n in counts.items())})" if counts else "")

    return (
        f"{tally.unit}s: {tally.submitted} submitted = {tally.committed} committed"
        f" + {parts(tally.skipped)} skipped + {parts(tally.set_aside)} set aside"
    )


EXAMPLES = 20
"""How much of what is set aside is shown."""

SHOWN_OF_REPLY = 2000
"""Characters of a reply that are shown."""


def status_as_data(log: EvidenceLog, graph: Mapping[str, Any], spent: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All of it; `graph` is what the graph has and how it stands to the log, `spent` what each reader has cost."""
    asides, batches, reports = all_aside(log), log.batches(), list(log.records(BatchReport))
    still = [each.record for each in asides if each.ending is Ending.OPEN]
    counts = totals(tally for report in reports for tally in report.record.tallies)
    last = max(reports, key=lambda report: report.at, default=None)
    return {
        "graph": graph,
        "log": {
            "batches": len(batches),
            "observations": sum(1 for _ in log.records(Observation)),
            "readings": sum(row["readings"] for row in spent),
            "last_recorded": None if last is None else {"at": last.at.isoformat(), "command": last.record.command},
        },
        "spent": spent,
        "tokens": {name: sum(row[f"{name}_tokens"] for row in spent) for name in ("prompt", "completion")},
        "counts": tallies_as_data(counts.values()),
        "set_aside": {
            **reckoning(asides),
            "share": share_set_aside(still, counts),
            "by_error": set_aside_by_error(still),
            "examples": [_example(one) for one in still[:EXAMPLES]],
        },
    }


HANDED_IN = ("document", "line")
"""Units that somebody hands in; of others, such as claims, these have several."""


def share_set_aside(aside: Iterable[SetAside], counts: Mapping[str, Tally]) -> float | None:
    """Which part of the documents and lines that were ever handed in is set aside, 0 to 1; None where there were none."""
    handed_in = sum(tally.submitted for unit, tally in counts.items() if unit in HANDED_IN)
    left = sum(lines_in(one) for one in aside if one.unit in HANDED_IN)
    return round(min(1.0, left / handed_in), 6) if handed_in else None


def counts_in_words(counts: Mapping[str, int]) -> str:
    """How much of each kind a graph holds."""
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))


def status_in_words(answer: Mapping[str, Any]) -> str:
    """Counts, and what is set aside and why."""
    return "\n".join(_lines(answer))


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    graph, log = answer["graph"], answer["log"]
    yield f"home: {answer['home']}"
    yield f"log: {log['batches']} batches, {log['observations']} observations, {log['readings']} readings"
    if last := log["last_recorded"]:
        yield f"  the last recorded at {last['at']} by {last['command']}"
    counts = ", ".join(
        f"{value} {key}" for key, value in graph.items() if key not in ("store", "up_to_date", "condition", "note", "behind")
    )
    yield f"graph ({graph['store']}, {graph['condition']}){': ' if counts else ''}{counts}"
    if "note" in graph:
        yield f"  {graph['note']}"
    for unit, tally in answer["counts"].items():
        skipped, aside = sum(tally["skipped"].values()), sum(tally["set_aside"].values())
        yield f"{unit}s: {tally['submitted']} submitted = {tally['committed']} committed + {skipped} skipped + {aside} set aside"
        if unit in UNITS_OF_DOCUMENTS:
            yield from (f"  {number} × {reason}" for reason, number in sorted(tally["skipped"].items()))
    yield from (_cost(row) for row in answer["spent"] if row["requests"] or row["from_cache"] or row["failed"])
    yield f"set aside and not settled: {answer['set_aside']['open']}"
    if share := answer["set_aside"]["share"]:
        yield f"  {share:.2%} of all documents and lines"
    if discarded := answer["set_aside"]["settled"].get(DISCARDED):
        yield f"  besides, discarded by a person: {discarded}"
    for error, number in answer["set_aside"]["by_error"].items():
        yield f"  {number} × {error}"
    for example in answer["set_aside"]["examples"]:
        place = " ".join(str(part) for part in (example["file"], example["position"], example["document"]) if part)
        yield f"    {place}: {example['reason']}"


def _cost(row: Mapping[str, Any]) -> str:
    money = "" if row["money"] is None else f", money {money_in_words(row['money'])}"
    cached = f", {row['from_cache']:,} from the cache" if row["from_cache"] else ""
    failed = f", {row['failed']:,} failed" if row["failed"] else ""
    tokens = f"{row['prompt_tokens']:,} prompt tokens, {row['completion_tokens']:,} tokens of answers"
    return f"spent by {row['reader']}: {tokens}, {row['requests']:,} requests{money} ({row['readings']:,} readings{cached}{failed})"


def _example(aside: SetAside) -> dict[str, Any]:
    told = {name: getattr(aside, name) for name in ("unit", "document", "file", "position", "error", "reason")}
    return {**told, "reply": aside.reply[:SHOWN_OF_REPLY]} if aside.reply else told


def set_aside_by_error(asides: Iterable[SetAside]) -> dict[str, int]:
    """How much of it is set aside at which stage by which error."""
    found: Counter[str] = Counter()
    for aside in asides:
        found[f"{aside.stage}: {aside.error}"] += lines_in(aside)
    return dict(found)
