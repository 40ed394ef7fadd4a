"""The command line: `chronokg`, also `python -m flows`. Everything heavy is imported by the command that needs it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.answer_commands.ask_command import app as asking
from flows.commands.answer_commands.mcp_command import app as agents
from flows.commands.answer_commands.serve_command import app as serving
from flows.commands.backup_commands import app as backup
from flows.commands.evaluate_commands import app as evaluation
from flows.commands.event_commands import app as events
from flows.commands.job_commands.reading_commands import app as reading
from flows.commands.job_commands.schedule_commands import app as schedules
from flows.commands.job_commands.source_commands import app as sources
from flows.commands.options import Call, Dates, End, Published, command
from flows.commands.report_command import app as report
from flows.commands.review_commands import app as review
from flows.commands.ruling_commands import app as rulings
from flows.commands.set_aside_commands import app as set_aside
from flows.commands.vocabulary_commands import app as vocabularies

app = typer.Typer(
    name="chronokg",
    help="Temporal knowledge graphs built by language models: what was believed, when, and on which evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(reading)
app.add_typer(sources)
app.add_typer(events)
app.add_typer(report)
app.add_typer(asking)
app.add_typer(schedules)
app.add_typer(serving)
app.add_typer(rulings)
app.add_typer(review, name="review")
app.add_typer(set_aside, name="set-aside")
app.add_typer(backup, name="backup")
app.add_typer(evaluation)
app.add_typer(vocabularies, name="vocab")
app.add_typer(agents)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"chronokg {version('chronokg')}")
        raise typer.Exit


@app.callback()
def _first(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Which version this is.")] = False,
) -> None:
    del version


@command(app, "ontology", makes=True)
def observe(
    call: Call,
    file: Annotated[
        Path, typer.Argument(help="JSON lines, Parquet, PubTator3's relations, INDRA statements, KGX (edges, or a folder); also packed.")
    ],
    confidence: Annotated[
        list[str] | None, typer.Option("--confidence", help="Of lines without one: treat=0.8 (repeatable), or 0.7 for all other relations.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source of lines that name none; for relations pubtator3.")] = None,
    dates: Dates = None,
    published: Published = None,
) -> None:
    """Take observations made elsewhere straight into the log and the graph."""
    from flows.engine.outcomes import Outcome
    from flows.home.processes import stop_on_interrupt
    from flows.jobs.observing import given_by, observe_file
    from pipeline.grounding.given_values import confidences_by_relation

    stop_on_interrupt()
    home = call.opened(confidence=confidences_by_relation(confidence) if confidence else None)
    outcome = Outcome(home)
    tallies = observe_file(home, file, given_by(home, source=source, dates=dates, published=published), outcome=outcome)
    call.show_tallies(tallies, outcome.as_data(), *outcome.words())


@command(app, "as_of", "known_at", reads_only=True)
def export(
    call: Call,
    form: Annotated[
        str, typer.Option("--format", help="jsonl (the canonical export, default), graphml, parquet, csv, kgx, rdf, indra or cx2.")
    ] = "jsonl",
    to: Annotated[
        Path | None, typer.Option("--to", help="A file, for parquet, csv, kgx and rdf a folder; jsonl goes to stdout without it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier export wrote there.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="CSV as it is: cells that a spreadsheet runs as formulas are not guarded.")] = False,
    every_status: Annotated[
        bool, typer.Option("--all", help="kgx, rdf, indra, cx2: also facts that no longer hold or are contested.")
    ] = False,
) -> None:
    """The canonical export: sorted JSON lines, the same for the same knowledge; or files for analysts' tools and formats of exchange."""
    from flows.answers.export_files import export_to, shown_lines

    day, moment = call.limits
    if to is not None:
        written = export_to(call.home, form, to, as_of=day, known_at=moment, force=force, raw=raw, every_status=every_status)
        call.show_change(written)
        return
    for line in shown_lines(call.home, form, day, moment):  # JSON in any case
        sys.stdout.write(line + "\n")


@command(app, reads_only=True)
def query(
    call: Call,
    cypher: Annotated[str, typer.Argument(help="A read-only Cypher query.")],
    param: Annotated[list[str] | None, typer.Option("--param", help="A parameter, such as day=2005-03-01 (repeatable).")] = None,
) -> None:
    """Run read-only Cypher on the graph."""
    from flows.answers.cypher_query import queried_rows

    call.show_table(queried_rows(call.home, cypher, param or ()))


@command(app, "as_of", "known_at", reads_only=True)
def why(call: Call, head: End, relation: Annotated[str, typer.Argument()], tail: End) -> None:
    """The history of a fact: what opened, reinforced, contested and closed it, with the sentences."""
    from flows.answers.answers_from_log import why_of
    from pipeline.answering.histories import why_in_words

    day, moment = call.limits
    with call.finding():
        call.show(why_of(call.home, head, relation, tail, day, moment), why_in_words)


@command(app, "as_of", "known_at", reads_only=True)
def timeline(call: Call, entity: End) -> None:
    """All that was ever held about an entity, in the order of days."""
    from flows.answers.answers_from_log import timeline_of
    from pipeline.answering.histories import timeline_in_words

    day, moment = call.limits
    with call.finding():
        call.show(timeline_of(call.home, entity, day, moment), timeline_in_words)


@command(app, reads_only=True)
def find(
    call: Call,
    name: Annotated[str, typer.Argument(help="A key or a name, however it is written.")],
    kind: Annotated[str | None, typer.Option("--type", help="A type of the ontology.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Candidates at most.")] = 10,
) -> None:
    """What a name may be, the likeliest first, with score and reason (exit code 1: nothing, or no one entity of the graph)."""
    from flows.answers.entities import found_entities
    from pipeline.finding.found_entities import candidates_as_data, meant

    found = found_entities(call.home, name, kind, limit)
    call.show_table(candidates_as_data(found), none=f"nothing is known of {name!r}")
    call.end(short=len(meant(found)) != 1)


@command(app, "ontology")
def rebuild(
    call: Call,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="By Neo4j's bulk import: for millions of facts. Stops and starts the server.")
    ] = False,
    to_files: Annotated[Path | None, typer.Option("--to-files", help="Only write the files of a bulk import into this new folder.")] = None,
    take_over: Annotated[bool, typer.Option("--take-over", help="Also where the graph is another home's, which then is lost.")] = False,
) -> None:
    """Forget the graph and fold the whole log again."""
    from flows.jobs import bulk_rebuild as by_import
    from flows.jobs.keeping import rebuild_graph
    from schema.errors import WrongUse

    if bulk and to_files is not None:
        raise WrongUse("--bulk imports on this machine, --to-files writes files for another: choose one")
    if to_files is not None:
        call.show_change(by_import.write_files(call.home, to_files))
    else:
        call.show_change((by_import.rebuild_server if bulk else rebuild_graph)(call.home, take_over=take_over))


@command(app, "model")
def replay(call: Call, dates: Dates = None, published: Published = None) -> None:
    """Try again what was set aside."""
    from flows.engine.outcomes import Outcome
    from flows.engine.runs import meter_for
    from flows.jobs.replaying import replay_all

    meter, outcome, model_given = meter_for(call.home), Outcome(call.home), call.given["model"] is not None
    tallies = replay_all(call.home, dates=dates, published=published, model_given=model_given, meter=meter, outcome=outcome)
    call.show_tallies(tallies, {**outcome.as_data(), "spent": meter.as_data()}, *outcome.words(), meter.sentence())


@command(app, reads_only=True)
def status(call: Call) -> None:
    """Counts that reconcile: what was submitted, committed, skipped and set aside, and what the graph has of it."""
    from flows.jobs.keeping import status_of
    from pipeline.intake.status import status_in_words

    call.show(status_of(call.home), status_in_words)


@command(app, reads_only=True)
def verify(
    call: Call,
    everything: Annotated[bool, typer.Option("--all", help="All facts, entities and documents, not a sample.")] = False,
    sample: Annotated[int, typer.Option("--sample", min=1, help="So many facts, with all that belongs to them.")] = 1000,
) -> None:
    """Compare the graph with the log: totals, facts, edges, reports, constraints, indexes (exit code 1 where they differ)."""
    from random import randrange

    from flows.answers.verify import verified_in_words, verify_graph

    found = verify_graph(call.home, everything=everything, sample=sample, seed=randrange(1 << 32))  # noqa: S311
    call.show(found, verified_in_words)
    call.end(short=not found["ok"])


@command(app, reads_only=True)
def doctor(call: Call) -> None:
    """What works here and what does not, and why (exit code 1); every setting and where it came from."""
    from flows.answers.doctor import examine, findings_in_words

    found = examine(call.opened_or_empty(), called=call.given["home"])
    call.show(found, findings_in_words)
    call.end(short=not found["healthy"])


@command(app, reads_only=True)
def health(
    call: Call,
    max_lag: Annotated[int | None, typer.Option("--max-lag-batches", min=0, help="Batches that the graph may lack.")] = None,
    max_age: Annotated[str | None, typer.Option("--max-age", help="Of the last batch recorded: 90s, 15m, 36h, 2d.")] = None,
    max_set_aside: Annotated[
        float | None, typer.Option("--max-set-aside", min=0.0, max=1.0, help="Share of documents and lines; reads the whole log.")
    ] = None,
    model_server: Annotated[bool, typer.Option("--model-server", help="Also ask the model whether it answers.")] = False,
    within: Annotated[float, typer.Option("--within", min=0.1, max=60.0, help="Seconds in which everything has to answer.")] = 2.0,
) -> None:
    """A quick look for a probe; exit code 0: healthy, 1: degraded, 2: failed. Nothing is changed, nor started."""
    from flows.answers.health import Limits, failed_to_open, health_in_words, health_of
    from schema.dates import parse_span
    from schema.errors import ChronoKGError

    limits = Limits(max_lag, parse_span(max_age) if max_age else None, max_set_aside, model_server, within)
    try:
        found = health_of(call.home, limits)
    except (ChronoKGError, OSError) as error:
        found = failed_to_open(str(error))
    call.show(found, health_in_words)
    raise typer.Exit(found["exit_code"])


def main() -> None:
    """Run the command line; an error of ours is one sentence on stderr and exit code 2."""
    from flows.home.processes import quieten

    quieten()
    from flows.home.terminal import show_note
    from schema.errors import ChronoKGError

    try:
        app()
    except ChronoKGError as error:
        show_note(f"chronokg: {error}")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        show_note("chronokg: interrupted; what was committed stays, run the same command again to go on")
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except OSError as error:
        from schema.errors import os_error_in_words

        show_note(f"chronokg: {os_error_in_words(error)}")
        raise SystemExit(2) from None
    except Exception:  # noqa: BLE001  a fault of ours must not end as exit code 1, which says "done, something set aside"
        import traceback

        traceback.print_exc()
        raise SystemExit(2) from None
