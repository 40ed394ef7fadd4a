"""How much room a text takes: in tokens, as whoever hands it to a model counts them."""

from collections.abc import Callable

Tokens = Callable[[str], int]
"""How many tokens a text has: any tokenizer, `lambda text: len(tokenizer.encode(text))`."""

CHARACTERS_PER_TOKEN = 4


def quarter_of_characters(text: str) -> int:
    """Tokens as they are estimated without a tokenizer: characters over four, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
