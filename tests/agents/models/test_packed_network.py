"""The packed network against the same layers written out plainly, in double precision."""

import numpy as np
import pytest

from agents.models.packed_network import ROWS, Dimensions, Layer, Matrix, PackedNetwork

HEADS, KV_HEADS, SIZE, WIDE, VOCABULARY = 4, 2, 6, 20, 50
WIDTH = HEADS * SIZE
SHAPE = Dimensions(HEADS, KV_HEADS, 1e-5, 1000.0)


def network(layers: int = 2) -> PackedNetwork:
    chance = np.random.default_rng(3)

    def matrix(rows: int, columns: int) -> Matrix:
        return Matrix.of((chance.normal(size=(rows, columns)) / columns**0.5).astype(np.float32))

    def norm() -> np.ndarray:
        return chance.uniform(0.5, 1.5, WIDTH).astype(np.float32)

    made = [
        Layer(
            norm(),
            matrix((HEADS + 2 * KV_HEADS) * SIZE, WIDTH),
            matrix(WIDTH, WIDTH),
            norm(),
            matrix(2 * WIDE, WIDTH),
            matrix(WIDTH, WIDE),
        )
        for _ in range(layers)
    ]
    return PackedNetwork(SHAPE, matrix(VOCABULARY, WIDTH), tuple(made), norm())


def exact(matrix: Matrix) -> np.ndarray:
    return matrix.whole * matrix.scale[:, None].astype(float)


def normed(states: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return states / np.sqrt((states**2).mean(axis=1, keepdims=True) + SHAPE.epsilon) * weight


def turned(vector: np.ndarray, place: int) -> np.ndarray:
    found = vector.copy()
    for pair in range(SIZE // 2):
        angle = place * SHAPE.rope_base ** (-2 * pair / SIZE)
        x, y = vector[2 * pair], vector[2 * pair + 1]
        found[2 * pair] = x * np.cos(angle) - y * np.sin(angle)
        found[2 * pair + 1] = x * np.sin(angle) + y * np.cos(angle)
    return found


def plainly(model: PackedNetwork, tokens: list[int], labels: list[int]) -> np.ndarray:
    """One sequence, token by token and head by head."""
    states = exact(model.embeddings)[tokens]
    for layer in model.layers:
        rows = normed(states, layer.attention_norm) @ exact(layer.attention_in).T
        seen = np.zeros_like(states)
        for at in range(len(tokens)):
            for head in range(HEADS):
                group = HEADS * SIZE + head // (HEADS // KV_HEADS) * SIZE
                query = turned(rows[at, head * SIZE : (head + 1) * SIZE], at)
                keys = [turned(rows[to, group : group + SIZE], to) for to in range(at + 1)]
                values = rows[: at + 1, group + KV_HEADS * SIZE : group + (KV_HEADS + 1) * SIZE]
                weights = np.exp([query @ key / SIZE**0.5 for key in keys])
                seen[at, head * SIZE : (head + 1) * SIZE] = weights / weights.sum() @ values
        states = states + seen @ exact(layer.attention_out).T
        gate, up = np.split(normed(states, layer.network_norm) @ exact(layer.network_in).T, 2, axis=1)
        states = states + (gate / (1 + np.exp(-gate)) * up) @ exact(layer.network_out).T
    return normed(states[-1:], model.norm)[0] @ exact(model.embeddings)[labels].T


def tokens(count: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, VOCABULARY, count).tolist()


LABELS = [3, 7, 40]


@pytest.mark.parametrize("length", [1, 5, ROWS - 1, ROWS + 1])
def test_each_question_is_answered_as_if_it_came_alone_right_behind_the_text(length: int) -> None:
    model, text = network(), tokens(length, 1)
    questions = [tokens(count, 10 + count) for count in (3, 1, 6, 4)]
    found = model.scores(text, questions, LABELS)
    expected = np.array([plainly(model, [*text, *question], LABELS) for question in questions])
    assert found == pytest.approx(expected, abs=2e-5)


def test_a_question_may_come_without_a_text() -> None:
    model = network()
    assert model.scores([], [tokens(4, 2)], LABELS)[0] == pytest.approx(plainly(model, tokens(4, 2), LABELS), abs=2e-5)


def test_the_order_of_questions_and_their_neighbours_change_nothing() -> None:
    model, text = network(1), tokens(30, 4)
    questions = [tokens(count, count) for count in (2, 9, 5)]
    together = model.scores(text, questions, LABELS)
    assert model.scores(text, questions[::-1], LABELS)[::-1] == pytest.approx(together, abs=1e-5)
    assert model.scores(text, questions[:1], LABELS)[0] == pytest.approx(together[0], abs=1e-5)


def test_gates_that_are_far_shut_are_shut() -> None:
    model = network(1)
    layer = model.layers[0]
    shut = Matrix(layer.network_in.whole, layer.network_in.scale * 1e4)
    loud = PackedNetwork(
        SHAPE, model.embeddings, (Layer(*(getattr(layer, n) for n in Layer.__slots__[:4]), shut, layer.network_out),), model.norm
    )
    assert np.isfinite(loud.scores(tokens(9, 1), [tokens(2, 2)], LABELS)).all()


def test_whole_numbers_are_off_by_at_most_half_a_step_of_their_row() -> None:
    weights = np.random.default_rng(1).normal(size=(40, 30)).astype(np.float32) * np.logspace(-6, 3, 40, dtype=np.float32)[:, None]
    weights[3] = 0.0
    matrix = Matrix.of(weights)
    off = np.abs(exact(matrix) - weights).max(axis=1)
    assert (off <= np.abs(weights).max(axis=1) / 65534 * 1.01).all()
    assert not exact(matrix)[3].any()
    assert matrix.rows([5, 0]) == pytest.approx(exact(matrix)[[5, 0]], rel=1e-6)
