"""How well names are found in plain text: what a reader marks and links against what annotators marked and identified."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pipeline.evaluating.precision_recall import Found
from schema.document import Mention
from schema.entity_names import is_provisional
from schema.observation import Claim


@dataclass(frozen=True, slots=True)
class Marked:
    """Of what was marked and of what the gold marks, how much has a counterpart in the other: the two differ where one covers several."""

    found_right: int = 0
    found: int = 0
    gold_found: int = 0
    gold: int = 0

    def __add__(self, other: "Marked") -> "Marked":
        return Marked(
            self.found_right + other.found_right, self.found + other.found, self.gold_found + other.gold_found, self.gold + other.gold
        )

    @property
    def told(self) -> dict[str, Any]:
        """Counts, precision, recall and their harmonic mean; 0 where there is nothing to divide by."""
        precision = self.found_right / self.found if self.found else 0.0
        recall = self.gold_found / self.gold if self.gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {**asdict(self), "precision": precision, "recall": recall, "f1": f1}


@dataclass(frozen=True, slots=True)
class Linked:
    """Of the marked names how many were linked to a vocabulary, how many of these lie on a gold name, and are identified as it is."""

    found: int = 0
    linked: int = 0
    on_gold: int = 0
    right: int = 0

    def __add__(self, other: "Linked") -> "Linked":
        return Linked(self.found + other.found, self.linked + other.linked, self.on_gold + other.on_gold, self.right + other.right)

    @property
    def told(self) -> dict[str, Any]:
        """Counts, and the share of linked names that have the gold's identifier: of all, and of those on a gold name."""
        shares = {"share_right": self.linked, "share_right_on_gold": self.on_gold}
        return {**asdict(self), **{name: self.right / of if of else 0.0 for name, of in shares.items()}}


@dataclass(frozen=True, slots=True)
class NamesJudged:
    """One document, or all: names by exact span and type, by overlapping span and type, and of each type; links; entities."""

    exact: Marked = Marked()
    overlapping: Marked = Marked()
    of_type: tuple[tuple[str, Marked], ...] = ()  # overlapping, by type
    links: Linked = Linked()
    entities: Found = field(default_factory=Found)

    def __add__(self, other: "NamesJudged") -> "NamesJudged":
        types = dict(self.of_type)
        for kind, marked in other.of_type:
            types[kind] = types.get(kind, Marked()) + marked
        return NamesJudged(
            self.exact + other.exact,
            self.overlapping + other.overlapping,
            tuple(sorted(types.items())),
            self.links + other.links,
            self.entities + other.entities,
        )


def judge_names(gold: Iterable[Mention], found: Iterable[Mention], types: Sequence[str]) -> NamesJudged:
    """Compare what was marked in one document (nothing where it failed) with what annotators marked, in the ontology's types."""
    marked, wanted = _distinct(found, types), _distinct(gold, types)
    by_type = {kind: _overlapping(_of(marked, kind), _of(wanted, kind)) for kind in sorted({m.type for m in (*marked, *wanted)})}
    spans, right_spans = ({(m.start, m.end, m.type) for m in some} for some in (marked, wanted))
    both = len(spans & right_spans)
    entities, right_entities = ({key for m in some for key in m.identifiers if not is_provisional(key)} for some in (marked, wanted))
    return NamesJudged(
        Marked(both, len(spans), both, len(right_spans)),
        sum(by_type.values(), Marked()),
        tuple(by_type.items()),
        _links(marked, wanted),
        Found(len(entities & right_entities), len(entities), len(right_entities)),
    )


def by_place(claims: Iterable[Claim], found: Iterable[Mention], gold: Iterable[Mention]) -> tuple[Claim, ...]:
    """The claims with each end as the gold entity that its names lie on, so that what no vocabulary knows can be right too.

    Of several the one that most names lie on, then the first in the text; an end whose names lie on none stays as it is. A claim
    whose ends become one is left out.
    """
    wanted = list(gold)
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for mention in found:
        under = dict.fromkeys(key for other in wanted if _overlap(mention, other) for key in other.identifiers)
        for key in mention.identifiers:
            votes[key].update(under.keys())
    lies_on = {key: counts.most_common(1)[0][0] for key, counts in votes.items() if counts}
    moved = (replace(claim, head=lies_on.get(claim.head, claim.head), tail=lies_on.get(claim.tail, claim.tail)) for claim in claims)
    return tuple(claim for claim in moved if claim.head != claim.tail)


def name_figures(judged: Iterable[NamesJudged]) -> dict[str, Any]:
    """All documents together, as data."""
    total = sum(judged, NamesJudged())
    return {
        "exact": total.exact.told,
        "overlapping": total.overlapping.told,
        "of_type": {kind: marked.told for kind, marked in total.of_type},
        "links": total.links.told,
        "entities": total.entities.told,
    }


def _distinct(mentions: Iterable[Mention], types: Sequence[str]) -> list[Mention]:
    """One of each span and type, by place; identifiers of several are put together."""
    keys: dict[tuple[int, int, str], dict[str, None]] = {}
    texts: dict[tuple[int, int, str], str] = {}
    for mention in mentions:
        if mention.type in types:
            place = mention.start, mention.end, mention.type
            keys.setdefault(place, {}).update(dict.fromkeys(mention.identifiers))
            texts[place] = mention.text
    return [Mention(start, end, texts[start, end, kind], kind, tuple(keys[start, end, kind])) for start, end, kind in sorted(keys)]


def _of(mentions: Iterable[Mention], kind: str) -> list[Mention]:
    return [mention for mention in mentions if mention.type == kind]


def _overlapping(marked: Sequence[Mention], wanted: Sequence[Mention]) -> Marked:
    return Marked(sum(_touches(one, wanted) for one in marked), len(marked), sum(_touches(one, marked) for one in wanted), len(wanted))


def _touches(one: Mention, others: Iterable[Mention]) -> bool:
    return any(_overlap(one, other) for other in others)


def _overlap(one: Mention, other: Mention) -> bool:
    return one.type == other.type and one.start < other.end and other.start < one.end


def _links(marked: Sequence[Mention], wanted: Sequence[Mention]) -> Linked:
    linked = [mention for mention in marked if any(not is_provisional(key) for key in mention.identifiers)]
    on_gold = [(mention, under) for mention in linked if (under := [other for other in wanted if _overlap(mention, other)])]
    right = [mention for mention, under in on_gold if any(set(mention.identifiers) & set(other.identifiers) for other in under)]
    return Linked(len(marked), len(linked), len(on_gold), len(right))
