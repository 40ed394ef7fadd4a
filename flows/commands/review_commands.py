"""`review`: names that programs were not sure of, worked through by a person."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import DEFAULT, Graph, HomeDir, Json, open_at, show_change

if TYPE_CHECKING:
    from flows.home.homes import Home

app = typer.Typer(help="Names found in texts: which entities they are, decided by a person.", invoke_without_command=True)

Name = Annotated[str, typer.Argument(help="As a text has it; case does not matter.")]
Kind = Annotated[str, typer.Argument(help="Its type, such as Disease.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
All = Annotated[bool, typer.Option("--all", help="Every name that was judged, also the sure ones.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Names at most, the most used first.")]


@app.callback()
def review(
    context: typer.Context,
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    by: By = "person",
    everything: All = False,
    limit: Limit = 50,
) -> None:
    """Work through names that are not sure, on a terminal; elsewhere list them."""
    if context.invoked_subcommand is not None:
        return
    opened = open_at(home, graph=graph)
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _show(opened, as_json=as_json, everything=everything, limit=limit)
        return
    from rich.console import Console

    from flows.people.name_review import names_in_review
    from flows.people.review_session import work_through

    # Names such as [3H]thymidine are no markup.
    console = Console(markup=False, emoji=False, highlight=False)
    names = names_in_review(opened, everything=everything, limit=limit)
    decided = work_through(opened, names, lambda question: console.input(f"{question}: "), console.print, by=by)
    console.print(f"{decided} decided" if names else "no name waits for a decision")


@app.command("list")
def list_(home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False, everything: All = False, limit: Limit = 50) -> None:
    """Names that are not sure, the most used first, with what they may be and sentences that use them."""
    _show(open_at(home, graph=graph), as_json=as_json, everything=everything, limit=limit)


@app.command()
def same(
    name: Name,
    kind: Kind,
    key: Annotated[str, typer.Argument(help="The entity, such as MESH:D001249; or another name, as NAME:Disease/asthma.")],
    by: By = "person",
    reason: Reason = "",
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """A name is this entity: what was said of it counts for the entity."""
    from flows.people.name_review import decide
    from schema.records import Sameness

    show_change(decide(open_at(home, graph=graph), name, kind, Sameness.SAME, key, by=by, reason=reason), as_json)


@app.command()
def different(
    name: Name,
    kind: Kind,
    key: Annotated[str, typer.Argument(help="What it is not; nothing: none of all that is known.")] = "",
    by: By = "person",
    reason: Reason = "",
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """A name stands by itself, whatever programs say."""
    from flows.people.name_review import decide
    from schema.records import Sameness

    show_change(decide(open_at(home, graph=graph), name, kind, Sameness.DIFFERENT, key, by=by, reason=reason), as_json)


@app.command()
def undo(
    name: Name,
    kind: Kind,
    by: By = "person",
    reason: Reason = "",
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """Take a person's decision back: what stood before it stands again."""
    from flows.people.name_review import take_back

    show_change(take_back(open_at(home, graph=graph), name, kind, by=by, reason=reason), as_json)


def _show(home: "Home", *, as_json: bool, everything: bool, limit: int) -> None:
    from flows.home.showing import show_json, show_rows
    from flows.people.name_review import as_data, names_in_review

    names = names_in_review(home, everything=everything, limit=limit)
    if as_json:
        show_json({"names": [as_data(one) for one in names]})
    elif not names:
        print("no name waits for a decision")
    else:
        show_rows(
            [
                {
                    "name": one.name,
                    "type": one.type,
                    "documents": one.documents,
                    "stands": f"{one.sameness.value}{f' as {one.key}' if one.key else ''}, {one.by}",
                    "may be": "; ".join(f"{c.key} {c.label} {c.score:.2f}: {c.reason}" for c in one.candidates),
                    "used in": " ".join(one.sentences),
                }
                for one in names
            ],
            as_json=False,
        )
