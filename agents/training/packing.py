"""One sequence for a text and all questions about it: each sees the text and itself, as if it were the only one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Packed:
    """Token ids and positions (1, n), an additive mask (1, 1, n, n), and where each question ends (its last token)."""

    ids: Any
    positions: Any
    mask: Any
    ends: tuple[int, ...]


def packed(prefix: Sequence[int], lines: Sequence[Sequence[int]], device: Any, dtype: Any) -> Packed:
    """Positions of each line go on after the prefix; the mask is causal and hides the other lines."""
    ids, positions, block, ends = list(prefix), list(range(len(prefix))), [0] * len(prefix), []
    for number, line in enumerate(lines, 1):
        ids += line
        positions += range(len(prefix), len(prefix) + len(line))
        block += [number] * len(line)
        ends.append(len(ids) - 1)
    of = torch.tensor(block, device=device)
    seen = ((of[:, None] == of[None, :]) | (of[None, :] == 0)).tril()
    mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill(~seen, torch.finfo(dtype).min)
    return Packed(torch.tensor([ids], device=device), torch.tensor([positions], device=device), mask[None, None], tuple(ends))
