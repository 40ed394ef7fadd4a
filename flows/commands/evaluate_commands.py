"""Commands that measure a reader against gold data, and that make its confidences mean what they say."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Call, Json, OntologyName, command

app = typer.Typer()
evaluations = typer.Typer(no_args_is_help=True, help="Measure against gold data.")
app.add_typer(evaluations, name="evaluate")

Gold = Annotated[list[Path], typer.Option("--gold", help="PubTator or BioC with relations, or JSON lines of relations (repeatable).")]
Texts = Annotated[list[Path] | None, typer.Option("--documents", help="The documents that gold in JSON lines is about (repeatable).")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many documents.")]


@command(evaluations, "ontology", "model", "reading", makes=True)
def reading(
    call: Call,
    gold: Gold,
    documents: Texts = None,
    limit: Limit = None,
    plain_text: Annotated[
        bool, typer.Option("--plain-text", help="Take the names out of the documents: the reader finds and links its own.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="A folder for report and picture; by default one in the home.")] = None,
) -> None:
    """Let a reader read gold documents: precision, recall, F1, and what its confidences are worth."""
    from flows.home.terminal import show_note
    from flows.quality.evaluate import EvaluationRequest, evaluate_reading
    from pipeline.evaluating.evaluation_page import evaluation_summary

    told = evaluate_reading(call.home, EvaluationRequest(tuple(gold), tuple(documents or ()), limit, plain_text), out)
    call.show(told, evaluation_summary)
    if not call.as_json:
        show_note(f"report and picture: {told['written']}")
    call.end(short=bool(told["documents"]["failed"] or told["problems"]["count"]))


@command(app, "ontology", "model", "reading", makes=True)
def calibrate(call: Call, gold: Gold, documents: Texts = None, limit: Limit = None) -> None:
    """Fit a map from raw scores to confidences on gold documents; from now on this home's readings by this reader use it."""
    from flows.quality.evaluate import EvaluationRequest, calibrate_reader
    from pipeline.evaluating.evaluation_page import calibration_summary

    told = calibrate_reader(call.home, EvaluationRequest(tuple(gold), tuple(documents or ()), limit))
    call.show(told, calibration_summary)
    call.end(short=bool(told["documents"]["failed"] or told["problems"]["count"]))


@app.command()
def train(
    gold: Annotated[list[Path], typer.Option("--gold", help="PubTator or BioC with mentions and relations (repeatable).")],
    out: Annotated[Path, typer.Option("--out", help="The adapter's folder; a run that was stopped goes on in it.")],
    name: Annotated[str, typer.Option("--name", help="What a model with the adapter is called, in readers' names and on servers.")],
    without: Annotated[
        list[Path] | None, typer.Option("--without", help="Gold files, or lists of PMIDs, of documents not to learn from (repeatable).")
    ] = None,
    unmarked: Annotated[
        list[Path] | None, typer.Option("--unmarked", help="Documents with mentions that only teachers speak of (repeatable).")
    ] = None,
    scored: Annotated[
        list[Path] | None, typer.Option("--scored", help="Documents with relations that a program is so and so sure of (repeatable).")
    ] = None,
    teacher: Annotated[
        list[str] | None, typer.Option("--teacher", help="Learn from this reader too: an adapter's folder or a URL (repeatable, averaged).")
    ] = None,
    critic: Annotated[str | None, typer.Option("--critic", help="What this reader does not find either is not learned.")] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="A JSON file of the recipe's numbers that differ from the defaults.")
    ] = None,
    held_out: Annotated[
        int, typer.Option("--held-out", min=0, help="Keep one in so many documents for the calibration map; 0: none.")
    ] = 10,
    limit: Limit = None,
    ontology: OntologyName = None,
    as_json: Json = False,
) -> None:
    """Train the embedded model to read as annotators do: an adapter for llama.cpp and vLLM, with its calibration map. Takes hours."""
    from agents.training.course import read_recipe
    from agents.training.teachers import Teachers
    from flows.home.showing import show_json
    from flows.home.terminal import say, show_note
    from flows.quality.train import Course, train_adapter

    teachers = Teachers(tuple(teacher or ()), critic)
    course = Course(
        tuple(gold), tuple(without or ()), tuple(unmarked or ()), tuple(scored or ()), teachers, held_out, limit, read_recipe(recipe)
    )
    told = train_adapter(course, ontology or "biomedical", out, name)
    if as_json:
        show_json(told)
    else:
        for problem in told["problems"]["first"][:5]:
            show_note(problem)
        if told["calibration"] and "none" in told["calibration"]:
            show_note(f"no calibration map: {told['calibration']['none']}")
        say(f"{told['written']}: {told['showings']} texts shown; read with it: chronokg ingest … --model embedded, setting adapter = {out}")
