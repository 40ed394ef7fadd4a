"""Words that can stand for options: each one token of a model, unlike the others."""

from collections.abc import Mapping, Sequence

from agents.serving.label_rows import UnfitLabels, UnlistedLabels
from schema.ports import LanguageModel


async def fitting_labels(model: LanguageModel, tries: Mapping[str, Sequence[str]]) -> dict[str, str] | None:
    """For each option the first of its words that fits; None where one has none."""
    left = {name: list(words) for name, words in tries.items()}
    while all(left.values()):
        words = {name: each[0] for name, each in left.items()}
        try:
            await model.score("", [":"], [f" {word}" for word in words.values()])
        except UnfitLabels as unfit:
            for each in left.values():
                if f" {each[0]}" in unfit.labels:
                    each.pop(0)
        except UnlistedLabels:
            return words  # nothing speaks against them: they are no likely words of an empty text
        else:
            return words
    return None
