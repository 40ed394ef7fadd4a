"""Files in JSON that ChronoKG keeps or ships, checked when they are read."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schema.errors import WrongUse

LARGEST = 4_000_000
"""Bytes of a file that is looked at; those that ChronoKG writes have some tens of thousands."""

Kept = TypeVar("Kept", bound=BaseModel)


def read_kept(path: Path, kind: type[Kept], called: str) -> Kept:
    """What a file holds; raises WrongUse naming file, key (or `called`, for the whole) and rule."""
    try:
        if path.stat().st_size > LARGEST:
            raise WrongUse(f"{path}: has more than {LARGEST} bytes, which {called} never has")
        return kind.model_validate_json(path.read_bytes())
    except OSError as cause:
        raise WrongUse(f"{path}: {cause.strerror or cause}") from cause
    except ValidationError as cause:
        first = cause.errors(include_url=False, include_input=False)[0]
        raise WrongUse(f"{path}: {'.'.join(map(str, first['loc'])) or called}: {first['msg']}") from cause
