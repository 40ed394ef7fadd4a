"""Tools that record: only on a server that was started to, and only in the agent's own name."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flows.engine.outcomes import Outcome
from flows.home.homes import Home
from flows.jobs.keeping import retract_document
from flows.jobs.observing import given_by, observe_file
from flows.mcp_server.tool_answers import DocumentChanged, Observed
from schema.records import SetAside

AGENT = "agent"
"""The source of what agents record; `[trust]` in the settings says what it weighs."""

_MOST = 200
"""Observations in one call."""
_REASONS = 5


class ObservedEnd(BaseModel):
    """One end of a relation."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(description="A key such as MESH:D003924, as search_entities tells it.")
    type: str = Field(description="A type of the ontology, such as Chemical.")
    name: str


class AgentObservation(BaseModel):
    """What one document says of two entities. Its source is not an agent's to say."""

    model_config = ConfigDict(extra="forbid")

    document: str = Field(description="The document's id, such as PMID:2473403.")
    published: str = Field(description="When it was published: 2001, 2001-05 or 2001-05-17.")
    head: ObservedEnd
    relation: str
    tail: ObservedEnd
    confidence: float = Field(ge=0.0, le=1.0)
    polarity: Literal["asserts", "denies"] = "asserts"
    quote: str = Field(description="The sentence that says so, word for word.")


class WritingTools:
    """The tools, on one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def observe(self, observations: Annotated[list[AgentObservation], Field(min_length=1, max_length=_MOST)]) -> Observed:
        """Record what documents say: evidence under the source `agent`, kept in the log for good; the same again adds nothing."""
        outcome = Outcome(self._home)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "agent.jsonl"
            file.write_text("".join(_line(each) for each in observations), encoding="utf-8")
            (tally,) = observe_file(self._home, file, given_by(self._home, source=AGENT), outcome=outcome)
        return Observed(
            submitted=tally.submitted,
            recorded=tally.committed,
            skipped=dict(tally.skipped),
            set_aside=dict(tally.set_aside),
            reasons=self._reasons(observations) if tally.set_aside else [],
        )

    def retract(
        self,
        document: Annotated[str, Field(description="The document's id, such as PMID:32450107.")],
        on: Annotated[str | None, Field(description="The day of the notice. Absent: unknown.")] = None,
    ) -> DocumentChanged:
        """Record that a document was retracted: it counts for nothing from now on, and what it had closed reopens."""
        done: dict[str, Any] = retract_document(self._home, document, on)
        return DocumentChanged(document=done["document"], recorded=done["recorded"], text=done["text"])

    def _reasons(self, observations: list[AgentObservation]) -> list[str]:
        said = {_line(each).strip() for each in observations}
        aside = (recorded.record for recorded in self._home.log.records(SetAside))
        return sorted({each.reason for each in aside if each.payload in said})[:_REASONS]


def _line(observation: AgentObservation) -> str:
    return json.dumps(observation.model_dump(), ensure_ascii=False) + "\n"
