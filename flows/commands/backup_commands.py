"""`backup`: a home copied while others write to it, looked through, and put back."""

from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer(help="Backups of a home, in a folder or an S3 bucket.", no_args_is_help=True)

Place = Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or s3://bucket/prefix (with AWS's own variables).")]


@command(app, reads_only=True)
def make(
    call: Call,
    place: Place,
    with_replies: Annotated[bool, typer.Option("--with-replies", help="Also the answers of models, which were paid for.")] = False,
    with_graph: Annotated[bool, typer.Option("--with-graph", help="Also the files of a bulk import, which spare folding it.")] = False,
) -> None:
    """Copy the home as of the last commit, and only what the place lacks of it; whoever writes goes on."""
    from flows.backups.backing_up import make_backup

    call.show_change(make_backup(call.home, place, with_replies=with_replies, with_graph=with_graph))


@command(app, reads_only=True)
def list_command(call: Call, place: Place) -> None:
    """The states that a place holds, the oldest first."""
    from flows.backups.putting_back import states_in

    call.show_table(states_in(place), none=f"{place} holds no state yet")


@command(app, reads_only=True)
def verify(
    call: Call, place: Place, sizes_only: Annotated[bool, typer.Option("--sizes-only", help="Do not read the files.")] = False
) -> None:
    """Read all that a place holds, and say what is not as it was written (exit code 1)."""
    from flows.backups.putting_back import verify_backup

    found = verify_backup(place, sizes_only=sizes_only)
    call.show_change(found)
    call.end(short=not found["ok"])


@command(app, reads_only=True)
def restore(
    call: Call, place: Place, state: Annotated[int | None, typer.Option("--state", help="Its number; by default the last one.")] = None
) -> None:
    """Make a new home (`--home`) of a state, every file compared with its hash on the way."""
    from flows.backups.putting_back import restore_backup

    call.show_change(restore_backup(place, call.given["home"], state=state))
