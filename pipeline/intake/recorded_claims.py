"""How much of what a run recorded is believed from: claims at or above the threshold, and such as are only kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from pipeline.intake.batches import Intake
from schema.dates import PartialDate
from schema.observation import Observation
from schema.ontology import Ontology, TimeOf


@dataclass
class RecordedClaims:
    """Claims of a run that went into the log, and how many of them are below the threshold."""

    threshold: float
    ontology: Ontology
    recorded: int = 0
    below: int = 0
    never_held: int = 0  # sure enough, but what they state ends before it begins

    def take(self, intake: Intake) -> None:
        """Count what a batch brought."""
        said = [_Said(o.confidence, o.relation, str(o.published), _text(o.stated_start), _text(o.stated_end)) for o in _one_by_one(intake)]
        if intake.observations is not None:
            said += [_Said(*cells) for cells in pl.DataFrame(intake.observations).select(_Said._fields).iter_rows()]
        self.recorded += len(said)
        self.below += sum(each.confidence < self.threshold for each in said)
        self.never_held += sum(each.confidence >= self.threshold and self._ends_before_it_begins(each) for each in said)

    def _ends_before_it_begins(self, said: "_Said") -> bool:
        if said.stated_end is None or self.ontology.relations[said.relation].time is not TimeOf.STATED:
            return False
        return PartialDate.parse(said.stated_end).last < PartialDate.parse(said.stated_start or said.published).first

    def as_data(self) -> dict[str, float | int]:
        """For machines."""
        return {
            "threshold": self.threshold,
            "claims": self.recorded,
            "below_threshold": self.below,
            "end_before_start": self.never_held,
        }

    def sentence(self) -> str:
        """For a person; empty where there were no claims."""
        if not self.recorded:
            return ""
        below = [f"{self.below} below the threshold of {self.threshold:g}"] if self.below else []
        ended = [f"{self.never_held} whose stated end lies before their start"] if self.never_held else []
        kept = f" ({', '.join([*below, *ended])}, only kept)" if below or ended else ""
        return f"believed: {self.recorded - self.below - self.never_held} of {self.recorded} claims{kept}"


class _Said(NamedTuple):
    """What of a claim decides whether it counts; days as text."""

    confidence: float
    relation: str
    published: str
    stated_start: str | None
    stated_end: str | None


def _one_by_one(intake: Intake) -> Iterator[Observation]:
    return (recorded.record for recorded in intake.records if isinstance(recorded.record, Observation))


def _text(day: PartialDate | None) -> str | None:
    return None if day is None else str(day)
