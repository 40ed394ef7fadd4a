"""`review`: names that programs were not sure of, worked through by a person."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from flows.commands.options import By, Call, command

app = typer.Typer(help="Names found in texts: which entities they are, decided by a person.", invoke_without_command=True)

Name = Annotated[str, typer.Argument(help="As a text has it; case does not matter.")]
Kind = Annotated[str, typer.Argument(help="Its type, such as Disease.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
All = Annotated[bool, typer.Option("--all", help="Every name that was judged, also the sure ones.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Names at most, the most used first.")]

NOTHING_WAITS = "no name waits for a decision"


@command(app, group=True)
def review(call: Call, context: typer.Context, by: By = "person", everything: All = False, limit: Limit = 50) -> None:
    """Work through names that are not sure, on a terminal; elsewhere list them."""
    if context.invoked_subcommand is not None:
        return
    if call.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        list_command(replace(call, reads_only=True), everything=everything, limit=limit)
        return
    from rich.console import Console

    from flows.people.name_review import names_in_review, work_through
    from pipeline.shown_text import visible

    # Names such as [3H]thymidine are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    names = names_in_review(call.home, everything=everything, limit=limit)

    def ask(question: str) -> str:
        return console.input(f"{visible(question)}: ")

    decided = work_through(call.home, names, ask, lambda text: console.print(visible(text)), by=by)
    console.print(f"{decided} decided" if names else NOTHING_WAITS)


@command(app, reads_only=True)
def list_command(call: Call, everything: All = False, limit: Limit = 50) -> None:
    """Names that are not sure, the most used first, with what they may be and sentences that use them."""
    from flows.people.name_review import names_in_review
    from pipeline.identity.review_list import names_as_data, names_table

    names = names_in_review(call.home, everything=everything, limit=limit)
    call.show_table(names_table(names), none=NOTHING_WAITS, data={"names": names_as_data(names)})


@command(app)
def same(
    call: Call,
    name: Name,
    kind: Kind,
    key: Annotated[str, typer.Argument(help="The entity, such as MESH:D001249; or another name, as NAME:Disease/asthma.")],
    by: By = "person",
    reason: Reason = "",
) -> None:
    """A name is this entity: what was said of it counts for the entity."""
    from flows.people.name_review import decide_name
    from schema.records import Sameness

    call.show_change(decide_name(call.home, name, kind, Sameness.SAME, key, by=by, reason=reason))


@command(app)
def different(
    call: Call,
    name: Name,
    kind: Kind,
    key: Annotated[str, typer.Argument(help="What it is not; nothing: none of all that is known.")] = "",
    by: By = "person",
    reason: Reason = "",
) -> None:
    """A name stands by itself, whatever programs say."""
    from flows.people.name_review import decide_name
    from schema.records import Sameness

    call.show_change(decide_name(call.home, name, kind, Sameness.DIFFERENT, key, by=by, reason=reason))


@command(app)
def undo(call: Call, name: Name, kind: Kind, by: By = "person", reason: Reason = "") -> None:
    """Take a person's decision back: what stood before it stands again."""
    from flows.people.name_review import take_back

    call.show_change(take_back(call.home, name, kind, by=by, reason=reason))
