"""Evidence as whole numbers, so that sums are exact in any order: weights, ageing, ceilings, belief.

All sums of evidence in ChronoKG are sums of the integers made here; nothing else computes a logarithm or a power.
"""

import math
from fractions import Fraction
from functools import lru_cache

NAT = 10**9
"""One nat of evidence in the unit of all weights, billionths of a nat."""

CONFIDENCE_CAP = 0.95
"""No single document says more than this, however sure its reader is."""


@lru_cache(maxsize=1 << 16)
def weight(confidence: float, worth: float) -> int:
    """Weigh one document's statement: `-ln(1 - w·c)` in billionths of a nat.

    `confidence` (0 to 1) is capped at CONFIDENCE_CAP; `worth` (0 to 1) is the trust in the source times its grade.
    """
    return round(-math.log1p(-worth * min(confidence, CONFIDENCE_CAP)) * NAT)


@lru_cache(maxsize=1 << 12)
def ceiling(trust: float) -> int:
    """All that a source trusted less than fully can weigh for one triple: `-ln(1 - trust)` in billionths of a nat."""
    return round(-math.log1p(-trust) * NAT)


@lru_cache(maxsize=1 << 16)
def grown(amount: int, days: int, half_life: float) -> int:
    """Scale a weight by `2^(days / half_life)`: later evidence weighs more against earlier, by the same factor on any day.

    Rounded to a whole number; exact for any span of the calendar.
    """
    periods, rest = divmod(days / half_life, 1.0)
    scaled = amount * 2.0**rest
    if periods < 900:
        return round(math.ldexp(scaled, int(periods)))
    return round(Fraction(scaled) * Fraction(2) ** int(periods))


def belief(asserting: int, denying: int) -> float:
    """How much evidence there is, times which way it points: `(1 - exp(-(A + N))) · A / (A + N)`, to six decimals."""
    total = asserting + denying
    if total == 0:
        return 0.0
    return round(-math.expm1(-total / NAT) * (asserting / total), 6)
