"""A model's own distribution over options: one token after the question, less what it would say to no question at all."""

import re
from collections.abc import Mapping

from agents.asking.prompting import LETTERS, filled, prompt, quoted
from agents.serving.fitting_labels import fitting_labels
from schema.errors import WrongUse
from schema.ports import LanguageModel

LONGEST_QUESTION = 400
_EXAMPLE = re.compile(r"\n\n(?=Question:)")
_SLOT = re.compile(r"\{(\w+)\}")
_LEAST = 1e-9


class ByProbabilities:
    """Chooses as a language model does; nothing that it could write is ever read."""

    def __init__(self, model: LanguageModel, version: str = "options-1") -> None:
        self._model, self._version = model, version
        self._labels: dict[tuple[str, ...], dict[str, str]] = {}
        self._before: dict[tuple[str, tuple[str, ...]], tuple[float, ...]] = {}

    async def choose(self, question: str, slot: str, options: Mapping[str, str]) -> Mapping[str, float]:
        """See the port: each option's probability, as a share of what it has where nothing is asked (contextual calibration)."""
        file, labels = prompt(self._version), await self._words(tuple(options))
        prefix, ending = _prefix(file.section(slot), options, labels)

        async def asked(text: str) -> tuple[float, ...]:
            # One question a request: what an embedded model answers varies a little with what is asked beside it.
            line = "\n" + filled(file.section("question"), {"question": text, "ending": ending})
            return (await self._model.score(prefix, [line], [f" {labels[option]}" for option in options])).rows[0]

        key = slot, tuple(options)
        if key not in self._before:
            self._before[key] = await asked(file.section("nothing"))
        row = await asked(quoted(question, LONGEST_QUESTION))
        shares = [share / max(_LEAST, before) for share, before in zip(row, self._before[key], strict=True)]
        return {option: share / sum(shares) for option, share in zip(options, shares, strict=True)}

    async def _words(self, options: tuple[str, ...]) -> dict[str, str]:
        if options not in self._labels:
            known = prompt(self._version).words
            found = await fitting_labels(self._model, {name: (*known.get(name, ()), name) for name in options})
            if found is None and len(options) > len(LETTERS):
                raise WrongUse(f"{len(options)} options, and choosing by letters knows {len(LETTERS)}")
            self._labels[options] = found or dict(zip(options, LETTERS, strict=False))
        return self._labels[options]


def _prefix(section: str, options: Mapping[str, str], labels: Mapping[str, str]) -> tuple[str, str]:
    """What stands before the question: what there is, and the examples that these options can answer; and the line that asks."""
    head, *examples = _EXAMPLE.split(section)
    legend = "\n".join(f"{labels[name]}: {told or name}" for name, told in options.items())
    fitting = [example for example in examples if set(_SLOT.findall(example)) <= options.keys()]
    words = {name: f" {label}" for name, label in labels.items()}
    shown = [_SLOT.sub(lambda found: words[found[1]], example) for example in fitting]
    ending = _SLOT.sub("", examples[0].rsplit("\n", 1)[-1])
    return "\n\n".join([filled(head, {"legend": legend}), *shown]) + "\n", ending
