"""Identifiers: one NewType for each thing that has one, and the hash that makes them."""

import json
import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b
from typing import NewType

DocumentId = NewType("DocumentId", str)
EntityKey = NewType("EntityKey", str)
ObservationId = NewType("ObservationId", str)
FactId = NewType("FactId", str)
BatchId = NewType("BatchId", str)

# What is there and not seen, beside the category Cf: fillers, joiners and selectors of variants.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff]")


def stable_id(*parts: object) -> str:
    """Hash what was said into 32 hexadecimal digits, the same on every machine and in every run.

    Parts are JSON values (strings, numbers, None, lists of these); their order matters.
    """
    said = json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=str)
    return hash_of(said.encode("utf-8", "surrogatepass"))


def hash_of(said: bytes) -> str:
    """The hash behind every identity."""
    return blake2b(said, digest_size=16).hexdigest()


@lru_cache(maxsize=1 << 16)
def compatible(text: str) -> str:
    """A text in Unicode's compatibility forms (NFKC) without characters that nobody sees, so that two that look alike so are one."""
    if text.isascii():
        return text
    plain = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf" and not _UNSEEN.match(c))
    return unicodedata.normalize("NFKC", "".join(plain))
