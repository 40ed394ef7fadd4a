"""What facts are wanted: by status, relation, type, belief, and by the documents that assert them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.believing.rules import source_name
from pipeline.retrieving.neighbourhood import Neighbourhood
from schema.fact import Status
from schema.ids import EntityKey
from schema.ontology import Ontology

TypesOf = Callable[[Collection[EntityKey]], Mapping[EntityKey, str]]
"""The type of each entity; those that nobody names are left out."""


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts are wanted; by default those that hold. An empty set asks for nothing in particular.

    `types` is of the end that was not asked about. Of `sources`, `journals` and `publication_types` at least one document that asserts
    the fact has one; blanks around them and case do not matter. `least_belief` lies between 0 and 1.
    """

    statuses: frozenset[Status] = frozenset({Status.CURRENT})
    relations: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    least_belief: float = 0.0
    sources: frozenset[str] = frozenset()
    journals: frozenset[str] = frozenset()
    publication_types: frozenset[str] = frozenset()

    def check(self, ontology: Ontology) -> None:
        """Raises WrongUse for a relation or a type that the ontology does not have."""
        for relation in self.relations:
            ontology.relation_called(relation)
        for kind in self.types:
            ontology.check_type(kind)


EVERY_STATUS = frozenset(Status)


def wanted_facts(found: Neighbourhood, wanted: FactFilter, asked: Collection[EntityKey], types_of: TypesOf) -> pl.DataFrame:
    """Of the facts that were found those that are wanted, before anything is ranked; columns of neighbourhood.FACT."""
    facts = found.facts.filter(
        pl.col("status").is_in([status.value for status in wanted.statuses]) & (pl.col("belief") >= wanted.least_belief)
    )
    if wanted.relations:
        facts = facts.filter(pl.col("relation").is_in(list(wanted.relations)))
    if wanted.sources or wanted.journals or wanted.publication_types:
        facts = facts.join(_asserted_by(found, wanted), on=("head", "relation", "tail"), how="semi", maintain_order="left")
    if wanted.types and not facts.is_empty():
        ends = {*facts["head"].unique().to_list(), *facts["tail"].unique().to_list()}
        fitting = [key for key, kind in types_of(ends).items() if kind in wanted.types]
        here = [key for key in asked if key in ends]
        head, tail = pl.col("head"), pl.col("tail")
        facts = facts.filter((head.is_in(here) & tail.is_in(fitting)) | (tail.is_in(here) & head.is_in(fitting)))
    return facts


def _asserted_by(found: Neighbourhood, wanted: FactFilter) -> pl.DataFrame:
    documents = found.folded.documents
    for column, names in (("source", wanted.sources), ("journal", wanted.journals)):
        if names:
            documents = documents.filter(pl.col(column).is_in(_meant_by(names, documents[column])))
    if wanted.publication_types:
        kinds = _meant_by(wanted.publication_types, documents["publication_types"].explode(keep_nulls=False, empty_as_null=False))
        documents = documents.filter(pl.col("publication_types").list.eval(pl.element().is_in(kinds)).list.any())
    asserting = found.folded.live.filter(~pl.col("denies"))
    return asserting.join(documents.select("document"), on="document", how="semi").select("head", "relation", "tail").unique()


def _meant_by(names: Collection[str], written: pl.Series) -> list[str]:
    """Of the ways in which names are written those that are wanted."""
    asked = set(map(source_name, names))
    return [each for each in written.drop_nulls().unique().to_list() if source_name(each) in asked]
