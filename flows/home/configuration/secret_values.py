"""Secrets among settings: found wherever they stand."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr


def secrets_in(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Each secret in a value that is not empty, however deep: the keys that lead to it, such as sources, asthma, api_key, and itself."""
    if isinstance(value, SecretStr):
        if secret := value.get_secret_value():
            yield at, secret
    elif isinstance(value, BaseModel | Mapping):
        for name, each in value if isinstance(value, BaseModel) else value.items():
            yield from secrets_in(each, (*at, name))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from secrets_in(each, (*at, number))
