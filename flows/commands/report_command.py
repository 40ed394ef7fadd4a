"""`chronokg report`: one HTML page on what the evidence made of some facts."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer()


@command(app, "as_of", "known_at", reads_only=True)
def report_command(
    call: Call,
    about: Annotated[list[str] | None, typer.Argument(help="Entities to tell of, by key or name; default: what is disputed most.")] = None,
    to: Annotated[Path, typer.Option("--to", help="The file; what lies there is replaced.")] = Path("report.html"),
    between: Annotated[bool, typer.Option("--between", help="Only facts between the entities given.")] = False,
    stories: Annotated[
        Path | None, typer.Option("--stories", help="What to tell: a YAML list of title, pairs ([[name, name], …]) and perhaps text.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=100, help="Stories at most, where none are given.")] = 12,
) -> None:
    """One HTML page, readable without network: what was believed when, what was overturned, and because of which sentences."""
    from flows.report.report_writer import report_on, stories_from

    day, moment = call.limits
    told = stories_from(stories) if stories else ()
    path = report_on(call.home, to, told, about or (), between=between, most=most, as_of=day, known_at=moment)
    call.show_change({"text": f"report written to {path}", "report": str(path)})
