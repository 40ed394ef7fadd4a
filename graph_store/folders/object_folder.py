"""A folder in an S3-compatible object store: what its requests may take, and its refusals in plain words."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from schema.errors import plain_reason, users_masked

if TYPE_CHECKING:
    from obstore.store import S3Store

_CONNECT_S, _ANSWER_S = 5, 30
_RETRIES, _RETRY_S = 6, 60
"""Requests that fail are tried again, so that a store may be away for a few seconds; then it is said."""

_CHECKPOINT_EVERY = 20

_PROBE = "_conditional-writes"
"""A file that is made once, and that making again must fail for; Delta Lake leaves alone what begins so."""


class ObjectFolder:
    """See graph_store.folders.places.Folder. Keys and endpoint come from the usual variables, such as AWS_ENDPOINT_URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._creates_once = False

    def __str__(self) -> str:
        return self._url

    @cached_property
    def _store(self) -> "S3Store":
        from obstore.store import S3Store

        # Options of the client take the place of all that the environment says about it.
        return S3Store.from_url(
            self._url,
            conditional_put="etag",
            client_options={
                "connect_timeout": f"{_CONNECT_S}s",
                "timeout": f"{_ANSWER_S}s",
                "allow_http": os.environ.get("AWS_ALLOW_HTTP", "").casefold() in {"true", "1"},
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)},
        )

    def sizes(self, within: str = "", after: str = "") -> dict[str, int]:
        """Files that come after a name, with their sizes."""
        import obstore

        beginning = f"{within}/" if within else ""
        with self._told():
            if after:
                found = [
                    each for some in obstore.list(self._store, within or None, offset=beginning + after, chunk_size=1000) for each in some
                ]
            else:
                found = list(obstore.list_with_delimiter(self._store, within or None)["objects"])
        names = {each["path"].removeprefix(beginning): each["size"] for each in found}
        return {name: size for name, size in names.items() if "/" not in name}

    def read(self, name: str) -> bytes | None:
        """What a file holds."""
        import obstore

        with self._told():
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError:
                return None

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        import obstore

        with self._told():
            try:
                obstore.head(self._store, name)
            except FileNotFoundError:
                return False
            return True

    def create(self, name: str, content: bytes) -> bool:
        """Make a file where there is none."""
        self.require_creation()
        return self._created(name, content)

    def replace(self, name: str, content: bytes) -> None:
        """Make a file in the place of what may be there."""
        import obstore

        with self._told():
            obstore.put(self._store, name, content)

    def remove(self, name: str) -> None:
        """Remove a file."""
        import obstore

        with self._told():
            obstore.delete(self._store, name)

    def require_creation(self) -> None:
        """Try once whether the store looks before it writes; one that does not would lose what one of two writers was told is in."""
        if self._creates_once:
            return
        if self._created(_PROBE, b"") and self._created(_PROBE, b""):
            raise OSError(f"it overwrites what was to be made only where there is nothing, and so would lose batches: {_NEEDS}")
        self._creates_once = True

    def free(self) -> int | None:
        """Nobody counts."""
        return None

    def refusal(self, cause: BaseException) -> str | None:
        """What the store answered, or that it did not; libraries hand it on in many lines and with keys' names."""
        said = f"{type(cause).__name__} {cause}".casefold()
        return next((f"{words}{self._at()}" for pattern, words in _REFUSALS if re.search(pattern, said)), None)

    def is_away(self, cause: BaseException) -> bool:
        """Whether the store does not answer for now."""
        return isinstance(cause, ConnectionError) or (self.refusal(cause) or "").startswith(_AWAY)

    def _at(self) -> str:
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        return f" ({users_masked(endpoint)})" if endpoint else ""

    @property
    def options(self) -> dict[str, str]:
        """For Delta Lake; ours go before the environment's, which could take the conditions from its writes."""
        return {
            "aws_conditional_put": "etag",
            "aws_s3_allow_unsafe_rename": "false",
            "connect_timeout": f"{_CONNECT_S}s",
            "timeout": f"{_ANSWER_S}s",
            "max_retries": str(_RETRIES),
            "retry_timeout": f"{_RETRY_S}s",
        }

    @property
    def habits(self) -> dict[str, str]:
        """Checkpoints often: who appends reads all commits since the last one, and each is a request."""
        return {"delta.checkpointInterval": f"{_CHECKPOINT_EVERY}"}

    @property
    def scanning(self) -> Mapping[str, object]:
        """For polars: keys from the environment, as for the others."""
        return {"storage_options": {"max_retries": _RETRIES}, "credential_provider": None}

    def address(self, name: str) -> str:
        """An address."""
        return f"{self._url}/{name}"

    def _created(self, name: str, content: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self._told():
            try:
                obstore.put(self._store, name, content, mode="create")
            except AlreadyExistsError:
                return False
            return True

    @contextmanager
    def _told(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError) as cause:
            kind = ConnectionError if self.is_away(cause) else OSError
            raise kind(self.refusal(cause) or plain_reason(cause)) from cause


_NEEDS = "a log needs an object store with conditional writes (If-None-Match)"

_AWAY = "the object store does not answer"

_REFUSALS = (
    (r"nosuchbucket", "there is no such bucket"),
    (
        r"accessdenied|invalidaccesskeyid|signaturedoesnotmatch|permissiondenied|unauthenticated|\b40[13]\b",
        "access is denied: look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and at what their owner may do",
    ),
    (r"169\.254\.169\.254|credential", "there are no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    (r"builder error|badscheme", "its address is http: set AWS_ALLOW_HTTP=true if that is meant"),
    (
        r"\b501\b|notimplemented|notsupported",
        f"it cannot make a file only where there is none: {_NEEDS}",
    ),
    (
        r"error sending request|\bconnect|timed out|timeout|dns error|\b50[0234]\b|slowdown|serviceunavailable|httperror",
        f"{_AWAY}: run the same command again when it does, what was committed stays",
    ),
)
"""What is found in the text of an error, and what it means; the first that fits."""
