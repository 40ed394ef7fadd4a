"""Columns of the import files, named as the import wants them: one function for each kind of node and relationship.

Nodes are numbered in the order of the files, for the import takes such numbers as the places where it puts the nodes: it then needs
neither the time nor the memory to look up ids.
"""

from dataclasses import dataclass

import polars as pl
from polars.exceptions import ComputeError

from schema.errors import StoreFailed


@dataclass(frozen=True, slots=True)
class Numbered:
    """Nodes of one kind, with the number of the first."""

    rows: pl.DataFrame
    key: str
    first: int

    @property
    def numbers(self) -> pl.Series:
        """The numbers of all rows."""
        return pl.int_range(self.first, self.first + self.rows.height, eager=True)

    @property
    def following(self) -> int:
        """The number after the last."""
        return self.first + self.rows.height

    def numbers_of(self, named: pl.Series, who: str) -> pl.Series:
        """The number for each name; raises StoreFailed where there is none, or more than one."""
        keys = self.rows[self.key]
        try:
            found = named.to_frame("key").join(
                pl.DataFrame({"key": keys, "number": self.numbers}), on="key", how="left", validate="m:1", maintain_order="left"
            )["number"]
        except ComputeError as cause:
            twice = keys.filter(keys.is_duplicated())
            raise StoreFailed(f"the tables of the graph hold {', '.join(twice.unique().sort().head(5))} twice") from cause
        if found.null_count():
            missing = named.filter(found.is_null()).unique().sort().head(5)
            raise StoreFailed(f"the tables of the graph lack what {who} name: {', '.join(map(str, missing))}")
        return found


def entity_columns(entities: Numbered) -> pl.DataFrame:
    """Nodes with a second label, their type."""
    return entities.rows.select(entities.numbers.alias(":ID"), "key", "type", "name", _list("aliases"), pl.col("type").alias(":LABEL"))


def document_columns(documents: Numbered) -> pl.DataFrame:
    """Nodes without text of the document."""
    return documents.rows.select(
        documents.numbers.alias(":ID"),
        "id",
        "title",
        _as("published", "date"),
        "precision",
        "source",
        "journal",
        _list("publication_types"),
        _as("retracted", "boolean"),
        _as("retracted_on", "date"),
    )


def fact_columns(facts: Numbered) -> pl.DataFrame:
    """Nodes that repeat their triple."""
    return facts.rows.select(
        facts.numbers.alias(":ID"),
        "id",
        "head",
        "relation",
        "tail",
        _as("belief", "double"),
        "status",
        _as("support", "long"),
        _as("first_seen", "date"),
        _as("last_seen", "date"),
        "closed",
    )


def end_columns(facts: Numbered, side: str, entities: Numbered) -> pl.DataFrame:
    """HEAD or TAIL of every fact; without properties."""
    return pl.DataFrame({":START_ID": facts.numbers, ":END_ID": entities.numbers_of(facts.rows[side], "facts")})


def report_columns(reports: pl.DataFrame, documents: Numbered, facts: Numbered) -> pl.DataFrame:
    """What documents say about facts."""
    return reports.select(
        documents.numbers_of(reports["document"], "reports").alias(":START_ID"),
        facts.numbers_of(reports["fact"], "reports").alias(":END_ID"),
        "polarity",
        _as("confidence", "double"),
        "quote",
        "method",
        "model",
        "prompt",
        pl.col("recorded_at").dt.convert_time_zone("UTC").alias("recorded_at:datetime"),
    )


def successor_columns(successors: pl.DataFrame, facts: Numbered) -> pl.DataFrame:
    """Which facts closed which."""
    return successors.select(
        facts.numbers_of(successors["fact"], "successions").alias(":START_ID"),
        facts.numbers_of(successors["by"], "successions").alias(":END_ID"),
        _as("on", "date"),
        _list("cause"),
        "rule",
    )


def edge_columns(edges: pl.DataFrame, entities: Numbered) -> pl.DataFrame:
    """The direct edges of one relation."""
    return edges.select(
        entities.numbers_of(edges["head"], "edges").alias(":START_ID"),
        entities.numbers_of(edges["tail"], "edges").alias(":END_ID"),
        "fact",
        _as("belief", "double"),
        _as("support", "long"),
        _as("valid_from", "date"),
        _as("valid_to", "date"),
    )


def _as(name: str, kind: str) -> pl.Expr:
    return pl.col(name).alias(f"{name}:{kind}")


def _list(name: str) -> pl.Expr:
    return _as(name, "string[]")
