"""How much of what a run recorded is believed from: claims at or above the threshold, and such as are only kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipeline.believing.rules import Rules
from pipeline.believing.statements import never_held
from pipeline.intake.batches import Intake
from schema.dates import PartialDate
from schema.observation import Observation

_TOLD = ("confidence", "relation", "published", "stated_start", "stated_end")


@dataclass
class RecordedClaims:
    """Claims of a run that went into the log, and how many of them are below the threshold."""

    rules: Rules
    recorded: int = 0
    below: int = 0
    never_held: int = 0  # sure enough, but what they state ends before it begins

    def take(self, intake: Intake) -> None:
        """Count what a batch brought."""
        self._count(_frame(each.record for each in intake.records if isinstance(each.record, Observation)))
        if intake.observations is not None:
            self._count(pl.DataFrame(intake.observations).select(_TOLD))

    def add(self, recorded: int, below: int, never_held: int) -> None:
        """What was counted elsewhere."""
        self.recorded, self.below, self.never_held = self.recorded + recorded, self.below + below, self.never_held + never_held

    def _count(self, said: pl.DataFrame) -> None:
        self.recorded += said.height
        self.below += said.filter(pl.col("confidence") < self.rules.threshold).height
        self.never_held += never_held(said, self.rules)

    def as_data(self) -> dict[str, float | int]:
        """For machines."""
        return {
            "threshold": self.rules.threshold,
            "claims": self.recorded,
            "below_threshold": self.below,
            "end_before_start": self.never_held,
        }

    def sentence(self) -> str:
        """For a person; empty where there were no claims."""
        if not self.recorded:
            return ""
        below = [f"{self.below} below the threshold of {self.rules.threshold:g}"] if self.below else []
        ended = [f"{self.never_held} whose stated end lies before their start"] if self.never_held else []
        kept = f" ({', '.join([*below, *ended])}, only kept)" if below or ended else ""
        return f"believed: {self.recorded - self.below - self.never_held} of {self.recorded} claims{kept}"


def _frame(observations: Iterable[Observation]) -> pl.DataFrame:
    rows = [(o.confidence, o.relation, str(o.published), _text(o.stated_start), _text(o.stated_end)) for o in observations]
    return pl.DataFrame(rows, schema={name: pl.Float64 if name == "confidence" else pl.String for name in _TOLD}, orient="row")


def _text(day: PartialDate | None) -> str | None:
    return None if day is None else str(day)
