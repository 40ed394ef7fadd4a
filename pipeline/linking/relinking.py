"""Names that are in the log already, judged anew: what a person decided stands, and what was judged the same is not judged again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from schema.entity_names import PROVISIONAL, NameInText, is_provisional, provisional_key
from schema.ids import EntityKey
from schema.ports import Linker, Votes
from schema.records import Judgement

InForce = Mapping[str, tuple[str, str, bool]]
"""Of a name's provisional key what is judged of it now: sameness, the entity's key, and whether by a person."""


def names_to_link(votes: Mapping[EntityKey, Votes]) -> Iterator[tuple[EntityKey, NameInText]]:
    """Every name that is no entity of a vocabulary, in order, as most documents write it; its type is part of its key."""
    for key in sorted(filter(is_provisional, votes)):
        kind, _, normal = key.removeprefix(f"{PROVISIONAL}:").partition("/")
        names = votes[key].names
        written = sorted((name for name in names if provisional_key(kind, name) == key), key=lambda name: (-names[name], name))
        yield key, NameInText(written[0] if written else normal, kind)


def judged_again(named: Sequence[tuple[EntityKey, NameInText]], linker: Linker, stands: InForce, at: datetime) -> list[Judgement]:
    """What is news about these names."""
    found = []
    for (key, name), link in zip(named, linker.link([name for _, name in named]), strict=True):
        before, entity = stands.get(key), link.entity
        if entity is None or (before is not None and (before[2] or before[:2] == (link.sameness.value, entity.key))):
            continue
        # With the moment: what an earlier version of a vocabulary said may be said again after another one's judgement.
        said = (link.sameness, link.by, link.score, link.reason)
        found.append(Judgement(name.name, name.type, entity.key, *said, label=entity.name, origin=at.isoformat()))
    return found
