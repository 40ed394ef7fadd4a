"""Words that tell where a name cannot be, from a file beside the prompts."""

from agents.asking.prompting import prompt

_FILE = prompt("everyday-1")

EVERYDAY = frozenset(_FILE.section("everyday").split())
"""Words that are in no name, alone or beside others: they end a run. Verbs, adverbs, what papers say of themselves, units."""

QUALIFIERS = frozenset(_FILE.section("qualifiers").split())
"""Words that no name ends with, so that none of them is one alone."""

HEADS = frozenset(_FILE.section("heads").split())
"""Words that no name begins with: they need one before them that says of what."""
