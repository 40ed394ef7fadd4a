"""Commands that read documents with a language model, and say what that costs."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.options import Call, Dates, Published, command

app = typer.Typer()

_Since = Annotated[str | None, typer.Option("--since", help="Only documents published on this day or later.")]
_Until = Annotated[str | None, typer.Option("--until", help="Only documents published on this day or earlier.")]
_Again = Annotated[
    str | None, typer.Option("--again", help="model, prompt or schema: read again what was read by another one; this reader comes first.")
]
_Estimate = Annotated[bool, typer.Option("--estimate", help="Only say what reading would take; nothing is asked of the model or recorded.")]
_Tokens = Annotated[int | None, typer.Option("--budget-tokens", help="No document is begun after so many tokens.")]
_Money = Annotated[float | None, typer.Option("--budget-money", help="The same in money, by the prices in the settings.")]
_Seconds = Annotated[float | None, typer.Option("--budget-seconds", help="The same in seconds of reading.")]


@command(app, "ontology", "model", "reading", makes=True)
def ingest(
    call: Call,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of documents.")],
    since: _Since = None,
    until: _Until = None,
    dates: Dates = None,
    published: Published = None,
    again: _Again = None,
    estimate: _Estimate = False,
    budget_tokens: _Tokens = None,
    budget_money: _Money = None,
    budget_seconds: _Seconds = None,
) -> None:
    """Read documents with a language model, oldest first, and fold what they say into the graph."""
    from flows.jobs.collecting import Ingestion

    budget: dict[str, Any] = {"budget_tokens": budget_tokens, "budget_money": budget_money, "budget_seconds": budget_seconds}
    home = replace(call, reads_only=True).opened_or_empty(**budget) if estimate else call.opened(**budget)
    wanted = Ingestion(tuple(paths), since=since, until=until, dates=dates, published=published, again=again)
    if estimate:
        from flows.jobs.estimating import estimate as estimated
        from pipeline.intake.estimates import estimate_in_words

        outlook = estimated(home, wanted)
        call.show(outlook, estimate_in_words)
        call.end(short=bool(outlook["unreadable_files"] or outlook["set_aside"]))
    from flows.jobs.ingesting import run_ingestion
    from flows.jobs.outcomes import Outcome
    from flows.jobs.runs import meter_for

    meter, outcome = meter_for(home), Outcome(home)
    tallies = run_ingestion(home, wanted, meter, outcome)
    call.show_tallies(tallies, {**outcome.as_data(), "spent": meter.as_data()}, *outcome.words(), meter.sentence())


@command(app, reads_only=True)
def costs(
    call: Call,
    documents: Annotated[list[str] | None, typer.Argument(help="Only of these documents.")] = None,
    by: Annotated[str, typer.Option("--by", help="reader (default), document or day.")] = "reader",
) -> None:
    """What reading has cost so far: requests, tokens, seconds, and money where prices are set."""
    from flows.jobs.runs import costs_by

    call.show_table(costs_by(call.home, by, documents))
