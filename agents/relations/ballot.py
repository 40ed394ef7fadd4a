"""Counting sampled answers, and when further ones are not worth asking for. Pure."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class Ballot(Generic[C]):
    """Up to `most` answers; a candidate is admitted where its share of the valid ones reaches the threshold.

    It is settled when each decision, made now, differs from the one that all `most` answers would make with a probability of at
    most `error`. With an error of 0 it is settled when they cannot differ, with None when all are in.
    """

    def __init__(self, most: int, threshold: float, error: float | None = 0.0) -> None:
        self._most = most
        self._threshold = Fraction(str(threshold))
        self._asks_all = error is None
        self._error = error or 0.0
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
        left = self._left
        if self._asks_all:
            return left
        if left <= 0 or self.settled:
            return 0
        first = next(n for n in range(1, self._most + 1) if n == self._most or self._is_out(n))
        return min(left, first - self.asked if self.asked < first else max(1, self._most // 5 if not self._error else self.asked // 3))

    @property
    def settled(self) -> bool:
        """Whether every decision stands: on each candidate, on one that nobody has named, on whether the answers are of use."""
        if not self.asked:
            return False
        if self.hopeless or self.mostly_none_for_sure:
            return True
        return self._is_of_use and all(self._side_is_settled(count) for count in {0, *self._votes.values()})

    @property
    def hopeless(self) -> bool:
        """Whether under half of the answers will be valid: for sure, or with no more than the error to the contrary."""
        if 2 * (self.valid + self._left) < self._most:
            return True
        return self._error > 0.0 and self.asked > 0 and reaches(self._most, self.valid, self.asked, Fraction(1, 2)) <= self._error

    @property
    def mostly_none_for_sure(self) -> bool:
        """Whether over half of the valid answers will say none: for sure, or with no more than the error to the contrary."""
        if 2 * self.none > self.valid + self._left:
            return True
        some = self.valid - self.none
        return self._is_likely and 2 * self.none > self.valid and reaches(self._all_valid, some, self.valid, Fraction(1, 2)) <= self._error

    def shares(self) -> dict[C, float]:
        """Each candidate's share of the valid answers so far, the most named first."""
        return {candidate: count / self.valid for candidate, count in self._votes.most_common()}

    @property
    def _left(self) -> int:
        return self._most - self.asked

    @property
    def _all_valid(self) -> int:
        """How many answers will be valid if all that are left are."""
        return self.valid + self._left

    @property
    def _is_likely(self) -> bool:
        return self._error > 0.0 and self.valid > 0

    @property
    def _is_of_use(self) -> bool:
        """Whether the document will not be set aside."""
        if 2 * self.valid >= self._most and 2 * self.none + self._left <= self.valid:
            return True
        if not self._is_likely:
            return False
        invalid_half = 1.0 - reaches(self._most, self.valid, self.asked, Fraction(1, 2))
        none_half = 1.0 - reaches(self._all_valid, self.valid - self.none, self.valid, Fraction(1, 2))
        return max(invalid_half, none_half) <= self._error

    def _side_is_settled(self, count: int) -> bool:
        at_most, enough = self._all_valid, self._threshold * self._all_valid
        if count >= enough or at_most == 0 or count + self._left < enough:
            return True
        if not self._is_likely:
            return False
        admitted = reaches(at_most, count, self.valid, self._threshold)
        return (1.0 - admitted if count >= self._threshold * self.valid else admitted) <= self._error

    def _is_out(self, asked: int) -> bool:
        """Whether a candidate that none of so many answers names is out."""
        return self._most - asked < self._threshold * self._most or reaches(self._most, 0, asked, self._threshold) <= self._error


@lru_cache(maxsize=1 << 14)
def reaches(most: int, count: int, seen: int, share: Fraction) -> float:
    """The probability that `count` of `seen` answers becomes at least `share` of `most`, given what was seen.

    Nothing is known of the rate before (uniform prior), so the answers left are beta-binomial: Gelman et al., Bayesian Data
    Analysis, 3rd ed., section 2.4.
    """
    left = most - seen
    needed = max(0, math.ceil(share * most) - count)
    if needed > left:
        return 0.0
    yes, no = count + 1, seen - count + 1
    whole = _log_beta(yes, no)
    return min(1.0, sum(math.exp(_log_choose(left, n) + _log_beta(yes + n, no + left - n) - whole) for n in range(needed, left + 1)))


def _log_beta(a: int, b: int) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
