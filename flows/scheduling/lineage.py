"""Lineage in Prefect's pages: from the files that a run was given to the log, and from the log to the graph, as assets."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from prefect.assets import Asset, AssetProperties, materialize
from prefect.cache_policies import NO_CACHE

from flows.engine.collecting import files_of
from flows.home.homes import Home
from flows.home.terminal import note
from flows.scheduling.job_result import JobResult
from flows.scheduling.parameters import JobParameters
from flows.scheduling.run_state import PREFECT_FAILED
from schema.errors import ChronoKGError

MOST_FILES = 50
"""Files that are shown one by one; of the others there is a number."""

BY = "chronokg"

_NOT_IN_KEYS = re.compile(r"[^\w./:@+,;=!$()*~-]")
_LONGEST = 500


async def show_lineage(home: Home, parameters: JobParameters, result: JobResult) -> None:
    """Tell Prefect what came from what in the run that we are in; where that cannot be, it is said, and the run is as good."""
    told = result.as_data()
    numbers: dict[str, object] = {name: told[name] for name in ("document", "claim", "believed", "spent") if name in told}
    try:
        log, graph = _assets_of(home)
        if sources := source_assets(parameters, told):
            await _made(log, sources[:MOST_FILES], {**numbers, "files": len(sources)})
        if getattr(parameters, "constructs", True) and "believed" in told:
            await _made(graph, [log], told["believed"])
    except (*PREFECT_FAILED, ChronoKGError) as error:
        note(f"Prefect could not be told what came from what: {error}")


def source_assets(parameters: JobParameters, told: Mapping[str, Any]) -> list[Asset]:
    """What a run read: the files of a source that its data name, else its paths, files in folders one by one."""
    if "source" in told:
        return [_source(f"chronokg://sources/{told['source']}/{name}") for name in told["files"]["read"]]
    return [_source(str(file)) for path in getattr(parameters, "paths", ()) for file in files_of(Path(path).expanduser())]


async def _made(made: Asset, of: Sequence[Asset], numbers: dict[str, object]) -> None:
    name = made.properties.name if made.properties else made.key

    @materialize(made, by=BY, name=f"made-{name}", asset_deps=list(of), cache_policy=NO_CACHE, persist_result=False)
    async def tell() -> None:
        made.add_metadata(numbers)

    await tell()


def _assets_of(home: Home) -> tuple[Asset, Asset]:
    """Log and graph, by the log's identity: a home that is moved stays the same."""
    identity = home.log.version().log
    return tuple(  # type: ignore[return-value]
        Asset(key=f"chronokg://{identity}/{part}", properties=AssetProperties(name=part, description=f"The {part} of {home.path}"))
        for part in ("log", "graph")
    )


def _source(named: str) -> Asset:
    """An address is its own key, without who asks and what is asked, which may be secret; a file has its path."""
    if "://" in named:
        parts = urlsplit(named)
        place = f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    else:
        place = f"file://{Path(named).absolute()}"
    key = _NOT_IN_KEYS.sub("_", place)
    if len(key) > _LONGEST:
        key = f"{key[: _LONGEST // 2]}{key[-_LONGEST // 2 :]}"
    return Asset(key=key, properties=AssetProperties(name=place.rsplit("/", 1)[-1] or place))
