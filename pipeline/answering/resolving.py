"""What a user means: entities by key, by any name that a document has used or in the words of a question; and parameters of a query."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rapidfuzz import process

from pipeline.answering.context import named_in, phrases
from pipeline.identity.judgements import Possible, identity_in, judged_by
from schema.dates import parse_day
from schema.entity_names import search_words
from schema.errors import WrongUse
from schema.ids import EntityKey
from schema.ports import EvidenceLog


def entity_called(log: EvidenceLog, text: str, known_at: datetime | None = None) -> EntityKey:
    """The entity with this key or any of its names (whatever the case), now or as known at a moment.

    A name that was judged the same as an entity leads to it. Raises WrongUse where there is none, or more than one.
    """
    called = {key for _, key in log.called([search_words(text)])}
    found = _counted(log, called, known_at)
    if EntityKey(text) in found:
        return found[EntityKey(text)]
    said = text.casefold()
    named = (recorded.record.entity for recorded in log.names(found))
    exact = {found[entity.key] for entity in named if said in (entity.name.casefold(), entity.key.casefold())}
    keys = sorted(exact or set(found.values()))
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise WrongUse(f"{text!r} names more than one entity: {', '.join(keys)}; give the key")
    raise WrongUse(f"nothing is known of {text!r}{_suggestion(log, text)}")


def entities_in_question(log: EvidenceLog, question: str, known_at: datetime | None = None) -> list[EntityKey]:
    """The entities that a question names, the longest names first, now or as known at a moment."""
    said = list(log.called(phrases(question)))
    counted = _counted(log, {key for _, key in said}, known_at)
    called: dict[str, set[EntityKey]] = defaultdict(set)
    for words, key in said:
        if key in counted:
            called[words].add(counted[key])
    return named_in(question, called)


def _counted(log: EvidenceLog, keys: Iterable[EntityKey], known_at: datetime | None) -> dict[EntityKey, EntityKey]:
    """What keys count as, without entities that only a vocabulary knows."""
    called = set(keys)
    judgements = log.judgements(called)
    identity = identity_in(judgements if known_at is None else judged_by(judgements, known_at))
    spoken = {identity.of(key) for key in log.votes(Possible(judgements).names(identity.of(key) for key in called))}
    return {key: identity.of(key) for key in called if identity.of(key) in spoken}


def _suggestion(log: EvidenceLog, text: str) -> str:
    near = process.extract(search_words(text), sorted({words for words, _ in log.called()}), limit=3, score_cutoff=70)
    return f"; did you mean {', '.join(repr(name) for name, _, _ in near)}?" if near else ""


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"[A-Za-z_]\w*")


def parameters(given: Iterable[str]) -> dict[str, Any]:
    """Days become dates; numbers, true, false, null, lists and quoted text are read as JSON; anything else is text as it stands."""
    found: dict[str, Any] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not _NAME.fullmatch(name):
            raise WrongUse(f"--param {each!r} is not name=value, such as day=2005-03-01")
        if name in found:
            raise WrongUse(f"--param {name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    if _DAY.fullmatch(text):
        return parse_day(text)
    try:
        return json.loads(text)
    except ValueError:
        return text
