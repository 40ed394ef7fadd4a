"""A whole graph as the files that `neo4j-admin database import full` takes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.exceptions import ComputeError

from graph_store.definitions import GRAPH_FORMAT, label, relationship_type
from schema.errors import StoreFailed
from schema.ontology import Ontology
from schema.tables import GraphTables

ARGUMENTS = "import-args"

_READ_BUFFER = 4 * 1024 * 1024  # bytes, the tool's own choice
_MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
# Between the elements of a list stands the first of these that no element contains.
_DELIMITERS = [chr(code) for code in (0x1F, 0x1E, 0x1D, 0x1C, *range(0xE000, 0xE010))]


@dataclass(frozen=True, slots=True)
class Held:
    """How many nodes of each label and relationships of each type there are."""

    nodes: Mapping[str, int]
    relationships: Mapping[str, int]


@dataclass(slots=True)
class _Files:
    """The files so far: what each adds, and what the tool must be told because of their text."""

    folder: Path
    delimiter: str
    nodes: dict[str, int] = field(default_factory=dict)
    relationships: dict[str, int] = field(default_factory=dict)
    longest: int = 0  # bytes of the longest text
    many_lines: bool = False

    def add_nodes(self, kind: str, columns: pl.DataFrame) -> None:
        """Write one kind of node; the columns' names are the header."""
        self._write(self.nodes, kind, columns)

    def add_relationships(self, kind: str, columns: pl.DataFrame) -> None:
        """Write one kind of relationship; the columns' names are the header."""
        self._write(self.relationships, kind, columns)

    def _write(self, held: dict[str, int], kind: str, columns: pl.DataFrame) -> None:
        if columns.is_empty():
            return
        held[kind] = columns.height
        for text in (columns[name] for name, dtype in columns.schema.items() if dtype == pl.String):
            lengths = text.str.len_bytes()
            self.longest = max(self.longest, *(int(each) for each in (lengths.max(),) if isinstance(each, int)), 0)
            self.many_lines = self.many_lines or text.str.contains_any(["\n", "\r"]).any()
        # Empty text is quoted and null is nothing at all: so the tool tells them apart.
        flat = columns.lazy().with_columns(_joined(name, self.delimiter) for name, dtype in columns.schema.items() if dtype == pl.List)
        flat.sink_csv(self.folder / _file(kind), separator="\t", quote_style="necessary", datetime_format=_MOMENT)


def write_import_files(tables: GraphTables, ontology: Ontology, fingerprint: str, folder: Path) -> Held:
    """Write the files and `import-args`, the tool's arguments, into a folder; paths are relative to it. Returns what they hold.

    Rows are numbered, and nodes are joined by these numbers: a third of the size and of the tool's memory that ids would take.
    Raises StoreFailed where the tables name what they do not hold, hold something twice, or are not of this ontology.
    """
    entities, documents, facts, reports, successors, edges = (
        pl.DataFrame(table) for table in (tables.entities, tables.documents, tables.facts, tables.reports, tables.successors, tables.edges)
    )
    _require(facts["relation"], ontology.relations, "relation", ontology)
    _require(edges["relation"], ontology.relations, "relation", ontology)
    _require(entities["type"], ontology.entity_types, "type", ontology)
    files = _Files(folder, _delimiter(entities["aliases"], documents["publication_types"], successors["cause"]))
    meta = {"format:int": [GRAPH_FORMAT], "ontology": [ontology.id], "rules": [fingerprint], "unfinished:boolean": [True]}
    files.add_nodes("Meta", pl.DataFrame(meta))
    files.add_nodes("Batch", pl.DataFrame({"id": list(tables.batches)}, schema={"id": pl.String}))
    files.add_nodes("Entity", _entity_nodes(entities))
    files.add_nodes("Document", _document_nodes(documents))
    files.add_nodes("Fact", _fact_nodes(facts))
    for side in ("head", "tail"):
        files.add_relationships(side.upper(), _to_ends(facts, side, entities))
    files.add_relationships("REPORTS", _reports(reports, documents, facts))
    files.add_relationships("SUPERSEDED_BY", _successors(successors, facts))
    for relation in sorted(edges["relation"].unique()):
        files.add_relationships(relationship_type(relation), _edges(edges.filter(pl.col("relation") == relation), entities))
    (folder / ARGUMENTS).write_text("".join(f"{line}\n" for line in _arguments(files)), encoding="utf-8")
    return Held(files.nodes, files.relationships)


def _entity_nodes(entities: pl.DataFrame) -> pl.DataFrame:
    return entities.select(
        pl.int_range(pl.len()).alias(":ID(Entity)"),
        "key",
        "type",
        "name",
        pl.col("aliases").alias("aliases:string[]"),
        pl.col("type").alias(":LABEL"),
    )


def _document_nodes(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.select(
        pl.int_range(pl.len()).alias(":ID(Document)"),
        "id",
        "title",
        pl.col("published").alias("published:date"),
        "precision",
        "source",
        "journal",
        pl.col("publication_types").alias("publication_types:string[]"),
        pl.col("retracted").alias("retracted:boolean"),
        pl.col("retracted_on").alias("retracted_on:date"),
    )


def _fact_nodes(facts: pl.DataFrame) -> pl.DataFrame:
    return facts.select(
        pl.int_range(pl.len()).alias(":ID(Fact)"),
        "id",
        "head",
        "relation",
        "tail",
        pl.col("belief").alias("belief:double"),
        "status",
        pl.col("support").alias("support:long"),
        pl.col("first_seen").alias("first_seen:date"),
        pl.col("last_seen").alias("last_seen:date"),
        "closed",
    )


def _to_ends(facts: pl.DataFrame, side: str, entities: pl.DataFrame) -> pl.DataFrame:
    ends = _row_numbers(facts[side], entities["key"], f"facts have a {side}")
    return facts.select(pl.int_range(pl.len()).alias(":START_ID(Fact)"), ends.alias(":END_ID(Entity)"))


def _reports(reports: pl.DataFrame, documents: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    return reports.select(
        _row_numbers(reports["document"], documents["id"], "reports come from a document").alias(":START_ID(Document)"),
        _row_numbers(reports["fact"], facts["id"], "reports are about a fact").alias(":END_ID(Fact)"),
        "polarity",
        pl.col("confidence").alias("confidence:double"),
        "quote",
        "method",
        "model",
        "prompt",
        pl.col("recorded_at").dt.convert_time_zone("UTC").alias("recorded_at:datetime"),
    )


def _successors(successors: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    return successors.select(
        _row_numbers(successors["fact"], facts["id"], "successions are of a fact").alias(":START_ID(Fact)"),
        _row_numbers(successors["by"], facts["id"], "facts are superseded by one").alias(":END_ID(Fact)"),
        pl.col("on").alias("on:date"),
        pl.col("cause").alias("cause:string[]"),
        "rule",
    )


def _edges(edges: pl.DataFrame, entities: pl.DataFrame) -> pl.DataFrame:
    return edges.select(
        _row_numbers(edges["head"], entities["key"], "edges have a head").alias(":START_ID(Entity)"),
        _row_numbers(edges["tail"], entities["key"], "edges have a tail").alias(":END_ID(Entity)"),
        "fact",
        pl.col("belief").alias("belief:double"),
        pl.col("support").alias("support:long"),
        pl.col("valid_from").alias("valid_from:date"),
        pl.col("valid_to").alias("valid_to:date"),
    )


def _row_numbers(named: pl.Series, keys: pl.Series, who: str) -> pl.Series:
    numbered = pl.DataFrame({"key": keys}).with_row_index("row")
    try:
        found = named.to_frame("key").join(numbered, on="key", how="left", validate="m:1", maintain_order="left")
    except ComputeError as cause:
        raise StoreFailed(f"the graph's tables hold something twice: {keys.filter(keys.is_duplicated())[0]}") from cause
    missing = named.filter(found["row"].is_null()).unique().sort()
    if len(missing):
        raise StoreFailed(f"{who} that the graph's tables do not hold: {', '.join(map(str, missing[:5]))}")
    return found["row"]


def _require(values: pl.Series, known: Collection[str], what: str, ontology: Ontology) -> None:
    for value in values.unique():
        if value not in known:
            raise StoreFailed(f"the {what} {value!r} is not in the ontology {ontology.name}")
        label(value)


def _delimiter(*lists: pl.Series) -> str:
    elements = [each.explode() for each in lists]
    for candidate in _DELIMITERS:
        if not any(each.str.contains(candidate, literal=True).any() for each in elements):
            return candidate
    raise StoreFailed("lists of texts hold every character that could stand between their elements in a file")


def _joined(name: str, delimiter: str) -> pl.Expr:
    # The tool has no empty list, nor one of a single empty text: `definitions.completions` makes them, of null and of two empty texts.
    alone = (pl.col(name).list.len() == 1) & (pl.col(name).list.first() == "")
    return pl.when(alone).then(pl.lit(delimiter)).otherwise(pl.col(name).list.join(delimiter)).alias(name)


def _arguments(files: _Files) -> Iterator[str]:
    yield "--id-type=integer"
    yield "--delimiter=TAB"
    yield f"--array-delimiter=U+{ord(files.delimiter):04X}"
    yield f"--multiline-fields={str(files.many_lines).lower()}"
    # A field is read whole, its quotes doubled.
    yield f"--read-buffer-size={max(_READ_BUFFER, 2 * files.longest + 1024)}"
    yield "--bad-tolerance=0"
    yield "--report-file=./import-report"
    for kind in files.nodes:
        yield f"--nodes={kind}=./{_file(kind)}"
    for kind in files.relationships:
        yield f"--relationships={kind}=./{_file(kind)}"


def _file(kind: str) -> str:
    return f"{kind}.tsv"
