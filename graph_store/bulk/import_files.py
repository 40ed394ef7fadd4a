"""A whole graph as the files that `neo4j-admin database import full` takes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from graph_store.bulk.import_columns import (
    Numbered,
    document_columns,
    edge_columns,
    end_columns,
    entity_columns,
    fact_columns,
    report_columns,
    successor_columns,
)
from graph_store.cypher.definitions import GRAPH_FORMAT, node_label, relationship_type
from schema.columns import GraphTables
from schema.errors import StoreFailed
from schema.ontology import Ontology
from schema.ports import LogVersion

ARGUMENTS = "import-args"

_READ_BUFFER = 4 * 1024 * 1024  # bytes, the tool's own choice
_OFF_HEAP = "2G"  # enough for a hundred million nodes; the tool would take nine tenths of what is free
_MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
# Between the elements of a list stands the first of these that no element contains.
_DELIMITERS = [chr(code) for code in (0x1F, 0x1E, 0x1D, 0x1C, *range(0xE000, 0xE010))]

_WORDS = """\
A whole graph of ChronoKG, for Neo4j's bulk import.

1. Bring this folder to the machine of the server. Stop the server.
2. In this folder, as the user who runs the server:
     neo4j-admin database import full neo4j @import-args
   Where a database of that name is there already, add --overwrite-destination: ALL THAT IS IN IT IS LOST.
3. Start the server.
4. Run a command of chronokg on it that writes, such as: chronokg replay --graph bolt://…
   It defines constraints and indexes and completes what the files cannot hold, which are empty lists. Use the graph after that.
5. Remove this folder: it holds what the documents say.

A tool that refuses --id-type=actual takes integer as well, in a third more time.
"""


@dataclass(frozen=True, slots=True)
class Held:
    """How many nodes of each label and relationships of each type there are."""

    nodes: Mapping[str, int]
    relationships: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Origin:
    """Which state of which log the graph is folded from, and where that log lies."""

    followed: LogVersion
    home: str


@dataclass(slots=True)
class _Files:
    """The files so far: what each adds, and what the tool must be told because of their text."""

    folder: Path
    delimiter: str
    held: Held = field(default_factory=lambda: Held({}, {}))
    options: list[str] = field(default_factory=list)
    many_lines: list[str] = field(default_factory=list)  # files with line breaks inside of fields
    longest: int = 0  # bytes that the texts of one row take at most

    def add_nodes(self, kind: str, columns: pl.DataFrame) -> None:
        """Nodes stay in one file: their numbers must ascend."""
        nodes = self._flat(columns)
        self._write("nodes", kind, kind, nodes, many_lines=bool(_with_breaks(nodes).any()))

    def add_relationships(self, kind: str, columns: pl.DataFrame) -> None:
        """Those with line breaks get a file of their own, for the tool reads such files slowly."""
        relationships = self._flat(columns)
        broken = _with_breaks(relationships)
        self._write("relationships", kind, kind, relationships.filter(~broken) if broken.any() else relationships)
        self._write("relationships", kind, f"{kind}-lines", relationships.filter(broken), many_lines=True)

    def _write(self, option: str, kind: str, name: str, columns: pl.DataFrame, *, many_lines: bool = False) -> None:
        if columns.is_empty():
            return
        held: dict[str, int] = getattr(self.held, option)
        held[kind] = held.get(kind, 0) + columns.height
        self.longest = max(self.longest, _longest(columns))
        # The tool finds no file by its bare name.
        file = f"./{name}.tsv"
        self.options.append(f"--{option}={kind}={file}")
        if many_lines:
            self.many_lines.append(file)
        # Empty text is quoted, null is nothing at all: so the tool tells them apart.
        columns.lazy().sink_csv(self.folder / file, separator="\t", quote_style="necessary", datetime_format=_MOMENT)

    def _flat(self, columns: pl.DataFrame) -> pl.DataFrame:
        return columns.with_columns(_joined(name, self.delimiter) for name, dtype in columns.schema.items() if dtype == pl.List)


def write_import_files(tables: GraphTables, ontology: Ontology, fingerprint: str, folder: Path, origin: Origin | None = None) -> Held:
    """Write the files and `import-args`, which says what to do and holds the tool's arguments, into a folder.

    Raises StoreFailed where the tables name what they do not hold, hold something twice, or are not of this ontology.
    """
    frames = [pl.DataFrame(table) for table in (tables.entities, tables.documents, tables.facts, tables.successors)]
    files = _Files(folder, _delimiter(frames[0]["aliases"], frames[1]["publication_types"], frames[3]["cause"]))
    entities = Numbered(_ends_only(frames[0], frames[2]), "key", 0)
    documents = Numbered(frames[1], "id", entities.following)
    facts = Numbered(frames[2], "id", documents.following)
    batches = Numbered(pl.DataFrame({"id": list(tables.batches)}, schema={"id": pl.String}), "id", facts.following)
    _require(entities.rows["type"], ontology.entity_types, "type", ontology)
    _require(facts.rows["relation"], ontology.relations, "relation", ontology)
    files.add_nodes("Entity", entity_columns(entities))
    files.add_nodes("Document", document_columns(documents))
    files.add_nodes("Fact", fact_columns(facts))
    files.add_nodes("Batch", batches.rows.select(batches.numbers.alias(":ID"), "id"))
    files.add_nodes("Meta", _meta(batches.following, ontology, fingerprint, origin))
    files.add_relationships("HEAD", end_columns(facts, "head", entities))
    files.add_relationships("TAIL", end_columns(facts, "tail", entities))
    files.add_relationships("REPORTS", report_columns(pl.DataFrame(tables.reports), documents, facts))
    files.add_relationships("SUPERSEDED_BY", successor_columns(frames[3], facts))
    edges = pl.DataFrame(tables.edges)
    _require(edges["relation"], ontology.relations, "relation", ontology)
    for relation in edges["relation"].unique().sort():
        files.add_relationships(relationship_type(relation), edge_columns(edges.filter(pl.col("relation") == relation), entities))
    (folder / ARGUMENTS).write_text("".join(f"{line}\n" for line in _arguments(files)), encoding="utf-8")
    return files.held


def _meta(number: int, ontology: Ontology, fingerprint: str, origin: Origin | None) -> pl.DataFrame:
    told = {} if origin is None else {"log": [origin.followed.log], "version:long": [origin.followed.number]}
    told |= {} if origin is None else {"commit": [origin.followed.commit], "home": [origin.home]}
    return pl.DataFrame(
        {
            **told,
            ":ID": [number],
            "format:long": [GRAPH_FORMAT],
            "ontology": [ontology.id],
            "rules": [fingerprint],
            "unfinished:boolean": [True],  # until `definitions.completions` have run
        }
    )


def _ends_only(entities: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    # The graph keeps an entity just as long as a fact has it as an end.
    ends = pl.concat([facts.select(key=side).unique() for side in ("head", "tail")]).unique()
    return entities.join(ends, on="key", how="semi", maintain_order="left")


def _require(values: pl.Series, known: Collection[str], what: str, ontology: Ontology) -> None:
    for value in values.unique().sort():
        if value not in known:
            raise StoreFailed(f"the {what} {value!r} is not in the ontology {ontology.name}")
        node_label(value)


def _delimiter(*lists: pl.Series) -> str:
    elements = [each.explode() for each in lists]
    for candidate in _DELIMITERS:
        if not any(each.str.contains(candidate, literal=True).any() for each in elements):
            return candidate
    raise StoreFailed("aliases, publication types and causes hold every character that could stand between them in a file")


def _joined(name: str, delimiter: str) -> pl.Expr:
    # The tool makes null of an empty list and of one that holds an empty text only; the latter becomes two empty texts, which is no
    # list of ours (nothing is in a list twice). `definitions.completions` undoes both.
    alone = (pl.col(name).list.len() == 1) & (pl.col(name).list.first() == "")
    return pl.when(alone).then(pl.lit(delimiter)).otherwise(pl.col(name).list.join(delimiter)).alias(name)


def _texts(columns: pl.DataFrame) -> list[pl.Series]:
    return [columns[name] for name, dtype in columns.schema.items() if dtype == pl.String]


def _with_breaks(columns: pl.DataFrame) -> pl.Series:
    broken = pl.repeat(value=False, n=columns.height, eager=True)
    for text in _texts(columns):
        broken = broken | text.str.contains_any(["\n", "\r"]).fill_null(value=False)
    return broken


def _longest(columns: pl.DataFrame) -> int:
    lengths = [text.str.len_bytes().max() for text in _texts(columns)]
    return sum(length for length in lengths if isinstance(length, int))


def _arguments(files: _Files) -> Iterator[str]:
    for line in _WORDS.splitlines():
        yield f"# {line}".rstrip()
    yield "--id-type=actual"
    yield "--delimiter=TAB"
    yield f"--array-delimiter=U+{ord(files.delimiter):04X}"
    if files.many_lines:
        yield "--multiline-fields-format=v2"
        yield f"--multiline-fields={','.join(files.many_lines)}"
    # A row is read as a whole, quotes in it doubled.
    yield f"--read-buffer-size={max(_READ_BUFFER, 2 * files.longest + 4096)}"
    yield f"--max-off-heap-memory={_OFF_HEAP}"
    yield "--bad-tolerance=0"
    yield "--report-file=./import-report"
    yield from files.options
