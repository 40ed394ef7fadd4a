"""Choosing among options that there are: how a question becomes a query without any text of a model in it."""

from collections.abc import Mapping
from typing import Protocol


class OptionChooser(Protocol):
    """Says which of some options a question means."""

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        """For each option (with what it means) its probability, 1 together; the same question gets the same, but for a model's rounding."""
