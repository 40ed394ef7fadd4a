"""How a soak goes, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.scheduling.accounts import DayAccount


@dataclass(frozen=True)
class Plan:
    """How many days, and how often what."""

    days: int = 30
    day_s: float = 15.0  # between a day's file and the next
    kill_s: float = 20.0
    kills: int | None = None  # by default for as long as days come
    every: str = "5s"
    records: int = 20  # new ones in a day
    delay_s: float = 0.05  # of the model server
    seed: int = 1
    real: Path | None = None
    patience_s: float = 300.0  # for what is left when the last day has come and the last kill is done


@dataclass
class Found:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    starts: dict[str, int] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)  # of runs, by name and, where they failed, message
    days: list[DayAccount] = field(default_factory=list)
    seconds: float = 0.0
    late_s: float = 0.0  # from the last file and kill until all was read
    is_equal: bool = False
    lines: int = 0
    set_aside: int = -1
    unfinished: list[str] = field(default_factory=list)  # runs that Prefect believes to go on
    verified: str = ""
    counts: dict[str, Any] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, in words; none where all is."""
        wrong = [] if self.is_equal else ["the export differs from that of a clean run"]
        wrong += [f"{day.name} does not reconcile: {day}" for day in self.days if not day.reconciles]
        wrong += [f"{self.set_aside} set aside"] if self.set_aside else []
        wrong += [f"Prefect believes that {run} goes on" for run in self.unfinished]
        wrong += [f"{unit} of status do not reconcile: {told}" for unit, told in self.counts.items() if not _reconciles(told)]
        return wrong + ([] if self.verified == "ok" else [f"verify says: {self.verified}"])


def _reconciles(told: dict[str, Any]) -> bool:
    return bool(told["submitted"] == told["committed"] + sum(told["skipped"].values()) + sum(told["set_aside"].values()))
