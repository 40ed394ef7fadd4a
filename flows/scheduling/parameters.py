"""The parameters of jobs as plain JSON: what a schedule keeps, a form asks for and another machine is told."""

from collections.abc import Mapping
from datetime import date
from inspect import get_annotations
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flows.engine.collecting import Ingestion
from flows.home.configuration.settings import Settings
from flows.home.homes import Home, open_home
from schema.errors import WrongUse, did_you_mean

HOURS = 3600.0

Respect = Literal["model", "prompt", "schema"]
Setting = str | int | float | dict[str, float]


def _own_first(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """A form asks for what a job alone has before what all have, and for what is waited for at the end."""
    theirs = list(schema.get("properties", {}))
    order = [name for kind in model.__mro__ for name in get_annotations(kind) if name in theirs]
    schema["properties"] = {name: schema["properties"][name] for name in dict.fromkeys([*order, *theirs])}


class JobParameters(BaseModel):
    """What every job has. Secrets are no parameters: they come from the environment or the home's chronokg.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_own_first)
    job: ClassVar[str]

    home: str = Field(default="~/.chronokg", description="The folder of log, caches and embedded graph.")
    settings: dict[str, Setting] = Field(
        default_factory=dict, description="Settings for this run by name, such as graph, model, reading or batch, before those of the home."
    )

    @field_validator("settings")
    @classmethod
    def _are_settings(cls, given: dict[str, Setting]) -> dict[str, Setting]:
        for name in given:
            if name not in Settings.model_fields:
                raise ValueError(f"{name!r} is not a setting{did_you_mean(name, Settings.model_fields)}")
            if name.endswith(("_password", "_key")):
                raise ValueError(f"{name} is a secret: set it in the environment or in chronokg.toml")
        return given

    def opened(self) -> Home:
        """The home with these settings; made where there is none."""
        return open_home(self.home, self.settings)

    def as_data(self) -> dict[str, Any]:
        """As JSON, without what is as it always is."""
        return self.model_dump(mode="json", exclude_defaults=True)


class RunParameters(JobParameters):
    """What every job has that asks a model."""

    patience: float = Field(
        default=6 * HOURS, ge=0.0, description="Seconds for which a model server or database that is away is waited for."
    )
    set_aside_share: float = Field(
        default=0.0, ge=0.0, le=1.0, description="The share of documents that may be set aside before the run counts as failed."
    )


class RangeOfDays(BaseModel):
    """Days of publication, both inclusive; none: no limit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date | None = Field(default=None, description="Only documents published on this day or later.")
    until: date | None = Field(default=None, description="Only documents published on this day or earlier.")


class IngestParameters(RangeOfDays, RunParameters):
    """Read documents of files."""

    job: ClassVar[str] = "ingest"

    paths: list[str] = Field(default_factory=list, description="Files or folders of documents.")
    dates: str | None = Field(default=None, description="A table of document id and date.")
    published: str | None = Field(default=None, description="The publication date of documents that bring none.")
    again: Respect | None = Field(default=None, description="Read again what was read by another model, prompt or schema.")
    constructs: bool = Field(default=True, description="Take the log into the graph, too; else that is left to `construct`.")

    def wanted(self) -> Ingestion:
        """What is to be ingested; raises WrongUse where nothing is."""
        if not self.paths:
            raise WrongUse("paths is empty: name files or folders of documents")
        return Ingestion(
            tuple(Path(each).expanduser() for each in self.paths),
            self.since.isoformat() if self.since else None,
            self.until.isoformat() if self.until else None,
            Path(self.dates).expanduser() if self.dates else None,
            self.published,
            self.again,
        )


class SyncParameters(RunParameters):
    """Read what is new in a source."""

    job: ClassVar[str] = "sync"

    source: str = Field(description="The source's name in the setting `sources`.")
    files: list[str] = Field(default_factory=list, description="Only these files of it, such as an event names them.")
    constructs: bool = Field(default=True, description="Take the log into the graph, too.")


class BackfillParameters(IngestParameters):
    """Read documents of a range of days, in parts that go on at the same time."""

    job: ClassVar[str] = "backfill"

    parts: int = Field(default=2, ge=1, le=1000, description="Parts that the range of days is cut into.")
    workers: int = Field(default=2, ge=1, le=256, description="Processes that read parts at the same time.")
    runner: Literal["processes", "dask", "ray"] = Field(default="processes", description="What runs them.")
    address: str | None = Field(default=None, description="The scheduler of a Dask or Ray cluster; by default one on this machine.")


class RereadParameters(RangeOfDays, RunParameters):
    """Read documents of the log again that an older model, prompt or schema has read."""

    job: ClassVar[str] = "reread"

    again: Respect = Field(default="model", description="What their reading must differ in.")


class ConstructParameters(JobParameters):
    """Take the log into the graph."""

    job: ClassVar[str] = "construct"

    patience: float = Field(default=6 * HOURS, ge=0.0, description="Seconds for which a database that is away is waited for.")


class RebuildParameters(JobParameters):
    """Fold the whole log into an empty graph."""

    job: ClassVar[str] = "rebuild"

    bulk: bool = Field(default=False, description="By Neo4j's bulk import.")
    take_over: bool = Field(default=False, description="Also where the graph is another home's, which then is lost.")


class EvaluateParameters(JobParameters):
    """Measure the reader against gold data."""

    job: ClassVar[str] = "evaluate"

    gold: list[str] = Field(description="PubTator or BioC with relations, or JSON lines of relations.")
    documents: list[str] = Field(default_factory=list, description="The documents that gold in JSON lines is about.")
    limit: int | None = Field(default=None, ge=1, description="Only the first so many documents.")
    least_f1: float = Field(default=0.0, ge=0.0, le=1.0, description="The run counts as failed below this F1.")


class MaintainParameters(JobParameters):
    """Look after a home: put small files of the log together, compare graph and log, write an export, make a backup."""

    job: ClassVar[str] = "maintain"

    compact: bool = Field(default=True, description="Put small files of the log together.")
    verify: Literal["no", "sample", "all"] = Field(default="sample", description="How much of the graph is compared with the log.")
    mend: bool = Field(default=True, description="Fold the graph anew where it differs from the log.")
    export_to: str | None = Field(default=None, description="A folder for the canonical export, one file a day.")
    backup_to: str | None = Field(default=None, description="Where a backup of the log is kept up to date.")


JOBS: Mapping[str, type[JobParameters]] = {
    kind.job: kind
    for kind in (
        IngestParameters,
        SyncParameters,
        BackfillParameters,
        RereadParameters,
        ConstructParameters,
        RebuildParameters,
        EvaluateParameters,
        MaintainParameters,
    )
}
"""What each job is told, by the job's name."""
