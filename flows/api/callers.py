"""Who asks: keys with scopes, and what anybody on this machine may do where there are none."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address

from flows.home.serve_settings import ApiKey, Scope

_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by the name of a key or by address; what they may do, and why not more."""

    name: str
    scopes: frozenset[Scope]
    reason: str = ""
    is_known: bool = False  # by a key


class Keyring:
    """The keys of a home. Without any, who is on this machine may read, and nobody may write."""

    def __init__(self, keys: Mapping[str, ApiKey]) -> None:
        self._keys = [(name, key.digest, frozenset(key.scopes)) for name, key in sorted(keys.items())]

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self._keys

    @property
    def can_write(self) -> bool:
        """Whether any key may write."""
        return any("write" in scopes for _, _, scopes in self._keys)

    def caller(self, headers: Mapping[str, str], address: str) -> Caller:
        """Who sends these headers (names in small letters) from an address."""
        given = _key_in(headers)
        if given is not None and not self.is_empty:
            return self._known(given) or Caller(address, frozenset(), "the key is not one of this home")
        if not self.is_empty:
            return Caller(address, frozenset(), "a key is needed: send it as `Authorization: Bearer KEY`")
        if not is_loopback(address):
            return Caller(address, frozenset(), "this home has no keys, and so answers only who is on its own machine")
        if not _names_this_machine(headers.get("host", "")):
            # A page from elsewhere can let its own name mean this machine: without a key the name in the request is all there is to see.
            return Caller(address, frozenset(), f"this home has no keys, and does not answer as {headers.get('host', '')!r}: use 127.0.0.1")
        return Caller(address, frozenset({"read"}), "this home has no keys, and writing needs one (setting serve_keys)")

    def _known(self, given: str) -> Caller | None:
        digest = sha256(given.encode("utf-8", "surrogateescape")).digest()
        found = None
        for name, key, scopes in self._keys:  # all of them: how long it takes tells nothing
            if compare_digest(digest, key):
                found = Caller(name, scopes, f"the key {name!r} may not do this", is_known=True)
        return found


def is_loopback(host: str) -> bool:
    """Whether an address, or `localhost`, is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _names_this_machine(host: str) -> bool:
    name, _, port = host.rpartition(":")
    return is_loopback(name if port.isdecimal() and name else host)


def _key_in(headers: Mapping[str, str]) -> str | None:
    told = headers.get("authorization", "")
    if told.casefold().startswith(_BEARER):
        return told[len(_BEARER) :].strip()
    return headers.get("x-api-key")
