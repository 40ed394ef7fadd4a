"""Commands about sources: where documents come from by themselves."""

from dataclasses import replace
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer()


@command(app, "ontology", "model", "reading", makes=True)
def sync(
    call: Call,
    name: Annotated[str, typer.Argument(help="A source that the settings name.")],
    file: Annotated[
        list[str] | None,
        typer.Option("--file", help="Only this file, by name or address; of a query, this day or FIRST..LAST (repeatable)."),
    ] = None,
) -> None:
    """Read what is new in a source (exit code 1: a file was set aside, is missing or waits for a person)."""
    from flows.jobs.collecting import Ingestion
    from flows.jobs.ingesting import run_ingestion
    from flows.jobs.outcomes import Outcome
    from flows.jobs.runs import meter_for
    from flows.jobs.syncing import sync_source
    from pipeline.intake.status import remarks_on

    home = call.home
    meter, outcome = meter_for(home), Outcome(home)
    found = sync_source(home, name, lambda paths: run_ingestion(home, Ingestion(tuple(paths)), meter, outcome), file or ())
    told = replace(found, more={**outcome.as_data(), "spent": meter.as_data()})
    words = (*outcome.words(), meter.sentence(), *remarks_on(found.tallies)) if found.tallies else ()
    call.show(told.as_data(), lambda _: "\n".join([told.in_words(), *filter(None, words)]))
    call.end(short=bool(found.shortfall))


@command(app, reads_only=True)
def sources(call: Call) -> None:
    """The sources that the settings name, and how far each was read."""
    from flows.jobs.syncing import sources_of

    call.show_table(sources_of(call.home), none="no sources; a table [sources.NAME] in chronokg.toml makes one")
