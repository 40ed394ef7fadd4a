"""Settings of sources: a table `[sources.NAME]` of chronokg.toml for each, told apart by its `kind`."""

import re
from datetime import date
from pathlib import PurePath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SCHEMES = ("http", "https", "s3", "s3a", "gs", "az", "abfs", "abfss", "azure")


def _source_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a source is made of letters, digits, - and _")
    return name


def _place(place: str) -> str:
    if "://" not in place:
        return place
    if place.partition("://")[0].lower() not in _SCHEMES:
        raise ValueError(f"an address begins with one of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}")
    if not _names_a_host(place):
        raise ValueError("an address names a host and, if any, a port from 1 to 65535, such as https://host:8443/folder/")
    parts = urlsplit(place)
    if parts.username or parts.password:
        raise ValueError("an address with a user or a password in it: these belong into the environment")
    return place


def _names_a_host(place: str) -> bool:
    try:
        parts = urlsplit(place)
        return parts.port != 0 and re.fullmatch(r"[^\s\x00-\x1f\x7f]+", parts.netloc) is not None
    except ValueError:  # its words show what may be a part of a password
        return False


def _web_address(place: str) -> str:
    if urlsplit(_place(place)).scheme not in {"http", "https"}:
        raise ValueError("an address here begins with https:// or http://")
    return place


def _inside(pattern: str) -> str:
    if PurePath(pattern).is_absolute() or ".." in PurePath(pattern).parts or not pattern:
        raise ValueError("a pattern is relative to the folder, such as **/*.xml.gz")
    return pattern


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Seconds = Annotated[float, Field(ge=0.0, le=86_400.0)]
PlaceName = Annotated[str, Field(min_length=1), AfterValidator(_place)]


class SourceSettings(BaseModel):
    """What all sources have."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    keep: bool = False  # what was fetched stays in the home when it has been read


class FetchingSettings(SourceSettings):
    """What all sources have that are fetched from."""

    attempts: int = Field(default=5, ge=1, le=20)
    timeout: float = Field(default=60.0, gt=0.0, le=3600.0)  # seconds without an answer
    wait: Seconds = 1.0  # before the second attempt; doubles from there
    longest_wait: Seconds = 300.0  # a server that asks for more is tried another time
    largest: int = Field(default=4_000_000_000, ge=1)  # bytes of one file


class PubmedFilesSettings(FetchingSettings):
    """Baseline and update files, as NLM distributes them."""

    kind: Literal["pubmed-files"]
    at: Annotated[tuple[PlaceName, ...], BeforeValidator(_several), Field(min_length=1)]  # folders, pages that list them, object stores
    md5: Literal["required", "if-there"] = "required"
    gaps: Literal["wait", "read"] = "wait"  # what is done with files behind a missing one
    settle: Seconds = 60.0  # within which a file that does not fit its checksum counts as being written
    options: dict[str, SecretStr] = Field(default_factory=dict)  # of an object store, such as endpoint and region


class QuerySettings(FetchingSettings):
    """What sources have that answer queries."""

    query: str = Field(min_length=1)
    since: date  # the first day, as long as nothing was read
    overlap: int = Field(default=3, ge=1, le=366)  # days that are asked for again, the last one included


class EutilsSettings(QuerySettings):
    """PubMed by query, through NCBI's E-utilities."""

    kind: Literal["eutils"]
    dates: Literal["mdat", "edat", "crdt", "pdat"] = "mdat"
    page: int = Field(default=500, ge=1, le=9_999)
    at: WebAddress = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    email: str = ""
    tool: str = "chronokg"
    api_key: SecretStr = SecretStr("")


class EuropePmcSettings(QuerySettings):
    """PubMed's records by query, through Europe PMC."""

    kind: Literal["europepmc"]
    dates: Literal["UPDATE_DATE", "FIRST_IDATE", "CREATION_DATE", "FIRST_PDATE"] = "UPDATE_DATE"
    page: int = Field(default=500, ge=1, le=1_000)
    at: WebAddress = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"


class FolderSettings(SourceSettings):
    """A folder that grows."""

    kind: Literal["folder"]
    at: str = Field(min_length=1)
    pattern: Annotated[str, AfterValidator(_inside)] = "**/*"
    settle: Seconds = 60.0  # a file that was written within it waits


AnySource = Annotated[PubmedFilesSettings | EutilsSettings | EuropePmcSettings | FolderSettings, Field(discriminator="kind")]
Sources = dict[Annotated[str, AfterValidator(_source_name)], AnySource]
