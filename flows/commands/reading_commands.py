"""Commands that read documents with a language model, and say what that costs."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import DEFAULT, Dates, Graph, HomeDir, Json, Model, OntologyName, Published
from flows.commands.options import open_at as _open

app = typer.Typer()

_Reading = Annotated[str | None, typer.Option("--reading", help="labels (default), votes, or linear: the adapter's linear part alone.")]
_Since = Annotated[str | None, typer.Option("--since", help="Only documents published on this day or later.")]
_Until = Annotated[str | None, typer.Option("--until", help="Only documents published on this day or earlier.")]
_Again = Annotated[
    str | None, typer.Option("--again", help="model, prompt or schema: read again what was read by another one; this reader comes first.")
]
_Estimate = Annotated[bool, typer.Option("--estimate", help="Only say what reading would take; nothing is asked of the model or recorded.")]
_Tokens = Annotated[int | None, typer.Option("--budget-tokens", help="No document is begun after so many tokens.")]
_Money = Annotated[float | None, typer.Option("--budget-money", help="The same in money, by the prices in the settings.")]
_Seconds = Annotated[float | None, typer.Option("--budget-seconds", help="The same in seconds of reading.")]


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of documents.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    ontology: OntologyName = None,
    model: Model = None,
    reading: _Reading = None,
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

    budget = {"budget_tokens": budget_tokens, "budget_money": budget_money, "budget_seconds": budget_seconds}
    opened = _open(home, ontology, keep=not estimate, graph=graph, model=model, reading=reading, **budget)
    wanted = Ingestion(tuple(paths), since=since, until=until, dates=dates, published=published, again=again)
    if estimate:
        from flows.jobs.estimating import estimate as estimated
        from flows.jobs.estimating import show_estimate

        show_estimate(estimated(opened, wanted), as_json=as_json)
        return
    from flows.home.showing import show_tallies
    from flows.jobs.ingesting import run_ingestion
    from flows.jobs.spending import meter_for, shown

    meter = meter_for(opened)
    tallies = run_ingestion(opened, wanted, meter)
    raise typer.Exit(show_tallies(tallies, as_json=as_json, more=shown(meter, as_json=as_json)))


@app.command()
def costs(
    documents: Annotated[list[str] | None, typer.Argument(help="Only of these documents.")] = None,
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    by: Annotated[str, typer.Option("--by", help="reader (default), document or day.")] = "reader",
) -> None:
    """What reading has cost so far: requests, tokens, seconds, and money where prices are set."""
    from flows.home.showing import show_rows
    from flows.jobs.cost_accounts import costs_by

    show_rows(costs_by(_open(home, graph=graph), by, documents), as_json=as_json)
