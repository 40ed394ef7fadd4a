"""Commands about sources: where documents come from by themselves."""

from typing import Annotated

import typer

from flows.commands.options import Call, Patience, command

app = typer.Typer()


@command(app, "ontology", "model", "reading", makes=True)
def sync(
    call: Call,
    name: Annotated[str, typer.Argument(help="A source that the settings name.")],
    file: Annotated[
        list[str] | None,
        typer.Option("--file", help="Only this file, by name or address; of a query, this day or FIRST..LAST (repeatable)."),
    ] = None,
    patience: Patience = 0.0,
) -> None:
    """Read what is new in a source (exit code 1: a file was set aside, is missing or waits for a person)."""
    from flows.commands.job_commands.conducted import parameters_of
    from flows.scheduling.conducting import run_job
    from flows.scheduling.parameters import SyncParameters
    from pipeline.intake.status import remarks_on, shortfall

    home = call.home
    result = run_job(parameters_of(SyncParameters, home, source=name, files=file, patience=patience), home)
    call.show(result.data, lambda _: "\n".join(filter(None, [*result.words, *remarks_on(result.tallies)])))
    call.end(short=bool(result.failed or shortfall(result.tallies)))


@command(app, reads_only=True)
def sources(call: Call) -> None:
    """The sources that the settings name, and how far each was read."""
    from flows.jobs.syncing import sources_of

    call.show_table(sources_of(call.home), none="no sources; a table [sources.NAME] in chronokg.toml makes one")
