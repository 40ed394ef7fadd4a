"""A small model's layers in arrays: a text once and all questions about it behind it, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import dtype, ndarray

    Array = ndarray[tuple[int, ...], dtype[Any]]

ROWS = 128
"""Tokens of a text whose attention is computed at once: little enough to stay in the processor's cache."""


@dataclass(frozen=True, eq=False, slots=True)
class Matrix:
    """A linear layer, (rows, columns), in whole numbers of 16 bits; `scale` (rows,) is what one of them is worth in each row.

    Half the memory of single precision, and off by at most 1/65534 of a row's largest weight.
    """

    whole: "Array"
    scale: "Array"

    @classmethod
    def of(cls, exact: "Array") -> "Matrix":
        """The nearest one to a matrix of floating-point numbers."""
        import numpy as np

        scale = np.maximum(np.abs(exact).max(axis=1), np.finfo(np.float32).tiny) / 32767.0
        return cls(np.rint(exact / scale[:, None]).astype(np.int16), scale.astype(np.float32))

    def applied(self, states: "Array") -> "Array":
        """(tokens, columns) to (tokens, rows)."""
        import numpy as np

        found: Array = states @ self.whole.astype(np.float32).T
        found *= self.scale
        return found

    def rows(self, numbers: Sequence[int]) -> "Array":
        """Some of its rows."""
        import numpy as np

        at = np.asarray(numbers, np.int64)
        found: Array = self.whole[at].astype(np.float32) * self.scale[at, None]
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """One layer's weights: queries, keys and values one below the other, then gate and up likewise."""

    attention_norm: "Array"
    attention_in: Matrix
    attention_out: Matrix
    network_norm: "Array"
    network_in: Matrix
    network_out: Matrix


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What the weights do not say of themselves."""

    heads: int
    kv_heads: int
    epsilon: float
    rope_base: float


@dataclass(frozen=True, eq=False, slots=True)
class PackedNetwork:
    """A model of Llama's architecture whose output weights are its embeddings, in single precision.

    Each question sees the text and itself and nothing of the others, as if it came alone; positions go on after the text.
    """

    shape: Dimensions
    embeddings: Matrix
    layers: tuple[Layer, ...]
    norm: "Array"

    def scores(self, text: Sequence[int], questions: Sequence[Sequence[int]], labels: Sequence[int]) -> "Array":
        """(questions, labels): the logits of some tokens after each question. None may be empty."""
        import numpy as np

        longest = max(map(len, questions))
        padded = [[*question, *[0] * (longest - len(question))] for question in questions]  # nothing sees what is filled up
        states = self.embeddings.rows([*text, *(token for question in padded for token in question)])
        turns = self._turns(len(text), len(questions), longest)
        for layer in self.layers:
            states += self._attended(layer, _normed(states, layer.attention_norm, self.shape.epsilon), turns, len(text), longest)
            states += _network(layer, _normed(states, layer.network_norm, self.shape.epsilon))
        ends = [len(text) + number * longest + len(question) - 1 for number, question in enumerate(questions)]
        found: Array = _normed(states[np.asarray(ends)], self.norm, self.shape.epsilon) @ self.embeddings.rows(labels).T
        return found

    def _turns(self, text: int, questions: int, longest: int) -> "Array":
        """(tokens, 1, half a head): by which angle each pair of neighbouring numbers is turned, as complex numbers."""
        import numpy as np

        half = self.embeddings.whole.shape[1] // self.shape.heads // 2
        places = np.concatenate([np.arange(text), np.tile(text + np.arange(longest), questions)])
        angles = places[:, None] * self.shape.rope_base ** (-np.arange(half) / half)
        found: Array = np.exp(1j * angles).astype(np.complex64)[:, None, :]
        return found

    def _attended(self, layer: Layer, states: "Array", turns: "Array", text: int, longest: int) -> "Array":
        import numpy as np

        heads, kv_heads = self.shape.heads, self.shape.kv_heads
        size = states.shape[1] // heads
        parts = np.split(layer.attention_in.applied(states), [heads * size, (heads + kv_heads) * size], axis=1)
        queries, keys = (_turned(part, turns, size) for part in parts[:2])
        queries *= size**-0.5
        values = parts[2].reshape(len(states), kv_heads, size)
        queries = queries.reshape(len(states), kv_heads, heads // kv_heads, size)
        found = np.empty_like(queries)
        for group in range(kv_heads):
            asked, key, value = queries[:, group], keys[:, group], values[:, group]
            found[:text, group] = _of_text(asked[:text], np.ascontiguousarray(key[:text]), np.ascontiguousarray(value[:text]))
            found[text:, group] = _of_questions(asked, key, value, text, longest)
        return layer.attention_out.applied(found.reshape(len(states), heads * size))


def _normed(states: "Array", weight: "Array", epsilon: float) -> "Array":
    import numpy as np

    means = np.einsum("ij,ij->i", states, states) / states.shape[1]
    found: Array = states * (1.0 / np.sqrt(means + epsilon)).astype(np.float32)[:, None]
    found *= weight
    return found


def _network(layer: Layer, states: "Array") -> "Array":
    import numpy as np

    both = layer.network_in.applied(states)
    half = both.shape[1] // 2
    opened = np.empty((len(states), half), np.float32)
    for start in range(0, len(states), ROWS):
        gate, up = both[start : start + ROWS, :half], both[start : start + ROWS, half:]
        some = np.negative(gate, out=opened[start : start + ROWS])
        with np.errstate(over="ignore"):  # of a number far below zero: its gate is shut
            np.exp(some, out=some)
        some += 1.0
        np.divide(gate, some, out=some)
        some *= up
    return layer.network_out.applied(opened)


def _turned(part: "Array", turns: "Array", size: int) -> "Array":
    """Rotary positions: (tokens, heads, size)."""
    import numpy as np

    pairs = np.ascontiguousarray(part).view(np.complex64).reshape(len(part), -1, size // 2)
    turned: Array = (pairs * turns).view(np.float32)
    return turned


def _of_text(asked: "Array", keys: "Array", values: "Array") -> "Array":
    """(tokens, heads, size): each token of the text sees those before it and itself."""
    import numpy as np

    heads, size = asked.shape[1:]
    later = np.triu(np.full((ROWS, ROWS), -np.inf, np.float32), 1)
    turned = np.ascontiguousarray(keys.T)
    found = np.empty_like(asked)
    for start in range(0, len(asked), ROWS):
        end = min(len(asked), start + ROWS)
        rows = np.ascontiguousarray(asked[start:end].swapaxes(0, 1)).reshape(-1, size)  # one head below the other
        shares = rows @ turned[:, :end]
        shares.reshape(heads, end - start, end)[:, :, start:] += later[: end - start, : end - start]
        shares -= shares.max(axis=-1, keepdims=True)
        np.exp(shares, out=shares)
        seen = (shares @ values[:end]) / shares.sum(axis=-1, keepdims=True)
        found[start:end] = seen.reshape(heads, end - start, size).swapaxes(0, 1)
    return found


def _of_questions(asked: "Array", keys: "Array", values: "Array", text: int, longest: int) -> "Array":
    """(tokens, heads, size): each token of a question sees the whole text, and its own question up to itself."""
    import numpy as np

    heads, size = asked.shape[1:]
    rows = np.ascontiguousarray(asked[text:].swapaxes(0, 1))  # (heads, questions * longest, size)
    own_keys, own_values = (part[text:].reshape(-1, longest, size) for part in (keys, values))
    before = rows @ keys[:text].T
    within = rows.reshape(heads, -1, longest, size) @ own_keys.swapaxes(1, 2)
    within[..., np.triu(np.ones((longest, longest), bool), 1)] = -np.inf
    within = within.reshape(heads, -1, longest)
    highest = np.maximum(before.max(axis=-1, keepdims=True, initial=-np.inf), within.max(axis=-1, keepdims=True))
    for scores in (before, within):
        np.exp(np.subtract(scores, highest, out=scores), out=scores)
    summed = before.sum(axis=-1, keepdims=True) + within.sum(axis=-1, keepdims=True)
    own = (within.reshape(heads, -1, longest, longest) @ own_values).reshape(heads, -1, size)
    found: Array = (before @ values[:text] + own) / summed
    return found.swapaxes(0, 1)
