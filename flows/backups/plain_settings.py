"""The settings of a home as a backup has them: without passwords and keys, and without the place of a log that lies elsewhere."""

import re
import tomllib
from collections.abc import Collection
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from flows.home.configuration.secret_values import secrets_in
from flows.home.configuration.settings import Settings

_COMMENT = re.compile(r"[ \t]*#.*(?:password|key|secret|token).*$", re.MULTILINE | re.IGNORECASE)
"""One that may hold a secret: what somebody has put out of use is one all the same."""


_KEYS = "serve_keys"
_TABLES_OF_KEYS = re.compile(rf"^[ \t]*\[{_KEYS}[.\]].*?(?=^[ \t]*\[(?!{_KEYS}[.\]])|\Z)", re.MULTILINE | re.DOTALL)
"""Of a key nothing is kept: what is left of its table would be none."""


class SettingsOfFile(Settings):
    """What a file alone says, whatever flags and environment do."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """See pydantic_settings.BaseSettings."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def fit_for_backups(text: str) -> tuple[str | None, list[str]]:
    """The text of a chronokg.toml without the lines of its secrets and of `log`, and what these are called, with dots.

    No text where it is not certain that no secret would be left in it, and nothing else lost.
    """
    try:
        told = tomllib.loads(text)
        held = list(secrets_in(SettingsOfFile(**told)))
    except (tomllib.TOMLDecodeError, ValidationError):
        return None, ["what cannot be read of it"]
    found = [place[:1] if place[0] == _KEYS else place for place, _ in held] + ([("log",)] if "log" in told else [])
    places = list(dict.fromkeys(found))
    plain = _TABLES_OF_KEYS.sub("", _COMMENT.sub("", text))
    if places:
        keys = "|".join(re.escape(str(place[-1])) for place in places)
        plain = re.sub(rf"^[ \t]*[\"']?(?:{keys})[\"']?[ \t]*=.*\n?", "", plain, flags=re.MULTILINE)
    is_fit = _says(plain, _without(told, places)) and not any(secret in plain for _, secret in held)
    return (plain if is_fit else None), [".".join(map(str, place)) for place in places]


def _without(told: dict[str, Any], places: Collection[tuple[Any, ...]]) -> dict[str, Any]:
    left = deepcopy(told)
    for *folders, last in places:
        within = left
        for folder in folders:
            within = within[folder]
        within.pop(last)
    return left


def _says(plain: str, told: dict[str, Any]) -> bool:
    """Whether a text says this and nothing else: a line is not seen to stand in something, such as a text of several lines."""
    try:
        return tomllib.loads(plain) == told
    except tomllib.TOMLDecodeError:
        return False
