"""Identifiers: one NewType for each thing that has one, and the hash that makes them."""

import json
from hashlib import blake2b
from typing import NewType

DocumentId = NewType("DocumentId", str)
EntityKey = NewType("EntityKey", str)
ObservationId = NewType("ObservationId", str)
FactId = NewType("FactId", str)
BatchId = NewType("BatchId", str)


def stable_id(*parts: object) -> str:
    """Hash what was said into 32 hexadecimal digits, the same on every machine and in every run.

    Parts are JSON values (strings, numbers, None, lists of these); their order matters.
    """
    said = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=str)
    return hash_of(said.encode("utf-8", "surrogatepass"))


def hash_of(said: bytes) -> str:
    """The hash behind every identity."""
    return blake2b(said, digest_size=16).hexdigest()
