"""What documents brought and nothing used: mentions that stand nowhere, identifiers not read, second abstracts; counted by kind."""

from collections import Counter
from collections.abc import Sequence

from pipeline.files.mention_places import MISPLACED
from schema.document import Document
from schema.records import Tally

UNITS_OF_DOCUMENTS = ("mention", "identifier", "text")
"""What documents bring, in the order in which it is told."""

_LOUD = 10
"""A batch of which more than one mention in so many is not at its place says so."""


def tallies_of_unused(documents: Sequence[Document]) -> tuple[Tally, ...]:
    """A tally for each unit of which not all is used: what is, and what is skipped, by kind."""
    unused: dict[str, Counter[str]] = {unit: Counter() for unit in UNITS_OF_DOCUMENTS}
    for document in documents:
        for kind, number in document.unused.items():
            unit, _, reason = kind.partition(": ")
            unused[unit][reason] += number
    used = {
        "mention": sum(len(document.mentions) for document in documents),
        "identifier": sum(len(mention.identifiers) for document in documents for mention in document.mentions),
        "text": sum(bool(document.title) + len(document.passages) for document in documents),
    }
    return tuple(Tally(unit, used[unit], dict(sorted(reasons.items()))) for unit, reasons in unused.items() if reasons)


def warnings_on(tallies: Sequence[Tally]) -> list[str]:
    """What is to be said aloud of one batch: that many of its mentions are not where its documents say."""
    unit, _, reason = MISPLACED.partition(": ")
    told = ((tally.submitted, tally.skipped.get(reason, 0)) for tally in tallies if tally.unit == unit)
    return [
        f"Warning: {lost} of the {brought} mentions of a batch are not at their places in the text and are not used: are the offsets of"
        " these files those of this text?"
        for brought, lost in told
        if lost * _LOUD > brought
    ]
