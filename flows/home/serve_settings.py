"""Settings of `serve`: where it listens, who may ask and write, and how much."""

import re
from hashlib import sha256
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from flows.watching.listening_places import LOOPBACK

SHORTEST_KEY = 16
"""Characters of a key: a shorter one can be guessed."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _key_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a key is made of letters, digits, ., - and _")
    return name


def _several_words(value: object) -> object:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


def _origin(origin: str) -> str:
    parts = urlsplit(origin)
    plain = f"{parts.scheme}://{parts.netloc}"
    if origin != "*" and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or origin != plain):
        raise ValueError("an origin is written like https://example.org or http://localhost:3000, or is * for all")
    return origin


Scope = Literal["read", "write"]
Origin = Annotated[str, AfterValidator(_origin)]


class ApiKey(BaseModel):
    """A key that may ask, or ask and write: itself, or the SHA-256 of it in hexadecimal digits."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    key: SecretStr = SecretStr("")
    sha256: SecretStr = SecretStr("")
    scopes: Annotated[tuple[Scope, ...], BeforeValidator(_several_words), Field(min_length=1)] = ("read",)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "ApiKey":
        key, digest = self.key.get_secret_value(), self.sha256.get_secret_value()
        if bool(key) == bool(digest):
            raise ValueError("give either the key or its sha256")
        if key and len(key) < SHORTEST_KEY:
            raise ValueError(f"a key has at least {SHORTEST_KEY} characters")
        if digest and not _DIGEST.fullmatch(digest):
            raise ValueError("sha256 is 64 hexadecimal digits in small letters")
        return self

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the key."""
        given = self.sha256.get_secret_value()
        return bytes.fromhex(given) if given else sha256(self.key.get_secret_value().encode()).digest()


class ServeSettings(BaseSettings):
    """What `serve` is told; each also goes by a flag where the command has one."""

    serve_host: str = Field(default=LOOPBACK, min_length=1)
    serve_port: int = Field(default=8000, ge=0, le=65535)  # 0: any that is free
    serve_keys: dict[Annotated[str, AfterValidator(_key_name)], ApiKey] = Field(default_factory=dict)
    serve_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_several_words)] = ()  # of web pages that may ask
    serve_rate: float = Field(default=100.0, ge=0.0, le=1_000_000.0)  # requests a second of one key, else of one address; 0: any number
    serve_seconds: float = Field(default=30.0, gt=0.0, le=3600.0)  # in which an answer is to be there

    @property
    def serve_secrets(self) -> list[str]:
        """What is never to be shown of them."""
        return [each.key.get_secret_value() for each in self.serve_keys.values() if each.key.get_secret_value()]
