"""Commands about vocabularies: what names found in plain text are linked to."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Call, command

app = typer.Typer(help="Vocabularies by which names in plain text are linked: MeSH, HGNC, OBO, tables of one's own.", no_args_is_help=True)

Kind = Annotated[str | None, typer.Option("--type", help="A type of the ontology.")]


@command(app, "ontology", makes=True)
def load_command(
    call: Call,
    files: Annotated[list[Path], typer.Argument(help="OBO, MeSH (XML or labels), HGNC, TSV, CSV, JSON lines or Parquet; also packed.")],
    kind: Annotated[str | None, typer.Option("--type", help="The type of terms that do not say it themselves.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The vocabulary's name for all files; else each has its file's.")] = None,
    key_prefix: Annotated[str, typer.Option("--key-prefix", help="Before identifiers that have no prefix: HP makes HP:0001250.")] = "",
) -> None:
    """Load vocabularies, each in place of what was loaded under its name before."""
    from flows.commands.telling_vocabularies import show_loading
    from flows.wiring.home_vocabularies import Loading, load_vocabularies

    outcomes = load_vocabularies(call.home, files, Loading(kind, name, key_prefix))
    raise typer.Exit(show_loading(outcomes, as_json=call.as_json))


@command(app, reads_only=True)
def list_command(call: Call) -> None:
    """Loaded vocabularies; where several have a name, the first one counts."""
    from flows.wiring.home_vocabularies import list_vocabularies

    call.show_table(list_vocabularies(call.home), none="no vocabularies; `chronokg vocab load FILE…` loads some")


@command(app)
def link(call: Call) -> None:
    """Link the names that are in the log already, by the vocabularies that are loaded now; no document is read again."""
    from flows.wiring.home_vocabularies import link_again

    call.show_change(link_again(call.home))


@command(app)
def remove(call: Call, name: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """Forget a vocabulary; what was linked by it stays until it is judged anew."""
    from flows.wiring.home_vocabularies import remove_vocabulary

    call.show_change(remove_vocabulary(call.home, name))


@command(app, reads_only=True)
def find_command(call: Call, name: Annotated[str, typer.Argument(help="As a text has it.")], kind: Kind = None) -> None:
    """What a name may stand for, with scores and reasons, and whether a text's name would be linked to it."""
    from flows.commands.telling_vocabularies import show_found
    from flows.wiring.home_vocabularies import find_name

    show_found(find_name(call.home, name, kind), name, as_json=call.as_json)
