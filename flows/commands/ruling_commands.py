"""Commands about conflicts that no declared rule decides."""

from typing import Annotated

import typer

from flows.commands.options import DEFAULT, Graph, HomeDir, Json, KnownAt, Model, limits, open_at, show_change

app = typer.Typer()

End = Annotated[str, typer.Argument(help="Key or name.")]
Relation = Annotated[str, typer.Argument(help="A relation of the ontology.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@app.command()
def adjudicate(
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    model: Model = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Conflicts at most, those with most at stake first.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what a model has ruled on with the evidence there is.")] = False,
) -> None:
    """Let a language model rule on conflicts that no declared rule decides."""
    from flows.commands.telling_rulings import show_adjudication
    from flows.jobs.adjudication_runs import adjudicate as run

    raise typer.Exit(show_adjudication(run(open_at(home, graph=graph, model=model), limit=limit, again=again), as_json=as_json))


@app.command()
def rulings(home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False, known_at: KnownAt = None) -> None:
    """Every ruling with who made it, when and why, and whether it applies, was overruled or withdrawn."""
    from flows.commands.telling_rulings import show_rulings
    from flows.people.persons_rulings import rulings_of

    show_rulings(rulings_of(open_at(home, graph=graph), limits(None, known_at)[1]), as_json=as_json)


@app.command()
def rule(
    head: End,
    relation1: Relation,
    relation2: Relation,
    tail: End,
    verdict: Annotated[str, typer.Argument(help="both: they hold side by side; newer: the later one wins; older: the holder stays.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    by: By = "person",
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """Rule on a conflict yourself; no model overrules it, now or later."""
    from flows.people.persons_rulings import rule as decide

    opened = open_at(home, graph=graph)
    show_change(decide(opened, (head, tail), (relation1, relation2), verdict, by=by, reason=reason), as_json)


@app.command("withdraw-ruling")
def withdraw_ruling(
    head: End,
    relation1: Relation,
    relation2: Relation,
    tail: End,
    which: Annotated[str | None, typer.Option("--id", help="The ruling whose id begins so; else the one that stands.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    by: By = "person",
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """Take a ruling back: what stood before it stands again."""
    from flows.people.persons_rulings import withdraw

    opened = open_at(home, graph=graph)
    show_change(withdraw(opened, (head, tail), (relation1, relation2), by=by, reason=reason, which=which), as_json)
