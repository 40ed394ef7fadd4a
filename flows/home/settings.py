"""Settings: flags over environment over chronokg.toml in the home over defaults, each with its origin; and ontologies in files."""

import tomllib
from collections.abc import Mapping
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.believing.rules import ADMISSION_THRESHOLD, HALF_LIFE_DAYS, MARGIN, POLICIES, Rules
from schema.errors import InvalidOntology, WrongUse
from schema.ontology import Ontology

Confidence = Annotated[float, Field(ge=0.0, le=1.0)]


class Settings(BaseSettings):
    """Everything that can be configured; environment variables are these names in capitals with CHRONOKG_ before them."""

    model_config = SettingsConfigDict(env_prefix="CHRONOKG_", extra="forbid", frozen=True)

    graph: str = "embedded"
    graph_user: str = "neo4j"
    graph_password: SecretStr = SecretStr("")
    graph_database: str = "neo4j"
    neo4j_admin: str = ""  # command lines for `rebuild --bulk`: neo4j-admin, and what stops and starts the server
    neo4j_stop: str = ""
    neo4j_start: str = ""
    graph_wait: float = Field(default=10.0, ge=0.0)  # seconds to wait for another process that holds the embedded graph
    model: str = "embedded"
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

    @field_validator("margin", mode="before")
    @classmethod
    def _margin_as_fraction(cls, value: object) -> object:
        # A float would bring its binary error into an exact comparison.
        return Fraction(str(value)) if isinstance(value, float | int | str) else value

    @field_validator("policy")
    @classmethod
    def _policy_is_known(cls, value: str) -> str:
        if value not in POLICIES:
            raise ValueError(f"is not one of {', '.join(POLICIES)}")
        return value

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

    Raises WrongUse naming the setting, its value and the rule.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    file = _read_file(home / "chronokg.toml")
    try:
        settings = Settings(**given, _file=file)  # type: ignore[call-arg]
        environment = Settings(**{}).model_fields_set
    except ValidationError as cause:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['input']!r}: {e['msg']}" for e in cause.errors(include_url=False))
        raise WrongUse(f"a setting cannot be right: {_without_secrets(problems, cause)}") from cause
    origins = {
        **dict.fromkeys(Settings.model_fields, "default"),
        **dict.fromkeys(file, "chronokg.toml"),
        **dict.fromkeys(environment, "environment"),
        **dict.fromkeys(given, "flag"),
    }
    if origins["adapter"] == "chronokg.toml" and settings.adapter not in {"auto", "none"}:
        settings = settings.model_copy(update={"adapter": str(home / Path(settings.adapter).expanduser())})  # beside the file that names it
    return settings, origins


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


def _without_secrets(problems: str, cause: ValidationError) -> str:
    secret = any(name in str(e["loc"]) for e in cause.errors() for name in ("password", "key"))
    return "a password or key is not text" if secret else problems


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
