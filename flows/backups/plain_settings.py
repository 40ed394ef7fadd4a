"""The settings of a home as a backup has them: without passwords and keys."""

import re
import tomllib

from pydantic import SecretStr

from flows.home.settings import Settings

_KEYS = "serve_keys"
_TABLES_OF_KEYS = re.compile(rf"^[ \t]*\[{_KEYS}[.\]].*?(?=^[ \t]*\[(?!{_KEYS}[.\]])|\Z)", re.MULTILINE | re.DOTALL)


def without_secrets(text: str) -> tuple[str | None, list[str]]:
    """The text of a chronokg.toml without the lines of its secrets, and their names; no text where they cannot be taken out."""
    secret = [*(name for name, field in Settings.model_fields.items() if field.annotation is SecretStr), _KEYS]
    try:
        held = [name for name in secret if name in tomllib.loads(text)]
        if not held:
            return text, []
        line = re.compile(rf"^[ \t]*[\"']?(?:{'|'.join(held)})[\"']?[ \t]*=.*\n?", re.MULTILINE)
        plain = _TABLES_OF_KEYS.sub("", line.sub("", text))
        whole = tomllib.loads(text).keys() - tomllib.loads(plain).keys() == set(held)
    except tomllib.TOMLDecodeError:
        return None, secret
    return (plain if whole else None), held
