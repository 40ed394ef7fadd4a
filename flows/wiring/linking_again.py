"""`vocab link`: names that are in the log already, linked by the vocabularies that are loaded now."""

from collections import Counter
from itertools import islice
from typing import Any

from flows.home.homes import Home, now
from flows.wiring.home_vocabularies import vocabularies_of
from pipeline.identity.judgements import judgements_in_force
from pipeline.intake.batches import Intake
from pipeline.linking.linker import VocabularyLinker, judged_again, names_to_link
from schema.ids import BatchId, stable_id
from schema.records import Judgement, Recorded, Sameness, Tally

NAMES_AT_ONCE = 5_000


def link_again(home: Home) -> dict[str, Any]:
    """Judge every name in the log anew; no document is read again: the graph follows the judgements."""
    counts, total = Counter[Sameness](), 0
    with home.writing("vocab link"), vocabularies_of(home) as store:
        linker = VocabularyLinker(store)
        before = judgements_in_force(home.log.judgements()).select("name", "sameness", "key", "by_person")
        stands = {name: (sameness, key, by_person) for name, sameness, key, by_person in before.iter_rows()}
        names = names_to_link(home.log.votes())
        while some := list(islice(names, NAMES_AT_ONCE)):
            total += len(some)
            fresh = judged_again(some, linker, stands, now())
            _record(home, fresh)
            counts.update(judged.sameness for judged in fresh)
        home.bring_graph_along()
    linked, unsure = counts[Sameness.SAME], counts[Sameness.UNSURE]
    text = f"{total} names: {linked} linked, {unsure} unsure, the rest as before"
    return {"text": text, "names": total, "linked": linked, "unsure": unsure}


def _record(home: Home, judgements: list[Judgement]) -> None:
    if judgements:
        at = now()
        records, batch = tuple(Recorded(judged, at) for judged in judgements), stable_id("linked", [judged.id for judged in judgements])
        home.record(Intake(records, (Tally("event", len(judgements)),), known_as=BatchId(batch)), "vocab link", at)
