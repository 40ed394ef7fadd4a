"""Writing a change to a graph that other processes write to at the same time."""

from dataclasses import replace

from pipeline.believing.rules import Rules
from pipeline.updating.graph_changes import current_names, without_news
from schema.ports import EvidenceLog, GraphChange, GraphStore


def apply_among_others(log: EvidenceLog, store: GraphStore, rules: Rules, change: GraphChange, seen: int) -> None:
    """Write a change while others write theirs. The markers come last: what is cut short before is done again."""

    def still_current(part: GraphChange) -> GraphChange:
        # Called while the change's facts are locked. What newer evidence is about is left to whoever recorded that: they read it
        # after ours was in, and write it after us.
        news = log.touched_since(seen)
        return without_news(part, log, rules, news) if news else part

    store.apply(replace(change, batches=()), still_current)
    # Entities are not locked, for hubs are everybody's. So names are looked at again once they are written: whoever writes last
    # sees what everybody said before.
    written = change.entities
    while (now := current_names(log, rules, [entity.key for entity in written])) != written:
        store.apply(GraphChange(batches=(), entities=now))
        written = now
    store.apply(GraphChange(batches=change.batches))
