"""Whether a model that answers is any good: where nearly no document gets a usable answer, it is not the documents."""

from collections import deque
from fractions import Fraction

from schema.errors import ModelFailed, ModelRefused, ModelUnavailable
from schema.ports import Extraction

LOOKED_AT = 50
"""Documents that are looked at together. With fewer a bad journal or one odd file would be taken for a broken model; with more, more is
paid for nonsense, and set aside for no fault of its own."""

TOO_MANY = Fraction(9, 10)
"""The share of them that may fail. Models that are of any use fail at far fewer than half; one that is broken, or asked in a way that it
does not understand, at all but the few that it answers by chance."""


class FailureWatch:
    """Counts, over the last documents that a model was asked about, those for which it gave no usable answer.

    What is no fault of its answers does not count: documents for which it was away, and answers that were paid for before.
    """

    def __init__(self, looked_at: int = LOOKED_AT, too_many: Fraction = TOO_MANY) -> None:
        self._too_many = too_many
        self._failed: deque[bool] = deque(maxlen=looked_at)

    def take(self, result: Extraction | ModelFailed) -> None:
        """What became of one document. Raises ModelRefused, in one sentence, once too many of the last ones failed.

        The sentence quotes no answer: it goes into logs, and an answer may quote a document.
        """
        if isinstance(result, ModelUnavailable):
            return
        is_failure = isinstance(result, ModelFailed)
        if isinstance(result, Extraction) and result.usage.cached and not result.usage.requests:
            return
        self._failed.append(is_failure)
        failures = sum(self._failed)
        if is_failure and len(self._failed) == self._failed.maxlen and failures > self._too_many * len(self._failed):
            raise ModelRefused(
                f"{failures} of the last {len(self._failed)} documents got no usable answer, so it is the model or its server that is"
                f" broken, and not the documents (the last one: {type(result).__name__}): ingest one document alone to see what it answers"
            )
