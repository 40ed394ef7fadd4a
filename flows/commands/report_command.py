"""Pages for people: `chronokg report` on what the evidence made of some facts, `chronokg digest` on what changed since a day."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer()


@command(app, "as_of", "known_at", reads_only=True)
def report_command(
    call: Call,
    about: Annotated[
        list[str] | None, typer.Argument(help="Entities to explore, by key or name; default: stories of what is disputed.")
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="The file; what lies there is replaced.")] = Path("report.html"),
    between: Annotated[bool, typer.Option("--between", help="Tell the stories of the facts between the entities given.")] = False,
    stories: Annotated[
        Path | None, typer.Option("--stories", help="What to tell: a YAML list of title, pairs ([[name, name], …]) and perhaps text.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=100, help="Stories at most, where none are given.")] = 12,
) -> None:
    """One HTML page, readable without network: what was believed when, what was overturned, and because of which sentences.

    Of entities it is the explorer with all that is known about them inside; without any, or with --between or --stories, it tells stories.
    """
    day, moment = call.limits
    if about and not between and not stories:
        from flows.explorer.explorer_file import write_explorer

        path = write_explorer(call.home, about, to, as_of=day, known_at=moment)
    else:
        from flows.report.report_writer import report_on, stories_from

        told = stories_from(stories) if stories else ()
        path = report_on(call.home, to, told, about or (), between=between, most=most, as_of=day, known_at=moment)
    call.show_change({"text": f"report written to {path}", "report": str(path)})


@command(app, reads_only=True)
def digest(
    call: Call,
    since: Annotated[str | None, typer.Option("--since", help="A day or a moment (UTC); default: a week ago.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="A day (its end) or a moment; default: now.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Changes of a kind at most.")] = 20,
    to: Annotated[Path | None, typer.Option("--to", help="A page, HTML or (.md) Markdown; default: the terminal.")] = None,
) -> None:
    """What changed its mind: facts that were overturned, came back, were withdrawn, contested or are new, and because of what."""
    from flows.report.digests import digest_since, write_digest
    from pipeline.reporting.digest_in_words import digest_in_words

    told = digest_since(call.home, since, until, most)
    if to is None:
        call.show(told, digest_in_words)
        return
    write_digest(told, to)
    call.show_change({"text": f"digest written to {to}", "digest": str(to)})
