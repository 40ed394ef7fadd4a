"""How a graph stands to the log that it is asked about: whose it is, by which rules it was folded, and how far it has come."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.believing.rules import Rules
from schema.errors import ForeignGraph
from schema.ids import BatchId
from schema.ports import EvidenceLog, GraphMeta, GraphStore, LogVersion


class Condition(StrEnum):
    """What has to be done about a graph, by whoever may write to it."""

    EMPTY = "empty"  # nothing is there
    CURRENT = "up to date"
    BEHIND = "behind the log"  # batches are missing
    OTHER_RULES = "folded by other rules"  # settings, ontology or layout: it is folded again
    AHEAD = "ahead of the log"  # it holds what this log does not: it is folded again
    FOREIGN = "of another home"  # it is left alone
    STRANGE = "of another program"  # it is left alone whatever is asked for
    DAMAGED = "damaged"  # it is folded again
    CLOSED = "not opened"  # it could only be opened where something may be written
    ABSENT = "not there"  # and nobody who only reads makes one


@dataclass(frozen=True, slots=True)
class GraphState:
    """A graph's condition, what a person is told of it (nothing where it is up to date), and the batches that it lacks."""

    condition: Condition
    remark: str = ""
    missing: tuple[BatchId, ...] = ()

    @property
    def note(self) -> str:
        """The remark with what helps."""
        return f"{self.remark}: {_HELP[self.condition]}" if self.remark else ""

    @property
    def behind(self) -> int | None:
        """How many batches it lacks; None where it is not known, or it has to be folded anew."""
        return len(self.missing) if self.condition in (Condition.CURRENT, Condition.BEHIND, Condition.EMPTY) else None

    @property
    def is_current(self) -> bool:
        """Whether it is the fold of the whole log by the rules in force."""
        return self.condition is Condition.CURRENT


_MADE_ANEW = "`chronokg rebuild`, or any command that adds, makes it anew from the log"
_HELP = {
    Condition.EMPTY: _MADE_ANEW,
    Condition.ABSENT: _MADE_ANEW,
    Condition.CLOSED: "what answers from the log works; for the rest copy the home to a disk that can be written",
    Condition.BEHIND: "`chronokg replay`, or any command that adds, brings it along",
    Condition.OTHER_RULES: _MADE_ANEW,
    Condition.AHEAD: _MADE_ANEW,
    Condition.DAMAGED: _MADE_ANEW,
    Condition.FOREIGN: "give this home a database of its own (--graph), or let `chronokg rebuild --take-over` replace that graph",
    Condition.STRANGE: "give this home a database of its own (--graph)",
}


def state_of(log: EvidenceLog, store: GraphStore, rules: Rules, home: str = "") -> GraphState:
    """How a graph stands to the log; nothing is written. `home` is who asks; empty where the graph lies in the home itself."""
    meta = store.meta(rules.ontology, rules.fingerprint)
    if (kept_from := _kept_from(log, store, meta, home)) is not None:
        return kept_from
    if meta is None:
        batches = tuple(log.sizes())
        return GraphState(Condition.EMPTY, f"{store.name} holds no graph", batches) if batches else GraphState(Condition.CURRENT)
    if not meta.as_wanted:
        return GraphState(Condition.OTHER_RULES, f"{store.name} was folded by other rules (settings or ontology) than those in force")
    if meta.followed == log.version() and meta.is_whole:
        return GraphState(Condition.CURRENT)
    found = _by_batches(log, store)
    if found.is_current and not meta.is_whole:
        return GraphState(Condition.BEHIND, f"{store.name} was imported, and is not yet completed")
    return found


def require_own_graph(log: EvidenceLog, store: GraphStore, rules: Rules, home: str) -> None:
    """Raise ForeignGraph where the graph is not this home's; a quick look."""
    if (kept_from := _kept_from(log, store, store.meta(rules.ontology, rules.fingerprint), home)) is not None:
        require_own(kept_from)


def _kept_from(log: EvidenceLog, store: GraphStore, meta: GraphMeta | None, home: str) -> GraphState | None:
    """Why a graph is not to be added to; None where it is this log's, or nobody's."""
    if meta is None:
        remark = f"{store.name} holds nodes labelled Entity, Document, Fact or Batch that ChronoKG did not write"
        is_empty = not any(store.counts().values())
        return None if is_empty else GraphState(Condition.STRANGE if home else Condition.AHEAD, remark)
    if meta.followed is None:
        extra = store.applied() - log.sizes().keys()
        if extra or (home and _is_unmarked(store)):
            return _not_ours(f"{store.name} does not say of which home it is, and holds batches that this one's log does not", home)
    elif meta.followed.log != log.version().log:
        return _not_ours(f"{store.name} is the graph of another home, {meta.home or 'somewhere'} (log {meta.followed.log})", home)
    elif not log.contains(meta.followed):
        return _went_on_elsewhere(store, meta, meta.followed, log.version(), home)
    return None


def state_as_data(state: GraphState) -> dict[str, object]:
    """How it stands, for machines: batches that it lacks, None where that is not known; a note where it is not up to date."""
    told = {"up_to_date": state.is_current, "condition": state.condition.value, "behind": state.behind}
    return {**told, **({"note": state.note} if state.note else {})}


def require_own(state: GraphState, *, take_over: bool = False) -> None:
    """Raise ForeignGraph where the graph is another home's, which it is to be no more if this one may `take_over`; or no graph of ours."""
    if state.condition is Condition.STRANGE or (state.condition is Condition.FOREIGN and not take_over):
        raise ForeignGraph(f"nothing is written: {state.note}")


def _by_batches(log: EvidenceLog, store: GraphStore) -> GraphState:
    sizes, applied = log.sizes(), store.applied()
    if extra := applied - sizes.keys():
        return GraphState(Condition.AHEAD, f"{store.name} holds {len(extra)} batches that the log does not have (any more)")
    missing = tuple(batch for batch in sizes if batch not in applied)
    if not missing:
        return GraphState(Condition.CURRENT)
    return GraphState(Condition.BEHIND, f"{store.name} is behind the log by {len(missing)} of {len(sizes)} batches", missing)


def _not_ours(why: str, home: str) -> GraphState:
    return GraphState(Condition.FOREIGN if home else Condition.AHEAD, why)


def _went_on_elsewhere(store: GraphStore, meta: GraphMeta, followed: LogVersion, now: LogVersion, home: str) -> GraphState:
    told = f"{store.name} has followed commit {followed.number} of this log, which is not, or not so, in what is here up to {now.number}"
    if home and meta.home and meta.home != home:
        return GraphState(Condition.FOREIGN, f"{told}: it went on in another copy of this home, {meta.home}")
    return GraphState(Condition.AHEAD, told)


def _is_unmarked(store: GraphStore) -> bool:
    counts = store.counts()
    return not counts["batches"] and any(counts.values())
