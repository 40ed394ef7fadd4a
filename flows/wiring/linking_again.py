"""`vocab link`: names that are in the log already, linked by the vocabularies that are loaded now."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from flows.home.homes import Home, now
from flows.wiring.home_vocabularies import vocabularies_of
from pipeline.identity.judgements import judgements_in_force
from pipeline.intake.batches import Intake
from pipeline.linking.linker import VocabularyLinker
from schema.entity_names import PROVISIONAL, Link, NameInText, is_provisional, provisional_key
from schema.ids import BatchId, EntityKey, stable_id
from schema.ports import Votes
from schema.records import Judgement, Recorded, Sameness, Tally

NAMES_AT_ONCE = 5_000


def link_again(home: Home) -> dict[str, Any]:
    """Judge every name in the log anew; what a person decided stands, and what was judged the same before is not judged again.

    No document is read again: the graph follows the judgements.
    """
    counts = {Sameness.SAME: 0, Sameness.UNSURE: 0}
    with home.writing("vocab link"), vocabularies_of(home) as store:
        linker = VocabularyLinker(store)
        stands = {
            name: (sameness, key, by_person)
            for name, sameness, key, by_person in judgements_in_force(home.log.judgements())
            .select("name", "sameness", "key", "by_person")
            .iter_rows()
        }
        names = ((key, _in_text(key, votes)) for key, votes in sorted(home.log.votes().items()) if is_provisional(key))
        total = 0
        while some := list(islice(names, NAMES_AT_ONCE)):
            total += len(some)
            links = linker.link([name for _, name in some])
            fresh = [judged for (key, name), link in zip(some, links, strict=True) for judged in _news(name, link, stands.get(key))]
            _record(home, fresh)
            for judged in fresh:
                counts[judged.sameness] += 1
        home.bring_graph_along()
    linked, unsure = counts[Sameness.SAME], counts[Sameness.UNSURE]
    return {
        "text": f"{total} names: {linked} linked, {unsure} unsure, the rest as before",
        "names": total,
        "linked": linked,
        "unsure": unsure,
    }


def _in_text(key: EntityKey, votes: Votes) -> NameInText:
    """The name as most documents write it; its type is part of its key."""
    kind, _, normal = key.removeprefix(f"{PROVISIONAL}:").partition("/")
    written = sorted((name for name in votes.names if provisional_key(kind, name) == key), key=lambda name: (-votes.names[name], name))
    return NameInText(written[0] if written else normal, kind)


def _news(name: NameInText, link: Link, before: tuple[str, str, bool] | None) -> Iterator[Judgement]:
    if link.entity is None or (before is not None and (before[2] or before[:2] == (link.sameness.value, link.entity.key))):
        return
    entity = link.entity
    # With the moment: what an earlier version of a vocabulary said may be said again after another one's judgement.
    yield Judgement(
        name.name, name.type, entity.key, link.sameness, link.by, link.score, link.reason, label=entity.name, origin=now().isoformat()
    )


def _record(home: Home, judgements: list[Judgement]) -> None:
    if judgements:
        at = now()
        records, batch = tuple(Recorded(judged, at) for judged in judgements), stable_id("linked", [judged.id for judged in judgements])
        home.record(Intake(records, (Tally("event", len(judgements)),), known_as=BatchId(batch)), "vocab link", at)
