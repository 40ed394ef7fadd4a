"""Settings: flags over environment over chronokg.toml in the home over defaults, each with its origin; and ontologies in files."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from flows.home.serve_settings import ServeSettings
from flows.home.source_settings import Sources
from flows.home.terminal import note
from flows.watching.listening_places import place_to_listen
from flows.watching.logs import Form, Level
from graph_store.folders.places import checked_url, is_url
from graph_store.queries.query_guard import DEFAULT_LIMITS
from pipeline.believing.rules import ADMISSION_THRESHOLD, HALF_LIFE_DAYS, MARGIN, POLICIES, Rules
from pipeline.grounding.given_values import ALL_OTHERS
from schema.errors import InvalidOntology, WrongUse, did_you_mean, nearest
from schema.ontology import Ontology

PREFIX = "CHRONOKG_"
"""Before the names of settings in the environment."""

NO_SETTINGS = ("CHRONOKG_HOME", "CHRONOKG_CACHE")
"""Variables that are read elsewhere: the home itself, and where derived files lie."""

OURS = ("CHRONOKG_TEST_", "CHRONOKG_CI_", "CHRONOKG_VLLM_", "CHRONOKG_SHARED")
"""Beginnings of variables that belong to tests and scripts of this project."""

_SECRET = re.compile(r"password|key(?!\])|secret|token")  # "[key]" is where a table's own name is wrong

Confidence = Annotated[float, Field(ge=0.0, le=1.0)]


class Settings(ServeSettings):
    """Everything that can be configured; environment variables are these names in capitals with CHRONOKG_ before them."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    log: str = ""  # a folder or s3://BUCKET/PREFIX where the evidence log lies; by default in the home
    graph: str = "embedded"
    graph_user: str = "neo4j"
    graph_password: SecretStr = SecretStr("")
    graph_database: str = "neo4j"
    neo4j_admin: str = ""  # command lines for `rebuild --bulk`: neo4j-admin, and what stops and starts the server
    neo4j_stop: str = ""
    neo4j_start: str = ""
    graph_memory: str = Field(default="2g", pattern=r"^[1-9][0-9]*[mg]$")  # of the embedded graph's Java
    query_seconds: float = Field(default=DEFAULT_LIMITS.seconds, gt=0.0)  # how long a `query` may take
    query_rows: int = Field(default=DEFAULT_LIMITS.rows, ge=1)  # how many it may answer with
    graph_wait: float = Field(default=10.0, ge=0.0)  # seconds to wait for another process that holds the embedded graph
    model: str = "embedded"  # or scripted:FILE, or URLs with commas between, in the file also a list: servers of one model
    model_name: str | None = None
    model_key: SecretStr = SecretStr("")
    adapter: str = "auto"  # what the model was trained to do besides: auto, none, or an adapter's folder
    reading: Literal["labels", "votes", "linear"] = "labels"
    votes: int = Field(default=50, ge=1, le=50)  # answers at most
    vote_error: float = Field(default=0.05, ge=0.0, le=0.5)  # of a decision that is made before all answers are in
    orchestration: Literal["auto", "prefect", "direct"] = "auto"  # auto: by Prefect where a server of it is named, else directly
    batch: int = Field(default=16, ge=1, le=10_000)  # documents in one batch
    concurrency: int = Field(default=32, ge=1, le=1024)  # documents in flight at the model server
    price_prompt: float | None = Field(default=None, ge=0.0)  # for a million tokens of prompts, as far as they are computed
    price_completion: float | None = Field(default=None, ge=0.0)  # for a million tokens of answers
    budget_tokens: int | None = Field(default=None, ge=0)  # of one run that reads; no document is begun once it is spent
    budget_money: float | None = Field(default=None, ge=0.0)
    budget_seconds: float | None = Field(default=None, ge=0.0)
    threshold: float = ADMISSION_THRESHOLD
    margin: Fraction = MARGIN
    half_life: float = HALF_LIFE_DAYS  # days
    trust: dict[str, float] = Field(default_factory=dict)  # by source, 0 to 1
    policy: str = "weighted_by_recency"
    confidence: dict[str, Confidence] = Field(default_factory=dict)  # by relation, "*" for all others: of observed lines without one
    telemetry_otlp: str = ""  # the URL of a collector that speaks OTLP over HTTP
    telemetry_prometheus: str = ""  # where Prometheus may fetch metrics: a port, or address:port
    log_level: Level | None = None  # None: off where a person calls, info where a schedule does
    log_format: Form = "text"
    sources: Sources = Field(default_factory=dict)  # where `sync` gets documents from

    @field_validator("*", mode="before")
    @classmethod
    def _is_no_flag(cls, value: object) -> object:
        if any(isinstance(each, bool) for each in (value.values() if isinstance(value, dict) else [value])):
            raise ValueError("no setting is true or false")  # and true is no 1
        return value

    @field_validator("model", mode="before")
    @classmethod
    def _servers_as_text(cls, value: object) -> object:
        if isinstance(value, list) and not all(isinstance(each, str) and each.strip() and "," not in each for each in value):
            raise ValueError("is no list of URLs")
        return ",".join(each.strip() for each in value) if isinstance(value, list) else value

    @field_validator("margin", mode="before")
    @classmethod
    def _margin_as_fraction(cls, value: object) -> object:
        # A float would bring its binary error into an exact comparison.
        try:
            return Fraction(str(value)) if isinstance(value, float | int | str) else value
        except (ValueError, ZeroDivisionError):
            raise ValueError('is no number such as 1.25 or "5/4"') from None

    @field_validator("log")
    @classmethod
    def _log_is_a_place(cls, value: str) -> str:
        try:
            return checked_url(value) if is_url(value) else value
        except WrongUse as cause:
            raise ValueError(str(cause)) from None

    @field_validator("policy")
    @classmethod
    def _policy_is_known(cls, value: str) -> str:
        if value not in POLICIES:
            raise ValueError(f"is not one of {', '.join(POLICIES)}")
        return value

    @field_validator("telemetry_otlp")
    @classmethod
    def _collector_is_a_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("is not the URL of a collector, such as http://127.0.0.1:4318")
        if parts.username or parts.password:
            raise ValueError("holds a user or a password: these go into OTEL_EXPORTER_OTLP_HEADERS")
        return value

    @field_validator("telemetry_prometheus")
    @classmethod
    def _place_is_one_to_listen_at(cls, value: str) -> str:
        return place_to_listen(value) if value else value

    @property
    def secrets(self) -> list[str]:
        """What is never to be shown."""
        own = [value.get_secret_value() for _, value in self if isinstance(value, SecretStr) and value.get_secret_value()]
        return [*own, *self.serve_secrets]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and file both come in through init: `load_settings` lays them around the environment."""
        del dotenv_settings, file_secret_settings
        kwargs = dict(init_settings.init_kwargs) if isinstance(init_settings, InitSettingsSource) else {}
        file = kwargs.pop("_file", {})
        return (InitSettingsSource(settings_cls, kwargs), env_settings, InitSettingsSource(settings_cls, file))


def load_settings(home: Path, flags: Mapping[str, Any]) -> tuple[Settings, dict[str, str]]:
    """The settings in force and where each came from; flags that are None were not given.

    Raises WrongUse naming the setting, its value, where it stands and the rule.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    file = _read_file(home / "chronokg.toml")
    _check_names(given, "")
    _check_names(file, f"{home / 'chronokg.toml'}: ")
    _check_variables(os.environ)
    origins = {**dict.fromkeys(Settings.model_fields, "default"), **dict.fromkeys(file, "chronokg.toml")}
    try:
        origins |= {**dict.fromkeys(EnvSettingsSource(Settings)(), "environment"), **dict.fromkeys(given, "flag")}
        settings = Settings(**given, _file=file)  # type: ignore[call-arg]
    except SettingsError as cause:
        named = re.search(r'field "(\w+)"', str(cause))
        raise WrongUse(f"a setting cannot be right: {PREFIX}{named[1].upper() if named else '…'} is not JSON") from cause
    except ValidationError as cause:
        raise WrongUse(f"a setting cannot be right: {_problems(cause, origins)}") from cause
    are_folders = {"adapter": settings.adapter not in {"auto", "none"}, "log": settings.log != "" and not is_url(settings.log)}
    folders = {  # beside the file that names them
        name: str(home / Path(getattr(settings, name)).expanduser())
        for name, is_folder in are_folders.items()
        if is_folder and origins[name] == "chronokg.toml"
    }
    return settings.model_copy(update=folders), origins


def _check_names(given: Iterable[str], place: str) -> None:
    for name in given:
        if name not in Settings.model_fields:
            raise WrongUse(f"{place}{name!r} is not a setting{did_you_mean(name, Settings.model_fields)}")


def _check_variables(environment: Iterable[str]) -> None:
    """Refuse a variable that was to be a setting of ours; one that is spelled like none of them is somebody else's, and only told."""
    known = [*(PREFIX + name.upper() for name in Settings.model_fields), *NO_SETTINGS]
    for name in sorted(environment):
        written = name.upper()  # variables of settings count in any case
        if not written.startswith(PREFIX) or written in known or written.startswith(OURS):
            continue
        if near := nearest(written.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known)):
            offered = " or ".join(PREFIX + each for each in near)
            raise WrongUse(f"the environment variable {name} is not a setting; did you mean {offered}? Unset it or mend its name")
        note(f"the environment variable {name} is not a setting, and nothing reads it")


def _problems(cause: ValidationError, origins: Mapping[str, str]) -> str:
    if any(_SECRET.search(str(e["loc"][-1])) for e in cause.errors()):
        return "a password or key is not text"  # what was given is a secret
    told = ((".".join(map(str, e["loc"])), origins[str(e["loc"][0])], e) for e in cause.errors(include_url=False))
    return "; ".join(f"{name}{_shown_input(e)} ({origin}): {e['msg'].removeprefix('Value error, ')}" for name, origin, e in told)


def _shown_input(error: Mapping[str, Any]) -> str:
    """What was given, unless it is a table, which may hold a secret, or an address with one."""
    given = error["input"]
    return "" if isinstance(given, Mapping) or (error["loc"][0] == "sources" and "@" in str(given)) else f" {given!r}"


def check_relations(settings: Settings, origins: Mapping[str, str], ontology: Ontology) -> None:
    """Raises WrongUse for a confidence of a relation that there is none of."""
    for relation in settings.confidence:
        if relation == ALL_OTHERS:
            continue
        try:
            ontology.relation_called(relation)
        except WrongUse as cause:
            raise WrongUse(f"the setting confidence ({origins['confidence']}): {cause}") from cause


def rules(settings: Settings, ontology: Ontology) -> Rules:
    """What the fold is told."""
    return Rules(
        ontology=ontology,
        threshold=settings.threshold,
        margin=settings.margin,
        half_life=settings.half_life,
        trust=settings.trust,
        policy=POLICIES[settings.policy],
    )


def _read_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise WrongUse(f"{path} is not TOML: {cause}") from cause


SHIPPED = ("biomedical", "general")


def load_ontology(name_or_path: str) -> Ontology:
    """A shipped ontology by its name, or one from a YAML file; raises InvalidOntology naming file, key and rule."""
    return parse_ontology(ontology_text(name_or_path), name_or_path)


def ontology_text(name_or_path: str) -> str:
    """The text of an ontology file."""
    if name_or_path in SHIPPED:
        return (files("schema") / "ontologies" / f"{name_or_path}.yaml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if not path.is_file():
        raise InvalidOntology(f"{name_or_path!r} is neither a file nor one of {', '.join(SHIPPED)}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as cause:
        raise InvalidOntology(f"{name_or_path} is not UTF-8 text: {cause}") from cause


def parse_ontology(text: str, name: str) -> Ontology:
    """An ontology from YAML text; `name` is for messages."""
    try:
        return Ontology.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as cause:
        raise InvalidOntology(f"{name} is not YAML: {cause}") from cause
    except ValidationError as cause:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg']}" if e["loc"] else e["msg"].removeprefix("Value error, ") for e in cause.errors()
        )
        raise InvalidOntology(f"{name}: {problems}") from cause
