"""Files in an object store such as S3; the only file that imports obstore."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from flows.fetching.http_client import FetchBounds, shown_address
from flows.fetching.source_places import MOST_OF_NOTE, Fetched
from schema.errors import FileUnfinished, SourceFailed, SourceUnavailable, WrongUse, plain_reason
from schema.ports import ListedFile


class ObjectPlace:
    """What lies in a bucket under one prefix. Keys come from `options`, else from the environment (AWS_ACCESS_KEY_ID and the like)."""

    def __init__(self, url: str, options: Mapping[str, str], bounds: FetchBounds) -> None:
        self.root = url if url.endswith("/") else f"{url}/"
        self._bounds = bounds
        client: dict[str, Any] = {"timeout": timedelta(seconds=bounds.total), "connect_timeout": timedelta(seconds=bounds.timeout)}
        if any(value.startswith("http://") for value in options.values()):
            client["allow_http"] = True
        again: dict[str, Any] = {
            "max_retries": bounds.attempts - 1,
            "retry_timeout": timedelta(seconds=bounds.total),
            "backoff": {
                "init_backoff": timedelta(seconds=bounds.wait), "max_backoff": timedelta(seconds=bounds.longest_wait), "base": 2
            },
        }  # fmt: skip
        try:
            self._store: Any = from_url(self.root, config=dict(options), client_options=client, retry_config=again)  # type: ignore[call-overload]
        except (BaseError, ValueError, TypeError) as cause:
            raise WrongUse(f"{shown_address(self.root)} is no object store that can be opened: {self._safe(cause, options)}") from cause
        self._options = options

    def entries(self) -> list[ListedFile]:
        """All files directly under the prefix."""
        with self._told(""):
            found = obstore.list_with_delimiter(self._store)["objects"]
        return [_listed(meta, self.root) for meta in found]

    def text(self, name: str) -> str:
        """A small file."""
        with self._told(name):
            return bytes(obstore.get_range(self._store, name, start=0, end=MOST_OF_NOTE)).decode("utf-8", "replace")

    def fetch(self, name: str, folder: Path) -> Fetched:
        """The file, fetched whole or not at all."""
        to, digest = folder / name, md5(usedforsecurity=False)
        part = to.with_name(f"{to.name}.part")
        try:
            with part.open("wb") as file, self._told(name):
                answer = obstore.get(self._store, name)
                if answer.meta["size"] > self._bounds.largest:
                    raise SourceFailed(f"{name} has {answer.meta['size']} bytes, and at most {self._bounds.largest} are fetched")
                for piece in answer.stream():
                    digest.update(piece)
                    file.write(piece)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return Fetched(to, digest.hexdigest(), is_copy=True)

    def close(self) -> None:
        """Nothing to let go of."""

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as cause:  # obstore's word for an object that is gone
            raise FileUnfinished(f"{shown_address(self.root)}{name} is not there any more") from cause
        except BaseError as cause:
            raise SourceUnavailable(f"{shown_address(self.root)}{name}: {self._safe(cause, self._options)}") from cause

    def _safe(self, cause: BaseException, options: Mapping[str, str]) -> str:
        said = plain_reason(cause)
        for name, value in options.items():
            if value and any(word in name.lower() for word in ("key", "secret", "token", "password")):
                said = said.replace(value, "…")
        return said


def _listed(meta: Mapping[str, Any], root: str) -> ListedFile:
    name = str(meta["path"]).rsplit("/", 1)[-1]
    size, modified = int(meta["size"]), meta["last_modified"]
    return ListedFile(name, root + name, size=size, stamp=f"{size} {meta['e_tag'] or modified.isoformat()}", modified=modified)
