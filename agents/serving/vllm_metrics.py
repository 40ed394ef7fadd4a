"""What a vLLM server tells of itself on `/metrics` (Prometheus text). Pure."""

import re

_WAITING = re.compile(r"^vllm:num_requests_waiting(?:\{[^}\n]*\})? ([0-9.e+]+)$", re.MULTILINE)
_BLOCK = re.compile(r'^vllm:cache_config_info\{[^}\n]*\bblock_size="(\d{1,5})"', re.MULTILINE)


def waiting(text: str) -> int | None:
    """How many requests wait for their turn, over all engines; None where the text does not say."""
    found = _WAITING.findall(text)
    return int(sum(map(float, found))) if found else None


def block_size(text: str) -> int | None:
    """Tokens in a block of the prefix cache: a prompt is found there in whole blocks only."""
    found = _BLOCK.search(text)
    return int(found[1]) if found else None
