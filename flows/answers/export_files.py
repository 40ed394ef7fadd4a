"""Exports to files: the canonical lines, the graph for analysts' tools and in formats of exchange; each whole or not at all."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.answers.answers_from_log import export_lines
from flows.answers.exchange_exports import EXCHANGED, FILES_OF_EXCHANGE
from flows.home.homes import Home
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.exports.analysis import for_analysts, multigraph, plain_text, without_formulas, without_lists
from pipeline.line import tables
from schema.errors import WrongUse
from schema.ids import EntityKey

if TYPE_CHECKING:
    import networkx as nx

TABLES = ("facts", "edges", "reports", "closures", "entities", "documents")


def export_to(
    home: Home,
    form: str,
    target: Path,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
    force: bool = False,
    raw: bool = False,
    every_status: bool = False,
) -> dict[str, object]:
    """Write an export and tell what was written; raises WrongUse where it cannot be, and then nothing is there that was not before.

    In CSV what a spreadsheet would run as a formula is guarded, unless it is wanted `raw`. Formats of exchange have the facts that
    hold, and those of `every_status` if wanted; what a format has no word for is told under `unmapped`.
    """
    _check_options(form, raw=raw, every_status=every_status)
    with in_one_piece(target, force=force) as place:
        if form in EXCHANGED:
            sizes, remarks = EXCHANGED[form](home, place, as_of, known_at, every_status)
        else:
            sizes, remarks = (_write_raw_csv if raw else FORMS[form])(home, place, as_of, known_at), {}
    told = ", ".join(f"{size} {name}" for name, size in sizes.items())
    text = "\n".join((f"{told} written to {target}", *(f"{said}: {', '.join(names)}" for said, names in remarks.items())))
    return {"text": text, "to": str(target), "format": form, **sizes, **({"unmapped": dict(remarks)} if remarks else {})}


def _check_options(form: str, *, raw: bool, every_status: bool) -> None:
    if form not in (*FORMS, *EXCHANGED):
        raise WrongUse(f"--format {form!r} is none of {', '.join((*FORMS, *EXCHANGED))}")
    if raw and form != "csv":
        raise WrongUse(f"--raw is about CSV: {form} is written as it is")
    if every_status and form not in EXCHANGED:
        raise WrongUse(f"--all is about {', '.join(EXCHANGED)}: {form} has facts of every status anyway")


def shown_lines(home: Home, form: str, as_of: date | None = None, known_at: datetime | None = None) -> Iterator[str]:
    """The canonical export for a terminal or a pipe; raises WrongUse for formats that need a file."""
    _check_options(form, raw=False, every_status=False)
    if form != "jsonl":
        raise WrongUse(f"--format {form} needs --to PATH")
    return export_lines(home, as_of, known_at)


def networkx_of(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> "nx.MultiDiGraph[EntityKey]":
    """The graph for NetworkX: all intervals, or the edges that held on a day; of all evidence, or of what was known at a moment.

    Nodes carry type, name and aliases; edges type, fact, belief, support, valid_from and valid_to (None while open).
    """
    evidence = all_evidence(home.log, limited=as_of is not None or known_at is not None)
    graph = fold(evidence, home.rules, as_of=as_of, known_at=known_at, histories=False)
    return multigraph(graph.facts, graph.entities, as_of)


def tables_of(home: Home, as_of: date | None = None, known_at: datetime | None = None) -> Mapping[str, pl.DataFrame]:
    """The graph as tables for polars, by the names in TABLES; in the order of triples, keys and ids."""
    return for_analysts(tables(home.log, home.rules, as_of=as_of, known_at=known_at))


@contextmanager
def in_one_piece(target: Path, *, force: bool) -> Iterator[Path]:
    """A place to write to beside the target, which becomes it once all is written, and goes where that fails or is interrupted.

    Raises WrongUse where the target is there already, unless it may be replaced (`force`): a file, or a folder of an earlier export.
    """
    target = target.expanduser().absolute()
    _refuse(target, force=force)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name[:60]}.", dir=target.parent, ignore_cleanup_errors=True) as aside:
            made = Path(aside) / "made"
            yield made
            if target.is_dir():
                # No folder can take another's place: for a moment there is none.
                target.rename(Path(aside) / "replaced")
            made.replace(target)
    except OSError as cause:
        raise WrongUse(f"{target} could not be written: {cause.strerror or cause}") from cause


def _refuse(target: Path, *, force: bool) -> None:
    if not target.parent.is_dir():
        raise WrongUse(f"{target} cannot be written: there is no folder {target.parent}")
    if not target.exists():
        return
    if not force:
        raise WrongUse(f"{target} is there already; --force replaces it")
    if target.is_dir() and (others := sorted({each.name for each in target.iterdir()} - _OUR_FILES)):
        raise WrongUse(f"{target} is a folder that holds more than an export ({', '.join(others[:3])}), so it is not replaced")


_OUR_FILES = {f"{name}.{end}" for name in TABLES for end in ("parquet", "csv")} | {*FILES_OF_EXCHANGE}


def _write_lines(home: Home, place: Path, as_of: date | None, known_at: datetime | None) -> dict[str, int]:
    written = 0
    with place.open("w", encoding="utf-8", newline="\n") as file:
        for line in export_lines(home, as_of, known_at):
            file.write(line + "\n")
            written += 1
    return {"lines": written}


def _write_graphml(home: Home, place: Path, as_of: date | None, known_at: datetime | None) -> dict[str, int]:
    import networkx as nx

    graph = plain_text(networkx_of(home, as_of, known_at))
    nx.write_graphml(graph, place)
    return {"nodes": graph.number_of_nodes(), "edges": graph.number_of_edges()}


def _write_parquet(home: Home, place: Path, as_of: date | None, known_at: datetime | None) -> dict[str, int]:
    place.mkdir()
    written = tables_of(home, as_of, known_at)
    for name, table in written.items():
        table.write_parquet(place / f"{name}.parquet")
    return _sizes(written)


def _write_csv(home: Home, place: Path, as_of: date | None, known_at: datetime | None) -> dict[str, int]:
    return _as_csv(tables_of(home, as_of, known_at), place, without_formulas)


def _write_raw_csv(home: Home, place: Path, as_of: date | None, known_at: datetime | None) -> dict[str, int]:
    return _as_csv(tables_of(home, as_of, known_at), place, lambda table: table)


def _as_csv(tables: Mapping[str, pl.DataFrame], place: Path, guarded: Callable[[pl.DataFrame], pl.DataFrame]) -> dict[str, int]:
    place.mkdir()
    for name, table in tables.items():
        guarded(without_lists(table)).write_csv(place / f"{name}.csv")
    return _sizes(tables)


def _sizes(written: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    return {name: table.height for name, table in written.items()}


Write = Callable[[Home, Path, date | None, datetime | None], Mapping[str, int]]
"""Writes to a place that is not there yet; returns how much of what."""

FORMS: Mapping[str, Write] = {
    "jsonl": _write_lines,
    "graphml": _write_graphml,
    "parquet": _write_parquet,
    "csv": _write_csv,
}
"""How each format is written."""
