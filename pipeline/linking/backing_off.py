"""What to ask for where a name as a whole is not known: less of it, or more; never sure."""

from typing import NamedTuple

from pipeline.linking.likeness import Written
from pipeline.linking.word_lists import ELLIPSES, EMPTY, GREEK, WEAK_HEADS

_MOST_DROPPED = 4


class Instead(NamedTuple):
    """Other words to ask for, what a name found by them scores at most, and why."""

    words: tuple[str, ...]
    score: float
    why: str


def instead_of(name: Written) -> list[Instead]:
    """What can be asked instead, the likeliest first."""
    found = [*_as_disease(name)] if name.kind == "Disease" else []
    found += _as_symbol(name) if name.kind == "Gene" else []
    found += _without_first(name)
    if name.kind != "Disease":
        found += _without_last(name)
    return found


def _as_disease(name: Written) -> list[Instead]:
    of_name = name.words
    found = []
    if len(of_name) > 1 and of_name[-1] in WEAK_HEADS:
        found.append(Instead((*of_name[:-1], "disease"), 0.7, f"{of_name[-1]} taken for disease"))
    for at, word in enumerate(of_name):
        if word in ELLIPSES and of_name[at + 1 : at + 2] not in ELLIPSES[word]:
            (meant,), *_ = ELLIPSES[word]
            found.append(Instead((*of_name[: at + 1], meant, *of_name[at + 1 :]), 0.92, f"with {meant} added"))
    found.append(Instead((*of_name, "disease"), 0.68, "with disease added"))
    return found


def _as_symbol(name: Written) -> list[Instead]:
    """The human gene of a name with h for human; a family's first member; a gene whose product's form is named."""
    of_name = name.words
    found = []
    if len(name.text) > 3 and name.text[0] == "h" and name.text[1].isupper():
        found.append(Instead((of_name[0][1:], *of_name[1:]), 0.75, "h taken for human"))
    if len(of_name) > 1 and of_name[-1] in GREEK:
        found.append(Instead(of_name[:-1], 0.65, f"without {of_name[-1]}"))
    if "/" in name.text and len(of_name) > 2:
        found.append(Instead(of_name[:-1], 0.6, "the first of several"))
    found += [Instead((*of_name, more), 0.6, f"the family's member {more}") for more in ("1", "a", "1a")]
    return found


def _without_first(name: Written) -> list[Instead]:
    of_name = name.words
    rest = (of_name[at:] for at in range(1, min(len(of_name), _MOST_DROPPED + 1)))
    return [
        Instead(part, round(0.55 + 0.15 * sum(map(len, part)) / len(name.compact), 3), f"without {' '.join(of_name[: -len(part)])}")
        for part in rest
        if part[0] not in EMPTY and len("".join(part)) > 2
    ]


def _without_last(name: Written) -> list[Instead]:
    of_name = name.words
    rest = (of_name[:-at] for at in range(1, min(len(of_name), _MOST_DROPPED)))
    return [
        Instead(part, round(0.52 + 0.15 * sum(map(len, part)) / len(name.compact), 3), f"without {' '.join(of_name[len(part) :])}")
        for part in rest
        if part[-1] not in EMPTY and len("".join(part)) > 2
    ]
