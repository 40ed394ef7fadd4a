"""What became of a job: counts that reconcile, what is believed because of it, and whether that is a success."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.intake.status import beyond_share, shortfall, tallies_as_data, tallies_in_words, unanswered
from pipeline.updating.changed_facts import ChangedFacts
from schema.records import Tally


@dataclass(frozen=True, slots=True)
class JobResult:
    """Tallies by unit; more data for machines, more words for people, and why it is no success though nothing was raised."""

    tallies: Sequence[Tally] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    words: Sequence[str] = ()
    failed: str = ""
    changed: ChangedFacts | None = None  # what it changed of what is believed, fact by fact

    def as_data(self) -> dict[str, Any]:
        """For machines: plain JSON."""
        return {**tallies_as_data(self.tallies), **self.data}

    def in_words(self) -> str:
        """For a person."""
        return tallies_in_words(self.tallies, self.words) if self.tallies else "\n".join(filter(None, self.words))

    def failure(self, share: float) -> str:
        """In one sentence why the job counts as failed; empty where it does not. `share` of documents may be set aside."""
        return self.failed or unanswered(self.tallies) or beyond_share(self.tallies, share)

    @property
    def success(self) -> str:
        """In one sentence how it ended."""
        short = shortfall(self.tallies)
        return f"done; {short}" if short else "all committed" if self.tallies else "done"
