"""What a run changed of what is believed, for its summary."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flows.home.homes import Home
from pipeline.intake.batches import Intake
from pipeline.intake.recorded_claims import RecordedClaims
from pipeline.updating.changed_facts import ChangedFacts
from schema.errors import StoreFailed
from schema.ids import BatchId
from schema.ports import GraphStore


class Outcome:
    """Claims that a run recorded, and what became of facts since its graph was opened."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.claims = RecordedClaims(home.rules)
        self.facts = ChangedFacts()
        self.batches: set[BatchId] = set()  # that it recorded
        self.before_recording: Callable[[], None] = lambda: None  # what has to be before the first batch is in

    def record(self, intake: Intake, command: str, at: datetime) -> bool:
        """Let the log have a batch, and count it; False where it was recorded before."""
        self.before_recording()
        self.batches.add(intake.batch)  # first: whoever sees it in the log is to know whose it is
        fresh = self._home.record(intake, command, at)
        if fresh:
            self.claims.take(intake)
        else:
            self.batches.discard(intake.batch)
        return fresh

    def follow(self, store: GraphStore) -> None:
        """Bring the graph up to date, and count what that changes."""
        self._home.follow(store, self.facts)

    @contextmanager
    def telling_what_is_safe(self) -> Iterator[None]:
        """An error of a store also says what the log has by then, and how to go on."""
        try:
            yield
        except StoreFailed as error:
            if not (number := len(self.batches)):
                raise
            held = f"{number} batch{'' if number == 1 else 'es'} with {self.claims.recorded} claims"
            safe = f"{held} {'is' if number == 1 else 'are'} safe in the log"
            raise type(error)(f"{error}; {safe}, and the same command goes on from there") from error

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return {"believed": {**self.claims.as_data(), "facts": self.facts.as_data()}}

    def words(self) -> tuple[str, ...]:
        """For a person."""
        return self.claims.sentence(), self.facts.sentence()
