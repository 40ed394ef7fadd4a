"""Where the sentences of a quote begin and end."""

import re
from functools import lru_cache

from pipeline.sentences.sentence_features import Span

_BOUNDARY = re.compile(r"[.!?]['\")\]]*\s+(?=[\"'(\[]?[A-Z0-9])")
_SHORT = re.compile(
    r"(?:^|[\s(\[])(?:[A-Z]|vs|e\.g|i\.e|al|cf|ca|approx|Figs?|No|Dr|Mr|Mrs|Ms|Prof|St|spp?|Inc|Ltd|Corp|Co|Jan|Feb|Mar"
    r"|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Sen|Gov|Gen)$"
)


@lru_cache(maxsize=1 << 12)
def sentence_spans(text: str) -> tuple[Span, ...]:
    """The sentences of a short text, in order; an abbreviation's dot ends none."""
    cuts = [0]
    for found in _BOUNDARY.finditer(text):
        if text[found.start()] != "." or not _SHORT.search(text, max(0, found.start() - 8), found.start()):
            cuts.append(found.end())
    return tuple((start, end) for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True) if text[start:end].strip())
