"""The command line: `chronokg`, also `python -m flows`. Everything heavy is imported by the command that needs it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.evaluate_commands import app as evaluation
from flows.commands.options import DEFAULT, AsOf, Dates, Graph, HomeDir, Json, KnownAt, Model, OntologyName, Published
from flows.commands.options import limits as _limits
from flows.commands.options import open_at as _open
from flows.commands.options import show_change as _show_change
from flows.commands.reading_commands import app as reading
from flows.commands.review_commands import app as review
from flows.commands.ruling_commands import app as rulings
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
app.add_typer(rulings)
app.add_typer(review, name="review")
app.add_typer(evaluation)
app.add_typer(vocabularies, name="vocab")


@app.command()
def observe(
    file: Annotated[Path, typer.Argument(help="JSON lines, Parquet, or PubTator3's relations; lines also as gzip.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    ontology: OntologyName = None,
    confidence: Annotated[
        list[str] | None, typer.Option("--confidence", help="Of lines without one: treat=0.8 (repeatable), or 0.7 for all other relations.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="The source of lines that name none; for relations pubtator3.")] = None,
    dates: Dates = None,
    published: Published = None,
) -> None:
    """Take observations made elsewhere straight into the log and the graph."""
    from flows.home.processes import stop_on_interrupt
    from flows.home.showing import show_tallies
    from flows.jobs.observing import confidences, given_by, observe_file

    stop_on_interrupt()
    opened = _open(home, ontology, graph=graph, confidence=confidences(confidence) if confidence else None)
    given = given_by(opened, source=source, dates=dates, published=published)
    raise typer.Exit(show_tallies(observe_file(opened, file, given), as_json=as_json))


@app.command()
def export(
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    form: Annotated[str, typer.Option("--format", help="jsonl (the canonical export, default), graphml, parquet or csv.")] = "jsonl",
    to: Annotated[Path | None, typer.Option("--to", help="A file, for parquet and csv a folder; jsonl goes to stdout without it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier export wrote there.")] = False,
) -> None:
    """The canonical export: sorted JSON lines, the same for the same knowledge; or files for analysts' tools."""
    from flows.answers.export_files import export_to, shown_lines

    day, moment = _limits(as_of, known_at)
    opened = _open(home, graph=graph)
    if to is not None:
        _show_change(export_to(opened, form, to, as_of=day, known_at=moment, force=force), as_json)
        return
    for line in shown_lines(opened, form, day, moment):  # JSON in any case
        sys.stdout.write(line + "\n")


@app.command()
def query(
    cypher: Annotated[str, typer.Argument(help="A read-only Cypher query.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    param: Annotated[list[str] | None, typer.Option("--param", help="A parameter, such as day=2005-03-01 (repeatable).")] = None,
) -> None:
    """Run read-only Cypher on the graph."""
    from flows.commands.query_parameters import parameters
    from flows.home.showing import show_rows

    given = parameters(param or ())
    with _open(home, graph=graph).graph() as store:
        show_rows(store.query(cypher, given), as_json=as_json)


@app.command()
def why(
    head: Annotated[str, typer.Argument(help="Key or name.")],
    relation: Annotated[str, typer.Argument()],
    tail: Annotated[str, typer.Argument(help="Key or name.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """The history of a fact: what opened, reinforced, contested and closed it, with the sentences."""
    from flows.answers.answers import why_of
    from flows.commands.telling import show_why

    day, moment = _limits(as_of, known_at)
    show_why(why_of(_open(home, graph=graph), head, relation, tail, day, moment), as_json=as_json)


@app.command()
def timeline(
    entity: Annotated[str, typer.Argument(help="Key or name.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """All that was ever held about an entity, in the order of days."""
    from flows.answers.answers import timeline_of
    from flows.commands.telling import show_timeline

    day, moment = _limits(as_of, known_at)
    show_timeline(timeline_of(_open(home, graph=graph), entity, day, moment), as_json=as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question in words.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Facts at most.")] = 20,
) -> None:
    """The dated, cited context for a question: what a RAG application hands to its model."""
    from flows.answers.answers import context_for
    from flows.commands.telling import show_context

    day, moment = _limits(as_of, known_at)
    show_context(context_for(_open(home, graph=graph), question, day, moment, limit), as_json=as_json)


@app.command()
def retract(
    document: Annotated[str, typer.Argument(help="The document's id, such as PMID:32450107.")],
    on: Annotated[str, typer.Option("--on", help="The day of the notice.")],
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
) -> None:
    """A document was retracted: it counts for nothing, and what it had closed reopens."""
    from flows.jobs.keeping import retract_document

    _show_change(retract_document(_open(home, graph=graph), document, on), as_json)


@app.command()
def delete(
    document: Annotated[str, typer.Argument(help="The document's id.")], home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False
) -> None:
    """A document is to leave no trace in any answer."""
    from flows.jobs.keeping import delete_document

    _show_change(delete_document(_open(home, graph=graph), document), as_json)


@app.command()
def restore(
    document: Annotated[str, typer.Argument(help="The document's id.")], home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False
) -> None:
    """Take a deletion back; a retraction stays."""
    from flows.jobs.keeping import restore_document

    _show_change(restore_document(_open(home, graph=graph), document), as_json)


@app.command()
def rebuild(
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    ontology: OntologyName = None,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="By Neo4j's bulk import: for millions of facts. Stops and starts the server.")
    ] = False,
    to_files: Annotated[Path | None, typer.Option("--to-files", help="Only write the files of a bulk import into this new folder.")] = None,
) -> None:
    """Forget the graph and fold the whole log again."""
    from flows.jobs import bulk_rebuild as by_import
    from flows.jobs.keeping import rebuild_graph
    from schema.errors import WrongUse

    if bulk and to_files is not None:
        raise WrongUse("--bulk imports on this machine, --to-files writes files for another: choose one")
    opened = _open(home, ontology, graph=graph)
    if to_files is not None:
        _show_change(by_import.write_files(opened, to_files), as_json)
    else:
        _show_change((by_import.rebuild_server if bulk else rebuild_graph)(opened), as_json)


@app.command()
def replay(
    home: HomeDir = DEFAULT,
    graph: Graph = None,
    as_json: Json = False,
    model: Model = None,
    dates: Dates = None,
    published: Published = None,
) -> None:
    """Try again what was set aside."""
    from flows.home.showing import show_tallies
    from flows.jobs.replaying import replay_all
    from flows.jobs.spending import meter_for, shown

    opened = _open(home, graph=graph, model=model)
    meter = meter_for(opened)
    tallies = replay_all(opened, dates=dates, published=published, model_given=model is not None, meter=meter)
    raise typer.Exit(show_tallies(tallies, as_json=as_json, more=shown(meter, as_json=as_json)))


@app.command()
def status(home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False) -> None:
    """Counts that reconcile: what was submitted, committed, skipped and set aside, and what the graph has of it."""
    from flows.commands.telling import show_status
    from flows.jobs.keeping import status_of

    show_status(status_of(_open(home, graph=graph)), as_json=as_json)


@app.command()
def doctor(home: HomeDir = DEFAULT, graph: Graph = None, as_json: Json = False) -> None:
    """What works here and what does not, and why (exit code 1); every setting and where it came from."""
    from flows.answers.doctor import examine
    from flows.commands.telling import show_doctor

    found = examine(_open(home, graph=graph))
    show_doctor(found, as_json=as_json)
    raise typer.Exit(0 if found["healthy"] else 1)


def main() -> None:
    """Run the command line; an error of ours is one sentence on stderr and exit code 2."""
    from flows.home.quiet import quieten

    quieten()
    from schema.errors import ChronoKGError

    try:
        app()
    except ChronoKGError as error:
        print(f"chronokg: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("chronokg: interrupted; what was committed stays, run the same command again to go on", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
    except Exception:  # noqa: BLE001  a fault of ours must not end as exit code 1, which says "done, something set aside"
        import traceback

        traceback.print_exc()
        raise SystemExit(2) from None
