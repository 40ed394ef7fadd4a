"""`set-aside`: what could not be used, found again, shown, tried again, let go with a note, and taken up again."""

from typing import Annotated

import typer

from flows.commands.options import SELECTION, By, Call, Dates, Published, command

app = typer.Typer(help="What could not be used: why, what a model answered, and what is to become of it.", no_args_is_help=True)

Limit = Annotated[int, typer.Option("--limit", min=1, help="So many at most, the oldest first.")]
After = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="Go on after the one with this cursor.")]
Discarded = Annotated[bool, typer.Option("--discarded", help="What was discarded instead.")]
Why = Annotated[str, typer.Option("--note", help="Why; it stays on record.")]

WHICH = "without one of these it would be everything"


@command(app, *SELECTION, reads_only=True)
def list_command(call: Call, discarded: Discarded = False, limit: Limit = 50, after: After = None) -> None:
    """What is set aside, with reason, place, age and reply; for machines a line for each, with a cursor to go on from."""
    from flows.home.homes import now
    from flows.home.terminal import show_note
    from flows.people.set_aside_review import list_aside, selected_by
    from pipeline.intake.set_aside_list import cursor_of
    from pipeline.reporting.set_aside_in_words import aside_as_data, asides_table

    page, left = list_aside(call.home, selected_by(dict(call.given)), discarded=discarded, limit=limit, after=after)
    none = "nothing is discarded" if discarded else "nothing is set aside"
    shown = [aside_as_data(each, now()) for each in page] if call.as_json else asides_table(page, now())
    call.show_table(shown, none=f"{none} that is so" if selected_by(dict(call.given)) else none)
    if left:
        show_note(f"{left:,} more follow: --after {cursor_of(page[-1])}")


@command(app, reads_only=True)
def show(call: Call, thing: Annotated[str, typer.Argument(metavar="ID", help="Its id, or how that begins.")]) -> None:
    """One of them whole: what it said, what the model answered, what became of it."""
    from flows.people.set_aside_review import show_aside

    call.show_change(show_aside(call.home, thing))


@command(app, "model", *SELECTION)
def replay(call: Call, dates: Dates = None, published: Published = None) -> None:
    """Try again what is named or selected; `chronokg replay` tries all."""
    from flows.engine.outcomes import Outcome
    from flows.engine.runs import meter_for
    from flows.jobs.replaying import replay_all
    from flows.people.set_aside_review import selected_by

    which = selected_by(dict(call.given), at_least_one="`chronokg replay` tries everything")
    meter, outcome, model_given = meter_for(call.home), Outcome(call.home), call.given["model"] is not None
    tallies = replay_all(
        call.home, dates=dates, published=published, model_given=model_given, selection=which, meter=meter, outcome=outcome
    )
    call.show_tallies(tallies, {**outcome.as_data(), "spent": meter.as_data()}, *outcome.words(), meter.sentence())


@command(app, *SELECTION)
def discard(call: Call, note: Why, by: By = "person") -> None:
    """Let go what is named or selected: it is not tried again, and stays on record."""
    from flows.people.set_aside_review import discard as let_go
    from flows.people.set_aside_review import selected_by

    call.show_change(let_go(call.home, selected_by(dict(call.given), at_least_one=WHICH), by=by, note=note))


@command(app, *SELECTION)
def reopen(call: Call, note: Why = "", by: By = "person") -> None:
    """Take up again what was discarded: it is set aside as before."""
    from flows.people.set_aside_review import reopen as take_up
    from flows.people.set_aside_review import selected_by

    call.show_change(take_up(call.home, selected_by(dict(call.given), at_least_one=WHICH), by=by, note=note))
