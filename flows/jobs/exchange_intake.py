"""Files that other models of knowledge are exchanged in, as `observe` takes them: KGX with its nodes, INDRA statements."""

from pathlib import Path
from typing import IO

from flows.home.homes import Home, now
from flows.home.input_files import opened_file
from flows.home.names_for_others import with_names_for_others
from flows.home.showing import Progress
from pipeline.files.opened_file import OpenedFile
from pipeline.formats.indra_statements import indra_statement_lines, is_indra
from pipeline.formats.kgx_edges import Nodes, is_kgx_edges, is_kgx_nodes, kgx_lines, read_kgx_nodes
from pipeline.grounding.given_values import Given
from pipeline.intake.line_batches import Intakes, intakes_of_foreign_lines, unreadable
from schema.errors import UnreadableRecord, WrongUse

_ENDINGS = tuple(f"{form}{packed}" for form in (".tsv", ".jsonl") for packed in ("", ".gz", ".zst"))


def file_to_observe(path: Path) -> Path:
    """The file itself, or of a folder of KGX its edges; raises WrongUse where there is no such file."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise WrongUse(f"{path} is not a file")
    edges = sorted(each for each in path.iterdir() if each.name.endswith(tuple(f"edges{ending}" for ending in _ENDINGS)))
    if len(edges) != 1:
        found = ", ".join(each.name for each in edges) or "none"
        raise WrongUse(
            f"{path} is a folder: `observe` takes a file, or a folder with one KGX file of edges such as edges.tsv (here: {found})"
        )
    return edges[0]


def is_exchanged(opened: OpenedFile, path: Path) -> bool:
    """Whether a file is one of these; raises WrongUse for the nodes of KGX alone."""
    if is_kgx_nodes(opened.head):
        raise WrongUse(f"{path} holds the nodes of KGX: give the file of edges, or the folder that both lie in")
    return is_kgx_edges(opened.head) or is_indra(opened.head)


def exchanged_intakes(home: Home, opened: OpenedFile, file: IO[bytes], path: Path, given: Given) -> Intakes:
    """Batches of such a file, `file` being what it is unpacked from.

    Raises WrongUse where the nodes of KGX's edges are missing or cannot be read.
    """
    named = with_names_for_others(home.rules.ontology)
    lines = kgx_lines(opened, _nodes(home, path), named) if is_kgx_edges(opened.head) else indra_statement_lines(opened, named)
    with Progress(f"{path.name}, kB", path.stat().st_size // 1000) as progress:
        done = 0
        for intake, at in intakes_of_foreign_lines(lines, path.name, home.rules.ontology, given, now):
            yield intake, at
            progress.advance(file.tell() // 1000 - done)
            done = file.tell() // 1000
    if opened.broken is not None:
        at = now()
        yield unreadable(opened.broken.position, 1, f"{opened.broken.reason}; what comes before was read", path.name, at), at


def _nodes(home: Home, edges: Path) -> Nodes:
    """The nodes that lie beside the edges: in the file whose name has nodes where theirs has edges, packed in any way."""
    before, _, after = edges.name.rpartition("edges")
    plain = after.removesuffix(".gz").removesuffix(".zst")
    beside = [edges.with_name(f"{before}nodes{plain}{packed}") for packed in ("", ".gz", ".zst")]
    found = next((each for each in beside if each.is_file()), None)
    if found is None or found == edges:
        raise WrongUse(f"{edges} holds edges of KGX, and {beside[0]}, where the types and names of their ends would be, is not there")
    with opened_file(found) as file:
        try:
            nodes = read_kgx_nodes(file, with_names_for_others(home.rules.ontology))
        except UnreadableRecord as cause:
            raise WrongUse(f"{found}: {cause}") from cause
        if file.broken is not None:
            raise WrongUse(f"{found}, {file.broken.position}: {file.broken.reason}")
    return nodes
