"""Commands about conflicts that no declared rule decides."""

from typing import Annotated

import typer

from flows.commands.options import By, Call, End, command

app = typer.Typer()

Relation = Annotated[str, typer.Argument(help="A relation of the ontology.")]


@command(app, "model")
def adjudicate(
    call: Call,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Conflicts at most, those with most at stake first.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what a model has ruled on with the evidence there is.")] = False,
) -> None:
    """Let a language model rule on conflicts that no declared rule decides."""
    from flows.jobs.adjudication_runs import run_adjudication
    from pipeline.conflicts.rulings import new_rulings_table

    run = run_adjudication(call.home, limit=limit, again=again)
    if run.rulings and not call.as_json:
        call.show_table(new_rulings_table(run.rulings))
    call.show_tallies([run.tally], {"rulings": run.rulings})


@command(app, "known_at", reads_only=True)
def rulings(call: Call) -> None:
    """Every ruling with who made it, when and why, and whether it applies, was overruled or withdrawn."""
    from flows.people.rulings_on_conflicts import rulings_of
    from pipeline.conflicts.rulings import rulings_table

    told = rulings_of(call.home, call.limits[1])
    call.show_table(rulings_table(told), none="no rulings", data={"rulings": told})


@command(app)
def rule(
    call: Call,
    head: End,
    relation1: Relation,
    relation2: Relation,
    tail: End,
    verdict: Annotated[str, typer.Argument(help="both: they hold side by side; newer: the later one wins; older: the holder stays.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    by: By = "person",
) -> None:
    """Rule on a conflict yourself; no model overrules it, now or later."""
    from flows.people.rulings_on_conflicts import record_ruling

    call.show_change(record_ruling(call.home, (head, tail), (relation1, relation2), verdict, by=by, reason=reason))


@command(app)
def withdraw_ruling(
    call: Call,
    head: End,
    relation1: Relation,
    relation2: Relation,
    tail: End,
    which: Annotated[str | None, typer.Option("--id", help="The ruling whose id begins so; else the one that stands.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    by: By = "person",
) -> None:
    """Take a ruling back: what stood before it stands again."""
    from flows.people.rulings_on_conflicts import withdraw

    call.show_change(withdraw(call.home, (head, tail), (relation1, relation2), by=by, reason=reason, which=which))
