"""What the fold is told: ontology, thresholds, trust, and how conflicts are decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from schema.errors import WrongUse
from schema.fact import Triple
from schema.ids import compatible, stable_id
from schema.observation import Observation
from schema.ontology import Ontology
from schema.ports import Question

ADMISSION_THRESHOLD = 0.6
MARGIN = Fraction(5, 4)
HALF_LIFE_DAYS = 1826.25


@dataclass(frozen=True, slots=True)
class Contest:
    """A holder and its challenger on one day: their strengths then, and the last day of evidence for each."""

    on: date
    holder_strength: int
    challenger_strength: int
    holder_last: date
    challenger_last: date
    margin: Fraction


ConflictPolicy = Callable[[Contest], bool]
"""Whether the challenger wins. The function's name is the rule that closures carry."""


def weighted_by_recency(contest: Contest) -> bool:
    """Let the better supported hold, evidence fading with age, and a margin keep an even dispute from flapping."""
    margin = contest.margin
    return contest.challenger_strength * margin.denominator >= contest.holder_strength * margin.numerator


def latest_supersedes(contest: Contest) -> bool:
    """Let the later evidence hold, however little of it there is."""
    return contest.challenger_last > contest.holder_last


def adjudicated(contest: Contest) -> bool:
    """Decide by rulings, which also override what the ontology opposes; where there is none, by weight and recency."""
    return weighted_by_recency(contest)


POLICIES: Mapping[str, ConflictPolicy] = {policy.__name__: policy for policy in (weighted_by_recency, latest_supersedes, adjudicated)}


OTHERS = "default"
"""Stands among trusted sources for all that are not named there."""


def source_name(source: str) -> str:
    """A source's name as it is compared: case, blanks around it, width of letters and signs that nobody sees tell no two sources apart."""
    return compatible(source).strip().casefold()


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything besides the evidence that the fold depends on."""

    ontology: Ontology
    threshold: float = ADMISSION_THRESHOLD
    margin: Fraction = MARGIN
    half_life: float = HALF_LIFE_DAYS
    trust: Mapping[str, float] = field(default_factory=dict)  # by source, OTHERS for those that it does not name; else 1
    policy: ConflictPolicy = weighted_by_recency

    def __post_init__(self) -> None:
        _within("threshold", self.threshold, 0.0, 1.0)
        if self.margin < 1:
            raise WrongUse(f"margin is {self.margin}, and below 1 an even dispute would flap without end")
        if self.half_life <= 0:
            raise WrongUse(f"half_life is {self.half_life} days, and must be more than 0")
        named: dict[str, float] = {}
        for source, trust in self.trust.items():
            _within(f"trust of {source!r}", trust, 0.0, 1.0)
            if named.setdefault(source_name(source), trust) != trust:
                raise WrongUse(f"trust of {source!r} is {trust:g}, and {named[source_name(source)]:g} under another spelling of that name")
        object.__setattr__(self, "trust", named)

    def trust_in(self, source: str | None) -> float:
        """Trust in a source, 0 to 1; a person's word (None) is trusted fully."""
        return 1.0 if source is None else self.trust.get(source_name(source), self.trust.get(OTHERS, 1.0))

    def account(self, source: str) -> str:
        """To whose account counts what a source says: its own, or that of all sources which are not named."""
        name = source_name(source)
        return name if name in self.trust else OTHERS

    def admits(self, observation: Observation) -> bool:
        """Whether the fold counts it: sure enough, allowed by the ontology, and not about one entity with itself."""
        return (
            observation.confidence >= self.threshold
            and observation.head.key != observation.tail.key
            and self.ontology.allows(observation.head.type, observation.relation, observation.tail.type)
        )

    def question(self, triple: Triple) -> Question:
        """The unit of the fold that a triple belongs to."""
        relation = self.ontology.relations.get(triple.relation)
        if relation is not None and relation.functional:
            return Question((triple.head,), triple.relation)
        return Question(tuple(sorted((triple.head, triple.tail))))

    def comparable(self, one: Triple, other: Triple) -> bool:
        """Whether two triples between the same two entities say something of them in the same direction."""
        relations = self.ontology.relations
        return one.head == other.head or relations[one.relation].symmetric or relations[other.relation].symmetric

    @property
    def fingerprint(self) -> str:
        """The hash of everything here: a graph remembers which rules it was folded with."""
        return stable_id(
            self.ontology.id, self.threshold, str(self.margin), self.half_life, sorted(self.trust.items()), self.policy.__name__
        )


def _within(what: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise WrongUse(f"{what} is {value}, and must lie between {low:g} and {high:g}")
