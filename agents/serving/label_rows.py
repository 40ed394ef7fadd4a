"""The labels' probabilities among the tokens that a server lists: recognised in whatever way it writes them, or refused by name. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from schema.errors import ModelFailed

Row = tuple[float, ...]

UNSAID = 0.1
"""What labels that a server does not list may have together, as a share: too little for any of them to become a claim."""

# How tokenizers write a blank before a word, and a line's end, where a server gives their pieces as they are.
_PIECES = str.maketrans({"\u0120": " ", "\u2581": " ", "\u010a": "\n"})


class UnfitLabels(ModelFailed):
    """Some labels are not distinct single tokens of the model; `labels` are these, so that others can be tried."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(f"not distinct single tokens of the model: {', '.join(map(repr, labels))}")
        self.labels = tuple(labels)


class NoProbabilities(ModelFailed):
    """An answer has no probabilities of tokens at all."""


class UnlistedLabels(ModelFailed):
    """A server lists too few of the labels for their probabilities to be known."""


def row_of_tokens(labels: Sequence[str], listed: Mapping[str, float | None]) -> Row:
    """The distribution over the labels, given the log-probabilities of the likeliest tokens as a server writes these; null is none at all.

    Raises UnlistedLabels where the labels are not among them, UnfitLabels where what is listed is only the beginning of some.
    """
    tops = {token: 0.0 if value is None else math.exp(min(0.0, value)) for token, value in listed.items()}
    if any(math.isnan(share) for share in tops.values()):
        raise ModelFailed("the model server's answer gives a probability that is no number")
    plain: dict[str, float] = {}
    for token, share in tops.items():
        word = token if token in labels else token.translate(_PIECES)
        plain[word] = plain.get(word, 0.0) + share
    if plain.keys().isdisjoint(labels):  # some servers leave out the blank before a word
        bare = {label.strip(): label for label in labels}
        plain = {bare.get(word, word): share for word, share in plain.items()} if len(bare) == len(set(labels)) else plain
    _check_beginnings(labels, plain)
    return label_row(labels, plain, [repr(token) for token in list(listed)[:5]])


def label_row(labels: Sequence[Any], known: Mapping[Any, float], shown: Sequence[str] = ()) -> Row:
    """The labels' shares of what they have together; `shown` are the tokens that the server lists, for messages.

    A label that is not listed has at most the smallest probability listed, and its share of what is left: where that could be more than
    a trifle nothing is known of it, and nothing is guessed.
    """
    missing = [label for label in labels if label not in known]
    left = max(0.0, 1.0 - sum(known.values()))
    bound = min(min(known.values(), default=0.0), left / len(missing)) if missing else 0.0
    raw = [known.get(label, bound) for label in labels]
    total = sum(raw)
    if len(missing) == len(labels) or bound * len(missing) > UNSAID * total:
        listed = f"; it lists {', '.join(shown)}" if shown else ""
        told = f"{len(labels) - len(missing)} of {len(labels)} labels"
        raise UnlistedLabels(
            f"the model server's answer lists {told}, too few to know their probabilities{listed}: nothing is guessed; --reading votes"
            " needs no probabilities"
        )
    if not math.isfinite(total) or total <= 0.0 or min(raw) < 0.0:
        raise ModelFailed("the model server gave no probability to any label")
    return tuple(value / total for value in raw)


def _check_beginnings(labels: Sequence[str], listed: Mapping[str, float]) -> None:
    """A token that is the beginning of labels only may stand for these: more of that than a trifle leaves their probability unknown."""
    recognised = sum(listed.get(label, 0.0) for label in labels)
    begun = {
        token: share for token, share in listed.items() if token not in labels and len(token.strip()) > 1 and share > UNSAID * recognised
    }
    unfit = [label for label in labels if label not in listed and any(label.startswith(token) for token in begun)]
    if unfit:
        raise UnfitLabels(unfit)
