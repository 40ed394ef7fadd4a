"""Options that commands share, and what every command does with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date, datetime

    from flows.home.homes import Home

HomeDir = Annotated[Path, typer.Option("--home", help="Where log, caches and the embedded graph live.", envvar="CHRONOKG_HOME")]
Graph = Annotated[str | None, typer.Option("--graph", help="embedded (default), memory:, bolt://… or neo4j+s://…")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
OntologyName = Annotated[str | None, typer.Option("--ontology", help="biomedical (default), general or a YAML file; kept in the home.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Only what was published up to this day, such as 2005-03-01.")]
KnownAt = Annotated[str | None, typer.Option("--known-at", help="Only what was recorded up to this moment (a date: its end, UTC).")]
Model = Annotated[str | None, typer.Option("--model", help="embedded, a URL of an OpenAI-compatible server, or scripted:FILE.")]
Dates = Annotated[Path | None, typer.Option("--dates", help="A table (tab or comma separated) of document id and date.")]
Published = Annotated[str | None, typer.Option("--published", help="The publication date of documents that bring none.")]
DEFAULT = Path("~/.chronokg")


def open_at(home: Path, ontology: str | None = None, *, keep: bool = True, **flags: object) -> "Home":
    """The home that a command works in, with another ontology from now on (`keep`) or once; flags that are None were not given."""
    from flows.home.homes import open_home

    return open_home(home, flags, ontology, keep=keep)


def limits(as_of: str | None, known_at: str | None) -> "tuple[date | None, datetime | None]":
    """Day and moment from what a user typed."""
    from schema.dates import parse_day, parse_instant

    return (parse_day(as_of) if as_of else None), (parse_instant(known_at) if known_at else None)


def show_change(change: "dict[str, object]", as_json: bool) -> None:
    """What a command changed: a sentence, or all of it as JSON."""
    from flows.home.showing import show_json

    if as_json:
        show_json(change)
    else:
        print(change["text"])
