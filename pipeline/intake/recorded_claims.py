"""How much of what a run recorded is believed from: claims at or above the threshold, and such as are only kept."""

from dataclasses import dataclass

import polars as pl

from pipeline.intake.batches import Intake
from schema.observation import Observation


@dataclass
class RecordedClaims:
    """Claims of a run that went into the log, and how many of them are below the threshold."""

    threshold: float
    recorded: int = 0
    below: int = 0

    def take(self, intake: Intake) -> None:
        """Count what a batch brought."""
        confidences = [r.record.confidence for r in intake.records if isinstance(r.record, Observation)]
        if intake.observations is not None:
            confidences += pl.DataFrame(intake.observations)["confidence"].to_list()
        self.recorded += len(confidences)
        self.below += sum(confidence < self.threshold for confidence in confidences)

    def as_data(self) -> dict[str, float | int]:
        """For machines."""
        return {"threshold": self.threshold, "claims": self.recorded, "below_threshold": self.below}

    def sentence(self) -> str:
        """For a person; empty where there were no claims."""
        if not self.recorded:
            return ""
        counted = f"{self.recorded - self.below} of {self.recorded} claims count"
        kept = f"; {self.below} below the threshold of {self.threshold:g} are only kept" if self.below else ""
        return f"believed: {counted}{kept}"
