"""What one run changed its mind about: a line for each fact with what was, what is now and because of what."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.answering.histories import number_of_documents
from pipeline.believing.fold import Graph
from pipeline.reporting.change_teller import ChangeTeller, Shown
from pipeline.reporting.digest_in_words import in_markdown, reason_in_markdown
from pipeline.reporting.words import Row, where_it_stands
from pipeline.shown_text import in_quotes, one_line
from pipeline.updating.changed_facts import FactChange
from schema.fact import Fact, FactState, Status

REASONS = 3
"""Documents of one line that are told; of further ones there is a number."""

_STOOD = {Status.CURRENT: "held", Status.SUPERSEDED: "had held"}


def changes_told(changes: Sequence[FactChange], left_out: Mapping[str, int], before: Graph, now: Graph, shown: Shown) -> Row:
    """The changes of ChangedFacts.moved, in their order, by the fold of their questions as known before the run and as known now.

    A dictionary of `lines` and `left_out` (numbers by kind). A line has `fact`, `triple`, `kind` (overturned, withdrawn, reopened,
    contested), `was`, `now`, `because` (at most REASONS documents: document, published, citation, page, quote, retracted) and `further`
    (how many more there are).
    """
    stood = {fact.triple: fact for fact in before.facts}
    stand = {fact.triple: fact for fact in now.facts}
    teller = ChangeTeller(before, now, shown)
    lines = [_told(change, teller, stood.get(change.triple), stand[change.triple]) for change in changes if change.triple in stand]
    return {"lines": lines, "left_out": dict(left_out)}


def changes_as_markdown(told: Row) -> str:
    """The lines as a table of Markdown; empty where there are none."""
    return "\n".join(_table(told)) if told["lines"] else ""


def changes_as_list(told: Row) -> str:
    """The lines as a list of Markdown, for pages too narrow for a table; empty where there are none."""
    items = [f"- {_item(line)}" for line in told["lines"]]
    return "\n".join([*items, *(f"- and {left}" for left in _left_out(told))])


def _item(line: Row) -> str:
    kind, fact, was, now = (in_markdown(line[part]) for part in ("kind", "fact", "was", "now"))
    reasons = [*map(reason_in_markdown, line["because"]), *([f"{line['further']} more"] if line["further"] else [])]
    because = f"; because of {'; '.join(reasons)}" if reasons else ""
    return f"**{fact}** ({kind}); was: {was}; now: **{now}**{because}"


def changes_as_text(told: Row) -> str:
    """The lines one by one, for a terminal, a log or a mail; empty where there are none."""
    return "\n".join([*map(_sentence, told["lines"]), *(f"and {left}" for left in _left_out(told))])


def _told(change: FactChange, teller: ChangeTeller, before: Fact | None, now: Fact) -> Row:
    row = teller.row(now)
    reasons = row["because"]
    return {
        "fact": row["fact"],
        "triple": row["triple"],
        "kind": change.kind,
        "was": _where_it_stood(change.before, before),
        "now": _where_it_is(row["now"], now),
        "because": reasons[:REASONS],
        "further": max(0, len(reasons) - REASONS),
    }


def _where_it_stood(state: FactState | None, fact: Fact | None) -> str:
    """In what the graph had; when that was, if the log's moments tell it too."""
    if state is None:
        return where_it_stands(None)
    is_same = fact is not None and fact.status is state.status
    place = where_it_stands(fact) if is_same else _STOOD.get(state.status, state.status.value)
    return f"{place} ({_worth(state)})" if state.status is Status.CURRENT else place


def _where_it_is(words: str, fact: Fact) -> str:
    if fact.status is Status.SUPERSEDED:
        return f"{words}, from {fact.closed[-1].on.isoformat()}"
    return f"{where_it_stands(fact)} ({_worth(fact.state)})" if fact.status is Status.CURRENT else words


def _worth(state: FactState) -> str:
    return f"belief {state.belief:.2f}, {number_of_documents(state.support)}"


def _table(told: Row) -> Iterator[str]:
    yield "| | fact | was | now | because |"
    yield "|---|---|---|---|---|"
    for line in told["lines"]:
        reasons = [reason_in_markdown(reason) for reason in line["because"]]
        more = [f"and {line['further']} more"] if line["further"] else []
        cells = (line["kind"], line["fact"], line["was"], line["now"])
        yield f"| {' | '.join(map(in_markdown, cells))} | {'<br>'.join([*reasons, *more])} |"
    if left := _left_out(told):
        yield ""
        yield f"And {', '.join(left)}."


def _sentence(line: Row) -> str:
    reasons = [_reason(reason) for reason in line["because"]]
    more = [f"{line['further']} more"] if line["further"] else []
    because = f"; because of {'; '.join([*reasons, *more])}" if reasons else ""
    return one_line(f"{line['kind']}: {line['fact']}; was: {line['was']}; now: {line['now']}{because}")


def _reason(reason: Row) -> str:
    quote = f"{in_quotes(reason['quote'])} " if reason["quote"] else ""
    return f"{quote}{reason['citation']}{' (retracted)' if reason['retracted'] else ''}"


def _left_out(told: Row) -> list[str]:
    return [f"{number} more {kind}" for kind, number in told["left_out"].items()]
