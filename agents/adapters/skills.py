"""What a trained model can be asked: the prompts it was trained on, a word for each answer, and what it can say of which types."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agents.asking.prompting import NONE
from agents.whole_files import read_kept
from schema.ontology import Ontology

FILE = "skills.json"
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,69}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(_Strict):
    """The weights that were trained further: a file and the hash of its content."""

    file: str = Field(min_length=1)
    sha256: Sha256


class LinearPart(_Strict):
    """A linear model beside the weights: its file's hash, which features it knows, what a pair's relations need of it to be asked."""

    sha256: Sha256
    features: str
    asked_from: float = Field(ge=0.0, le=1.0)


class Skills(_Strict):
    """A trained model's side of the bargain. `name` is the model's in the identity of readers, wherever it runs.

    With a `linear` part the model was trained to say what that leaves open: the two distributions are multiplied.

    `relations` has the pairs of types between which each relation was seen in training, head first; `names` the prompt and the words
    for types of names, where the model was taught to find them.
    """

    form: Literal["chronokg-skills-1"] = "chronokg-skills-1"
    name: ModelName
    base: Base
    prompt: str
    words: dict[str, str]
    relations: dict[str, tuple[tuple[str, str], ...]]
    names: str | None = None
    kinds: dict[str, str] = Field(default_factory=dict)
    linear: LinearPart | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for told, words in (("words", self.words), ("kinds", self.kinds)):
            if words and NONE not in words:
                raise ValueError(f"{told} has no word for {NONE!r}")
            if len(set(words.values())) != len(words):
                raise ValueError(f"two of {told} are the same")
        strange = sorted(set(self.relations) - set(self.words))
        if strange:
            raise ValueError(f"the relation {strange[0]!r} has no word")
        if (self.names is None) is bool(self.kinds):
            raise ValueError("names and kinds come together or not at all")
        return self

    def allows(self, head: str, relation: str, tail: str) -> bool:
        """Whether it was taught to say this of such a pair, in either order where the ontology takes either."""
        return (head, tail) in self.relations.get(relation, ())

    def fits(self, ontology: Ontology) -> bool:
        """Whether it can say anything in an ontology's words."""
        return any(
            ontology.allows(head, relation, tail)
            for relation, pairs in self.relations.items()
            if relation in ontology.relations
            for head, tail in pairs
        )


def load_skills(folder: Path) -> Skills:
    """The skills of an adapter's folder; raises WrongUse naming file, key and rule."""
    return read_kept(folder / FILE, Skills, "the skills")


def seen_relations(triples: Iterable[tuple[str, str, str]], ontology: Ontology) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """For each relation the types between which it was seen, from (head type, relation, tail type); symmetric ones in both orders."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for head, relation, tail in sorted(set(triples)):
        pairs = found.setdefault(relation, {})
        pairs[head, tail] = None
        if ontology.relations[relation].symmetric:
            pairs[tail, head] = None
    return {relation: tuple(sorted(pairs)) for relation, pairs in sorted(found.items())}
