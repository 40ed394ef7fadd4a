"""How a model is trained: every number that changes what comes out."""

from pydantic import BaseModel, ConfigDict, Field


class Recipe(BaseModel):
    """Kept beside what it made. A *pass* shows every lesson of a kind once; passes of all kinds are spread evenly over the time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 7
    rank: int = Field(default=32, ge=1, le=256)
    alpha: int = Field(default=64, ge=1)
    rate: float = Field(default=5e-4, gt=0.0)  # of learning, at its highest; falls linearly to a fiftieth
    warmup: int = Field(default=20, ge=1)  # steps
    together: int = Field(default=4, ge=1)  # examples in a step
    most: int = Field(default=40, ge=1)  # questions in an example, positives first; what is left out is made up for by weight
    heaviest: float = Field(default=4.0, ge=1.0)  # weight of a question that stands for others
    folds: int = Field(default=5, ge=0, le=20)  # parts of the lessons for each of which a linear model learns from the others; 0: none
    shrinking: float = Field(default=8.0, gt=0.0)  # of the linear model's weights: half the squares' sum times this is added to its loss
    asked_from: float = Field(default=0.02, ge=0.0, le=1.0)  # what a pair's relations must have of a linear model to be asked about
    passes: int = Field(default=2, ge=0)  # over lessons whose annotators say all relations
    partial_passes: int = Field(default=1, ge=0)  # over lessons whose annotators say some relations
    name_passes: int = Field(default=1, ge=0)  # over the same lessons, asking what is a name
    shuffled: bool = True  # tags numbered anew each time
    teacher: float = Field(default=0.5, ge=0.0, le=1.0)  # share of a teacher's word where annotators have theirs
    taught_passes: int = Field(default=1, ge=0)  # over lessons that a teacher alone speaks of
    averaged: float = Field(default=0.3, ge=0.0, le=1.0)  # of the steps, the last ones, whose weights are averaged
    kept_every: int = Field(default=50, ge=1)  # steps between checkpoints
