"""What facts are wanted: by status, relation, type, belief, and by the documents that assert them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from pipeline.believing.rules import source_name
from pipeline.finding.entity_finder import CalledNow
from pipeline.retrieving.neighbourhood import Neighbourhood
from schema.errors import WrongUse
from schema.fact import Status
from schema.ids import EntityKey
from schema.ontology import Ontology


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
        """Raises WrongUse for a relation or a type that the ontology does not have, and for a belief outside 0 to 1."""
        for relation in self.relations:
            if relation not in ontology.relations:
                ontology.relation_called(relation)  # which says what there is
                raise WrongUse(f"relation {relation!r} is written {ontology.relation_called(relation)!r} in the ontology")
        for kind in self.types:
            ontology.check_type(kind)
        if not 0.0 <= self.least_belief <= 1.0:
            raise WrongUse(f"least belief is {self.least_belief:g}, and must lie between 0 and 1")


def filter_of(
    ontology: Ontology,
    *,
    statuses: Iterable[str] = (),
    relations: Iterable[str] = (),
    types: Iterable[str] = (),
    least_belief: float = 0.0,
    sources: Iterable[str] = (),
    journals: Iterable[str] = (),
    publication_types: Iterable[str] = (),
) -> FactFilter:
    """A filter as users write it; no statuses: those that hold; `all`: every status. Raises WrongUse for what there is not."""
    named = [each.casefold() for each in statuses]
    wrong = [each for each in named if each not in {*Status, ALL}]
    if wrong:
        raise WrongUse(f"status {wrong[0]!r} is none of {', '.join(Status)}, {ALL}")
    chosen = EVERY_STATUS if ALL in named else frozenset(map(Status, named)) or FactFilter().statuses
    found = FactFilter(
        chosen,
        frozenset(map(ontology.relation_called, relations)),
        frozenset(types),
        least_belief,
        frozenset(sources),
        frozenset(journals),
        frozenset(publication_types),
    )
    found.check(ontology)
    return found


ALL = "all"


EVERY_STATUS = frozenset(Status)


def wanted_facts(found: Neighbourhood, wanted: FactFilter, asked: Collection[EntityKey], called: CalledNow) -> pl.DataFrame:
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
        fitting = [key for key, entity in called(ends).items() if entity.type in wanted.types]
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
