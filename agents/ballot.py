"""Counting sampled answers, and when further ones could no longer change what they decide. Pure."""

from collections import Counter
from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class Ballot(Generic[C]):
    """Up to `most` answers; a candidate is admitted where its share of the valid ones reaches the threshold."""

    def __init__(self, most: int, threshold: float) -> None:
        self._most = most
        self._threshold = Fraction(str(threshold))
        self._votes: Counter[C] = Counter()
        self.asked = 0
        self.valid = 0
        self.none = 0

    def add(self, candidates: Iterable[C] | None) -> None:
        """Count an answer; None is one that is not valid, an empty one says none."""
        self.asked += 1
        if candidates is None:
            return
        chosen = set(candidates)
        self.valid += 1
        self.none += not chosen
        self._votes.update(chosen)

    @property
    def next_round(self) -> int:
        """How many answers to ask for now; 0 where nothing is left to decide or to ask.

        The first round is the smallest after which a candidate that nobody has named is out.
        """
        left = self._most - self.asked
        if left <= 0 or self.settled:
            return 0
        first = next(n for n in range(1, self._most + 1) if self._most - n < self._threshold * self._most or n == self._most)
        return min(left, first - self.asked if self.asked < first else max(1, self._most // 5))

    @property
    def settled(self) -> bool:
        """Whether every decision stands, however the answers not yet given turn out (all for, all against, none valid)."""
        if self.hopeless or self.mostly_none_for_sure:
            return True
        left = self._most - self.asked
        fate = 2 * self.valid >= self._most and 2 * self.none + left <= self.valid
        return fate and all(self._side_is_fixed(count, left) for count in (0, *self._votes.values()))

    def _side_is_fixed(self, count: int, left: int) -> bool:
        at_most, all_valid = self.valid + left, self._threshold * (self.valid + left)
        return count >= all_valid or at_most == 0 or count + left < all_valid

    @property
    def hopeless(self) -> bool:
        """Whether under half of the answers will be valid, even if all that are left are."""
        return 2 * (self.valid + self._most - self.asked) < self._most

    @property
    def mostly_none_for_sure(self) -> bool:
        """Whether over half of the valid answers will say none, even if no answer that is left does."""
        return 2 * self.none > self.valid + self._most - self.asked

    def shares(self) -> dict[C, float]:
        """Each candidate's share of the valid answers so far, the most named first."""
        return {candidate: count / self.valid for candidate, count in self._votes.most_common()}
