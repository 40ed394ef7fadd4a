"""Where two things of a document stand in it, in four digits: what a small model sees badly and counting sees at once."""

from agents.asking.tagging import TaggedDocument

MOST = 9
"""What a digit can say."""


def standing(tagged: TaggedDocument, one: int, other: int) -> str:
    """Title, together, often, often.

    The first digit tells which of the two the title (or first sentence) names: 1 the one, 2 the other, 3 both. Then in how many
    sentences both are, how often the one is named and how often the other; 9 stands for more as well.
    """
    ones, others = tagged.sentences_of[one], tagged.sentences_of[other]
    title = (0 in ones) + 2 * (0 in others)
    counts = (len(ones & others), len(tagged.entities[one].spans), len(tagged.entities[other].spans))
    return "".join(str(min(MOST, count)) for count in (title, *counts))
