"""What a user says for lines of `observe` that do not say it themselves: source, date, confidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline.files.date_table import DateTable
from pipeline.identifiers import document_id, is_missing
from schema.dates import PartialDate
from schema.errors import InvalidInput, WrongUse
from schema.ontology import Ontology

ALL_OTHERS = "*"
"""In `confidences` the one of all relations that have none of their own."""


@dataclass(frozen=True, slots=True)
class Given:
    """Fills in what a line lacks and changes nothing that it says."""

    source: str | None = None
    confidences: Mapping[str, float] = field(default_factory=dict)  # by relation
    dates: DateTable | None = None
    published: PartialDate | None = None  # of documents that `dates` does not have

    def confidence(self, relation: object) -> float | None:
        """The confidence of lines of a relation, None where none was set."""
        return self.confidences.get(str(relation), self.confidences.get(ALL_OTHERS))

    def completed(self, line: Mapping[str, Any]) -> Mapping[str, Any]:
        """The line with what it lacks, as far as that is given."""
        more: dict[str, Any] = {}
        if line.get("source") is None and self.source is not None:
            more["source"] = self.source
        if line.get("confidence") is None and (confidence := self.confidence(line.get("relation"))) is not None:
            more["confidence"] = confidence
        if _says_no_date(line.get("published")) and (published := self._published(line.get("document"))) is not None:
            more["published"] = published
        return {**line, **more} if more else line

    def published_texts(self, documents: pl.Series) -> pl.Series:
        """The dates of documents (CURIEs) in their text form, null where none is given."""
        found = pl.Series([None], dtype=pl.String).new_from_index(0, len(documents)) if self.dates is None else self.dates.texts(documents)
        return found if self.published is None else found.fill_null(str(self.published))

    def _published(self, document: object) -> str | None:
        found = None
        if self.dates is not None and isinstance(document, str):
            try:
                found = self.dates.get(document_id(document))
            except InvalidInput:
                found = None  # of a document without an id nothing can be looked up; the line is refused for it
        found = found or self.published
        return None if found is None else str(found)


def _says_no_date(published: object) -> bool:
    return published is None or (isinstance(published, str) and is_missing(published))


NOTHING_GIVEN = Given()


def given_values(
    ontology: Ontology, confidences: Mapping[str, float], source: str | None, dates: DateTable | None, published: str | None
) -> Given:
    """What a user gives for lines that lack it; raises WrongUse for an unknown relation or a source that cannot be one."""
    named = {ALL_OTHERS if relation == ALL_OTHERS else ontology.relation_called(relation): given for relation, given in confidences.items()}
    if source is not None and (not source or not source.isprintable()):
        raise WrongUse(f"the source {source!r} is empty or holds a control character")
    return Given(source, named, dates, PartialDate.parse(published) if published else None)


def confidences_by_relation(texts: Sequence[str]) -> dict[str, str]:
    """`treat=0.8` by relation, `0.7` as the one of all others; the settings check the numbers."""
    return {relation or ALL_OTHERS: number for relation, _, number in (text.rpartition("=") for text in texts)}
