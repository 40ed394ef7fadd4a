"""A state of a home as a backup has it: which files by which hash, as of which commit of its log."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from schema.errors import StoreFailed

LOG = "log/"
"""Under this stand the files of the log."""


class KeptFile(BaseModel):
    """A file of a home: its size in bytes, and the SHA-256 of what it holds, in hexadecimal digits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(ge=0)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class BackupState(BaseModel):
    """What a home was when a backup was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    made: datetime
    home: str  # where it lay
    log: str  # the identity of the log; empty where nothing was recorded
    version: int  # its last commit, -1 for none
    commit: str  # the hash of that
    files: Mapping[str, KeptFile]  # by their names in the home
    left_out: tuple[str, ...] = ()  # what was there and is not in it, in words

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, files: Mapping[str, KeptFile]) -> Mapping[str, KeptFile]:
        for name in files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name or ":" in name:
                raise ValueError(f"{name!r} is no name of a file in a home")
        return files

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(each.size for each in self.files.values())

    def written(self) -> bytes:
        """As it is kept: JSON with a hash over it."""
        body = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return json.dumps({"hash": _hash(body), "state": json.loads(body)}, sort_keys=True, indent=1).encode()

    @classmethod
    def read(cls, content: bytes, place: str) -> "BackupState":
        """Read it again; raises StoreFailed where it is not what was written."""
        try:
            told = json.loads(content)
            if told["hash"] != _hash(json.dumps(told["state"], sort_keys=True)):
                raise StoreFailed(f"{place} is damaged: its hash is another one")
            return cls.model_validate(told["state"])
        except (ValueError, KeyError, TypeError, ValidationError) as cause:
            raise StoreFailed(f"{place} is damaged: it cannot be read") from cause


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
