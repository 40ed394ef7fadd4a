"""Commands that read documents with a language model, and say what that costs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.options import Call, Dates, Patience, Published, command

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
    patience: Patience = 0.0,
) -> None:
    """Read documents with a language model, oldest first, and fold what they say into the graph."""
    budget: dict[str, Any] = {"budget_tokens": budget_tokens, "budget_money": budget_money, "budget_seconds": budget_seconds}
    if estimate:
        from flows.engine.collecting import Ingestion
        from flows.jobs.estimating import estimate as estimated
        from pipeline.intake.estimates import estimate_in_words

        wanted = Ingestion(tuple(paths), since=since, until=until, dates=dates, published=published, again=again)
        outlook = estimated(replace(call, reads_only=True).opened_or_empty(**budget), wanted)
        call.show(outlook, estimate_in_words)
        call.end(short=bool(outlook["unreadable_files"] or outlook["set_aside"]))
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import IngestParameters

    home = call.opened(**budget)
    given = documents_of(paths, since, until, dates, published)
    show_result(call, parameters_of(IngestParameters, home, **given, again=again, patience=patience), home)


@command(app, "ontology", "model", "reading", makes=True)
def extract(
    call: Call,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of documents.")],
    since: _Since = None,
    until: _Until = None,
    dates: Dates = None,
    published: Published = None,
    budget_tokens: _Tokens = None,
    patience: Patience = 0.0,
) -> None:
    """The first half of `ingest`: read documents into the log, beside any number of others who do; `construct` is the second half."""
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import IngestParameters

    home = call.opened(budget_tokens=budget_tokens)
    given = documents_of(paths, since, until, dates, published)
    show_result(call, parameters_of(IngestParameters, home, **given, constructs=False, patience=patience), home)


@command(app, "ontology", "model", "reading", makes=True)
def backfill(
    call: Call,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders of documents.")],
    since: _Since = None,
    until: _Until = None,
    parts: Annotated[int, typer.Option("--parts", min=1, help="Ranges of days that are read each by a process.")] = 2,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes at the same time.")] = 2,
    runner: Annotated[str, typer.Option("--runner", help="processes (default); with a Prefect server also dask or ray.")] = "processes",
    address: Annotated[str | None, typer.Option("--address", help="The scheduler of a Dask or Ray cluster.")] = None,
    dates: Dates = None,
    published: Published = None,
    budget_tokens: _Tokens = None,
    patience: Patience = 0.0,
) -> None:
    """`ingest` by several processes, each with a range of days: for years of documents, and a model server that takes more."""
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import BackfillParameters

    home = call.opened(budget_tokens=budget_tokens)
    given = documents_of(paths, since, until, dates, published)
    how = {"parts": parts, "workers": workers, "runner": runner, "address": address, "patience": patience}
    show_result(call, parameters_of(BackfillParameters, home, **given, **how), home)


def documents_of(paths: Sequence[Path], since: str | None, until: str | None, dates: Path | None, published: str | None) -> dict[str, Any]:
    """Parameters that say which documents are read."""
    told = {"since": since, "until": until, "dates": str(dates) if dates else None, "published": published}
    return {"paths": list(map(str, paths)), **told}


@command(app)
def construct(call: Call) -> None:
    """The second half of `ingest`: take what the log has and the graph has not into the graph."""
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import ConstructParameters

    show_result(call, parameters_of(ConstructParameters, call.home), call.home)


@command(app, "ontology", "model", "reading")
def reread(
    call: Call,
    again: Annotated[str, typer.Argument(help="model, prompt or schema: what the reading that counts must differ in.")] = "model",
    since: _Since = None,
    until: _Until = None,
    budget_tokens: _Tokens = None,
    patience: Patience = 0.0,
) -> None:
    """Read documents of the log again that were read by another model, prompt or schema; their files are not needed."""
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import RereadParameters

    home = call.opened(budget_tokens=budget_tokens)
    show_result(call, parameters_of(RereadParameters, home, again=again, since=since, until=until, patience=patience), home)


@command(app)
def maintain(
    call: Call,
    compact: Annotated[bool, typer.Option("--compact/--no-compact", help="Put small files of the log together.")] = True,
    verify: Annotated[str, typer.Option("--verify", help="How much of the graph is compared with the log: no, sample or all.")] = "sample",
    mend: Annotated[bool, typer.Option("--mend/--no-mend", help="Fold the graph anew where it differs.")] = True,
    export_to: Annotated[Path | None, typer.Option("--export-to", help="A folder for the canonical export, one file a day.")] = None,
    backup_to: Annotated[str | None, typer.Option("--backup-to", help="A folder or s3://… that a backup is kept in.")] = None,
) -> None:
    """Look after a home: the log's files, the graph against the log, an export, a backup (exit code 1: the graph differs)."""
    from flows.commands.job_commands.conducted import parameters_of, show_result
    from flows.scheduling.parameters import MaintainParameters

    how = {"compact": compact, "verify": verify, "mend": mend, "export_to": str(export_to) if export_to else None, "backup_to": backup_to}
    show_result(call, parameters_of(MaintainParameters, call.home, **how), call.home)


@command(app, reads_only=True)
def costs(
    call: Call,
    documents: Annotated[list[str] | None, typer.Argument(help="Only of these documents.")] = None,
    by: Annotated[str, typer.Option("--by", help="reader (default), document or day.")] = "reader",
) -> None:
    """What reading has cost so far: requests, tokens, seconds, and money where prices are set."""
    from flows.engine.runs import costs_by

    call.show_table(costs_by(call.home, by, documents))
