"""From a source's settings to the source."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flows.fetching.entrez import Entrez, Following
from flows.fetching.europepmc import EuropePmc
from flows.fetching.grown_folder import GrownFolder
from flows.fetching.http_client import FetchBounds, Pace, Web
from flows.fetching.pubmed_series import Manner, PubmedSeries, shown_place
from flows.fetching.source_places import FilePlace, FolderPlace, WebPlace
from flows.home.configuration.source_settings import (
    AnySource,
    EuropePmcSettings,
    EutilsSettings,
    FetchingSettings,
    FolderSettings,
    PubmedFilesSettings,
    QuerySettings,
)
from flows.home.homes import Home, now
from pipeline.sources.entrez_answers import PER_SECOND, PER_SECOND_WITH_KEY
from schema.errors import WrongUse, did_you_mean
from schema.ports import DocumentSource


def source_settings(home: Home, name: str) -> AnySource:
    """The settings of a source; raises WrongUse where there are none."""
    known = home.settings.sources
    if name not in known:
        told = did_you_mean(name, known) or (f"; there are {', '.join(sorted(known))}" if known else "; chronokg.toml has none")
        raise WrongUse(f"there is no source {name!r}: a table [sources.{name}] in chronokg.toml makes one{told}")
    return known[name]


def open_source(home: Home, name: str, clock: Callable[[], datetime] = now) -> DocumentSource:
    """A source, to be closed by who opens it; raises WrongUse."""
    settings = source_settings(home, name)
    if isinstance(settings, FolderSettings):
        return GrownFolder(name, _local(home, settings.at), settings.pattern, settings.settle, clock)
    if isinstance(settings, PubmedFilesSettings):
        manner = Manner(settings.md5 == "required", settings.gaps == "wait", settings.settle)
        return PubmedSeries(name, [_place(home, at, settings) for at in settings.at], manner, clock)
    followed = Following(settings.query, settings.dates, settings.since, settings.overlap, settings.page)
    if isinstance(settings, EuropePmcSettings):
        return EuropePmc(name, settings.at, followed, Web(_bounds(settings)), lambda: clock().date())
    return _entrez(name, settings, followed, clock)


def query_asked(settings: AnySource) -> str:
    """The query that a watermark is of; empty for sources that have none."""
    if not isinstance(settings, QuerySettings):
        return ""
    assert isinstance(settings, EutilsSettings | EuropePmcSettings)
    return Following(settings.query, settings.dates, settings.since, settings.overlap, settings.page).asked


def shown_source(settings: AnySource) -> str:
    """Where a source lies, for a person."""
    return ", ".join(map(shown_place, settings.at if isinstance(settings, PubmedFilesSettings) else (settings.at,)))


def _entrez(name: str, settings: EutilsSettings, followed: Following, clock: Callable[[], datetime]) -> Entrez:
    key = settings.api_key.get_secret_value()
    told = {"tool": settings.tool, "email": settings.email, "api_key": key}
    pace = Pace(PER_SECOND_WITH_KEY if key else PER_SECOND)
    web = Web(_bounds(settings), secrets=(key,), pace=pace)
    return Entrez(name, settings.at, followed, {each: value for each, value in told.items() if value}, web, lambda: clock().date())


def _place(home: Home, at: str, settings: PubmedFilesSettings) -> FilePlace:
    if "://" not in at:
        return FolderPlace(_local(home, at))
    if at.startswith(("http://", "https://")):
        return WebPlace(at, Web(_bounds(settings)))
    from flows.fetching.object_place import ObjectPlace

    return ObjectPlace(at, {name: value.get_secret_value() for name, value in settings.options.items()}, _bounds(settings))


def _bounds(settings: FetchingSettings) -> FetchBounds:
    return FetchBounds(
        attempts=settings.attempts,
        timeout=settings.timeout,
        wait=settings.wait,
        longest_wait=settings.longest_wait,
        largest=settings.largest,
    )


def _local(home: Home, at: str) -> Path:
    """A folder; a relative one counts from the home."""
    return home.path / Path(at).expanduser()
