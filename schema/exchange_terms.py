"""How other models of knowledge call a relation or a type: Biolink's predicates with qualifiers, INDRA's kinds of statements."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

BiolinkSlot = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""A predicate or a value of a qualifier in Biolink's spelling, without its prefix: `treats`, `activity_or_abundance`."""

BiolinkClass = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$")]
"""A category in Biolink's spelling, without its prefix: `ChemicalEntity`."""

RELATED = "related_to"
"""The predicate of a relation that the ontology gives none: Biolink's most general one."""

THING = "NamedThing"
"""The category of a type that the ontology gives none."""


class BiolinkTerm(BaseModel):
    """The predicate that a relation is told by, with qualifiers; other predicates that are read as this relation are in `also`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    predicate: BiolinkSlot
    qualified_predicate: BiolinkSlot | None = None
    object_aspect_qualifier: BiolinkSlot | None = None
    object_direction_qualifier: Literal["increased", "decreased"] | None = None
    also: tuple[BiolinkSlot, ...] = ()

    def reads(self, predicate: str, direction: str | None) -> bool:
        """Whether an edge with this predicate, and this direction of the object, says the relation; the aspect is no matter."""
        if predicate == self.predicate:
            return _DIRECTIONS.get(direction or "", direction) == self.object_direction_qualifier
        return predicate in self.also


_DIRECTIONS = {"": None, "upregulated": "increased", "downregulated": "decreased"}

IndraType = Literal["Activation", "Inhibition", "IncreaseAmount", "DecreaseAmount", "Complex", "Association", "Influence"]
"""Kinds of INDRA statements about two things. In a Complex and an Association these have no order."""

WITHOUT_ORDER = ("Complex", "Association")


class IndraTerm(BaseModel):
    """The kind of statement that a relation is told by; `polarity` 1 or -1 says of two events that they go together or against."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: IndraType
    polarity: Literal[1, -1] | None = None

    @model_validator(mode="after")
    def _polarity_is_of_events(self) -> Self:
        if self.polarity is not None and self.type not in ("Association", "Influence"):
            raise ValueError(f"polarity: only Association and Influence join events that have one, {self.type} does not")
        return self
