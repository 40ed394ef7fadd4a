"""The ontology: which types and relations there are, which are opposed, and what a publication type weighs."""

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schema.errors import WrongUse, did_you_mean
from schema.fact import Triple
from schema.ids import EntityKey, stable_id

ANY = "*"


class TimeOf(StrEnum):
    """Which time says when a fact of a relation holds."""

    PUBLICATION = "publication"
    STATED = "stated"


class Stance(StrEnum):
    """How two relations between the same ends stand to each other."""

    OPPOSED = "opposed"
    COMPATIBLE = "compatible"
    UNDECLARED = "undeclared"  # what rulings are for


class Relation(BaseModel):
    """One relation; `pairs` are the (head type, tail type) it may connect, `words` those by which a question asks for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)
    description: str = ""
    words: tuple[str, ...] = ()
    symmetric: bool = False
    functional: bool = False
    inverse: str | None = None
    time: TimeOf = TimeOf.PUBLICATION


class Ontology(BaseModel):
    """Types, relations, opposition, compatibility and grades; checks itself when made."""

    # YAML makes a number of an unquoted version.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    version: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    entity_types: tuple[str, ...] = Field(min_length=1)
    relations: dict[str, Relation] = Field(min_length=1)
    opposed: tuple[tuple[str, str], ...] = ()
    compatible: tuple[tuple[str, str], ...] = ()
    grades: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        _check_names(self)
        _check_relations(self)
        _check_stances(self)
        return self

    @property
    def id(self) -> str:
        """The hash of all that the fold and a reader are told; a graph remembers which ontology it was folded with.

        The words of questions are left out: they change no fact.
        """
        return stable_id(self.model_dump(mode="json", exclude={"relations": {"__all__": {"words"}}}))

    @cached_property
    def reading_id(self) -> str:
        """The hash of what a model is told: types, and relations with their pairs and descriptions; in any order.

        What only the fold uses is left out (grades, stances, what is functional): changing it asks for no new reading. Whose times
        a text has to state is told, for a model is asked for these times.
        """
        relations = [
            [name, sorted(relation.pairs), relation.description, relation.symmetric, relation.inverse, relation.time]
            for name, relation in sorted(self.relations.items())
        ]
        return stable_id(sorted(self.entity_types), relations)

    @property
    def reading_name(self) -> str:
        """Name, version and the beginning of the hash: a reader's schema."""
        return f"{self.name}-{self.version}-{self.reading_id[:8]}"

    @cached_property
    def _stances(self) -> dict[frozenset[str], Stance]:
        stances = {}
        for pairs, stance in ((self.compatible, Stance.COMPATIBLE), (self.opposed, Stance.OPPOSED)):
            for first, second in pairs:
                for one in self.relations if first == ANY else (first,):
                    for other in self.relations if second == ANY else (second,):
                        stances[frozenset((one, other))] = stance
        return stances

    def stance(self, one: str, other: str) -> Stance:
        """How two relations stand to each other; a relation is compatible with itself."""
        if one == other:
            return Stance.COMPATIBLE
        return self._stances.get(frozenset((one, other)), Stance.UNDECLARED)

    def relation_called(self, text: str) -> str:
        """The relation of this name, whatever its case, with spaces or hyphens for underscores; raises WrongUse where there is none."""
        if text in self.relations:
            return text
        called = [name for name in self.relations if _as_written(name) == _as_written(text)]
        if len(called) == 1:
            return called[0]
        offered = did_you_mean(text, self.relations)
        raise WrongUse(f"relation {text!r} is not one of the ontology {self.name}: {', '.join(sorted(self.relations))}{offered}")

    def check_type(self, name: str) -> None:
        """Raises WrongUse where there is no such type of entity."""
        if name not in self.entity_types:
            raise WrongUse(f"type {name!r} is not one of the ontology's types: {', '.join(self.entity_types)}")

    def allows(self, head_type: str, relation: str, tail_type: str) -> bool:
        """Whether the relation exists and may connect these types, in this direction unless it is symmetric."""
        found = self.relations.get(relation)
        if found is None:
            return False
        return (head_type, tail_type) in found.pairs or (found.symmetric and (tail_type, head_type) in found.pairs)

    def triple(self, head: EntityKey, relation: str, tail: EntityKey) -> Triple:
        """The triple as it is stored: ends of a symmetric relation in key order."""
        if self.relations[relation].symmetric and tail < head:
            head, tail = tail, head
        return Triple(head, relation, tail)

    def grade(self, publication_types: tuple[str, ...]) -> float:
        """The highest grade among the types that are graded; 1 if none is."""
        return max((self.grades[kind] for kind in publication_types if kind in self.grades), default=1.0)


def _as_written(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _check_names(ontology: Ontology) -> None:
    for kind in ontology.entity_types:
        _require(kind.isidentifier() and kind.isascii(), "entity_types", kind, "is not an ASCII identifier, and it becomes a node label")
    for name in ontology.relations:
        _require(
            name.isidentifier() and name.isascii(), "relations", name, "is not an ASCII identifier, and it becomes a relationship type"
        )
        _require(name == name.lower(), "relations", name, "is not in lower case")
        _require(
            name.upper() not in {"REPORTS", "HEAD", "TAIL", "SUPERSEDED_BY"},
            "relations",
            name,
            "is the name of a relationship the graph itself uses",
        )
    for kind in ontology.entity_types:
        _require(kind not in {"Entity", "Document", "Fact", "Batch", "Meta"}, "entity_types", kind, "is a label the graph itself uses")
    for kind, grade in ontology.grades.items():
        _require(0.0 <= grade <= 1.0, "grades", kind, f"has the grade {grade}, and a grade lies between 0 and 1")


def _check_relations(ontology: Ontology) -> None:
    for name, relation in ontology.relations.items():
        for pair in relation.pairs:
            for kind in pair:
                _require(kind in ontology.entity_types, f"relations.{name}.pairs", kind, "is not one of entity_types")
        _require(
            not (relation.functional and relation.symmetric), "relations", name, "is functional and symmetric, and can only be one of them"
        )
        _require(
            not (relation.symmetric and relation.inverse), "relations", name, "is symmetric, so it is its own inverse and takes no other"
        )
        _require(
            relation.inverse not in ontology.relations, "relations", name, f"has the inverse {relation.inverse}, which is itself stored"
        )


def _check_stances(ontology: Ontology) -> None:
    for key, pairs in (("opposed", ontology.opposed), ("compatible", ontology.compatible)):
        for pair in pairs:
            for name in pair:
                known = name in ontology.relations or (name == ANY and key == "compatible")
                _require(known, key, name, "is not one of relations")
    for one, other in ontology.opposed:
        _require(one != other, "opposed", one, "cannot be opposed to itself; declare it functional if it has one tail at a time")
        for name in (one, other):
            _require(
                not ontology.relations[name].functional,
                "opposed",
                name,
                "is functional, and a functional relation cannot be declared opposed",
            )
        named = {frozenset(pair) for pair in ontology.compatible}
        _require(frozenset((one, other)) not in named, "opposed", f"{one}, {other}", "are declared compatible too")


def _require(holds: bool, key: str, value: str, rule: str) -> None:
    if not holds:
        raise ValueError(f"{key}: {value!r} {rule}")
