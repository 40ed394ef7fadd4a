"""`ask`: the context for a question, as text, as data, as a chat, or answered by the model that the settings name."""

from typing import Annotated

import typer

from flows.commands.options import FILTER, Call, command

app = typer.Typer()


@command(app, "as_of", "known_at", *FILTER, "model", reads_only=True)
def ask(
    call: Call,
    question: Annotated[str, typer.Argument(help="A question in words.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="Facts at most.")] = 20,
    budget: Annotated[int | None, typer.Option("--budget", min=1, help="Tokens at most, as characters over four.")] = None,
    chat: Annotated[
        bool, typer.Option("--chat", help="As messages for a chat model (JSON): what to do with the evidence, and it.")
    ] = False,
    answer: Annotated[bool, typer.Option("--answer", help="Let the model answer from it; its markers are checked.")] = False,
    cypher: Annotated[bool, typer.Option("--cypher", help="As a Cypher query instead, which is shown and run.")] = False,
    choose: Annotated[str, typer.Option("--choose", help="Who chooses the query: words (default), model, or both.")] = "words",
) -> None:
    """The dated, cited context for a question: what a RAG application hands to its model; or that model's answer."""
    from flows.answers.answers_from_log import context_for
    from flows.answers.model_answers import answer_for, answer_in_words
    from flows.home.showing import show_json
    from pipeline.retrieving.chat import chat_messages
    from schema.errors import WrongUse

    if chat and answer:
        raise WrongUse("--chat shows what a model is asked, --answer asks it: choose one")
    if cypher and (chat or answer):
        raise WrongUse("--cypher answers with rows of the graph, --chat and --answer with a context: choose one")
    if cypher and (call.wanted is not None or budget is not None):
        raise WrongUse("--cypher is neither filtered nor cut: what is asked for stands in the query; leave --budget and filters out")
    day, moment = call.limits
    if cypher:
        from flows.answers.cypher_answers import cypher_in_words, rows_for
        from flows.wiring.choosers import way_called

        rows = rows_for(call.home, question, day, moment, way_called(choose))
        call.show(rows, cypher_in_words)
        call.end(short=not rows["rows"])
    if answer:
        told = answer_for(call.home, question, day, moment, limit, wanted=call.wanted, budget=budget)
        call.show(told, answer_in_words)
    else:
        told = context_for(call.home, question, day, moment, limit, wanted=call.wanted, budget=budget)
        if chat:
            show_json({"messages": chat_messages(told)})
        else:
            call.show_change(told)
    call.end(short=not told["complete"])
