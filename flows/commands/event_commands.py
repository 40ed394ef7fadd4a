"""Commands about what became of documents: retracted, deleted, and both taken back; one document, or a table of them."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer()

Document = Annotated[str | None, typer.Argument(help="The document's id, such as PMID:32450107.")]
Table = Annotated[
    Path | None, typer.Option("--from", help="A table of ids instead: CSV, TSV or JSON lines, with dates or without; also packed.")
]


@command(app, makes=True)
def retract(
    call: Call,
    document: Document = None,
    on: Annotated[str | None, typer.Option("--on", help="The day of the notice.")] = None,
    table: Table = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also on a day that cannot be true, and documents that were never seen here.")
    ] = False,
) -> None:
    """A document was retracted: it counts for nothing, and what it had closed reopens."""
    _change(call, "retract", document, table, on, anyway=anyway)


@command(app)
def unretract(call: Call, document: Document = None, table: Table = None) -> None:
    """Take all retractions of a document back; a new one counts again."""
    _change(call, "unretract", document, table)


@command(app, makes=True)
def delete(call: Call, document: Document = None, table: Table = None) -> None:
    """A document is to leave no trace in any answer."""
    _change(call, "delete", document, table)


@command(app)
def restore(call: Call, document: Document = None, table: Table = None) -> None:
    """Take a deletion back; a retraction stays, see `unretract`."""
    _change(call, "restore", document, table)


def _change(call: Call, name: str, document: str | None, table: Path | None, on: str | None = None, *, anyway: bool = False) -> None:
    from flows.engine.outcomes import Outcome
    from flows.jobs.keeping import change_document, change_from
    from schema.errors import WrongUse

    if (document is None) == (table is None):
        raise WrongUse(f"name one document to {name}, or a table of them by --from FILE")
    if document is not None:
        call.show_change(change_document(call.home, name, document, on, anyway=anyway))
    elif table is not None:
        outcome = Outcome(call.home)
        tallies = change_from(call.home, name, table, on=on, anyway=anyway, outcome=outcome)
        call.show_tallies(tallies, outcome.as_data(), *outcome.words())
