"""A linear model over surface features: reads a pair in a tenth of a millisecond, and says what a language model is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zipfile import BadZipFile
from zlib import crc32

from agents.asking.prompting import NONE
from schema.errors import WrongUse

if TYPE_CHECKING:
    from numpy import dtype, ndarray

    Array = ndarray[tuple[int, ...], dtype[Any]]

FILE = "linear.npz"


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """A pair's features: the numbers of their names (CRC-32) and their values."""

    numbers: "Array"
    values: "Array"


@dataclass(frozen=True, eq=False)
class Linear:
    """Multinomial logistic regression: `weights` (features, labels) and `bias` (labels,).

    `features` are the numbers of those known, ascending; others count for nothing.
    """

    labels: tuple[str, ...]
    features: "Array"
    weights: "Array"
    bias: "Array"

    def shares(self, row: Row, relations: Sequence[str]) -> dict[str, float]:
        """The distribution over these relations and none."""
        import numpy as np

        at, known = found(row.numbers, self.features)
        scores = row.values[known] @ self.weights[at[known]] + self.bias
        allowed = [self.labels.index(label) for label in (NONE, *relations)]
        chances = np.exp(scores[allowed] - scores[allowed].max())
        return dict(zip((NONE, *relations), (chances / chances.sum()).tolist(), strict=True))


def row(features: Mapping[str, float]) -> Row:
    """Features by name as a row."""
    import numpy as np

    numbers = np.fromiter((crc32(name.encode()) for name in features), np.uint32, len(features))
    return Row(numbers, np.fromiter(features.values(), np.float32, len(features)))


def found(numbers: "Array", features: "Array") -> tuple["Array", "Array"]:
    """Where each number stands among features in ascending order, and whether it is there at all."""
    import numpy as np

    if not len(features):
        return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), bool)
    at = np.minimum(np.searchsorted(features, numbers), len(features) - 1)
    return at, features[at] == numbers


def save_linear(linear: Linear, folder: Path) -> None:
    """Write it into an adapter's folder, in half precision; the file is the same for the same model."""
    import numpy as np

    aside = folder / f"{FILE}.{uuid4().hex}"
    with aside.open("wb") as file:
        np.savez_compressed(
            file,
            labels=np.array(linear.labels),
            features=linear.features.astype(np.uint32),
            weights=linear.weights.astype(np.float16),
            bias=linear.bias.astype(np.float32),
        )
    aside.replace(folder / FILE)


def load_linear(folder: Path) -> Linear:
    """The linear model of an adapter's folder; raises WrongUse naming the file."""
    import numpy as np

    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as kept:
            labels = tuple(map(str, kept["labels"]))
            found = Linear(labels, kept["features"], kept["weights"].astype(np.float32), kept["bias"])
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as cause:
        raise WrongUse(f"{path} is not a linear model: {cause}") from cause
    if NONE not in labels or found.weights.shape != (len(found.features), len(labels)) or found.bias.shape != (len(labels),):
        raise WrongUse(f"{path} is not a linear model: its labels, features and weights do not fit together")
    return found
