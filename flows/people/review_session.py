"""Working through names on a terminal: one after the other, each decision recorded at once."""

from collections.abc import Callable, Sequence

from flows.home.homes import Home
from flows.people.name_review import more_candidates, record_decision
from pipeline.identity.review_list import NameInReview, PossibleEntity, meaning_of_answer, name_in_words
from schema.errors import WrongUse

Ask = Callable[[str], str]
Say = Callable[[str], None]

KEYS = "a number: it is that one · k: another key · d: none of them · s: skip · q: quit"


def work_through(home: Home, names: Sequence[NameInReview], ask: Ask, say: Say, *, by: str) -> int:
    """Ask about each name; returns how many were decided. An interruption keeps what was, and the graph follows in any case."""
    decided = 0
    try:
        for place, one in enumerate(names, 1):
            candidates = more_candidates(home, one)
            for each in name_in_words(one, candidates, f"{place} of {len(names)}"):
                say(each)
            say(KEYS)
            answer = _answer(one, candidates, ask, say)
            if answer == "q":
                break
            if answer == "s":
                continue
            decided += _decide(home, one, candidates, answer, ask, say, by)
    finally:
        if decided:
            home.bring_graph_along()
    return decided


def _answer(one: NameInReview, candidates: Sequence[PossibleEntity], ask: Ask, say: Say) -> str:
    known = {*"kdsq", *map(str, range(1, len(candidates) + 1))}
    while (answer := ask(f"{one.name!r} is").strip().lower()) not in known:
        say(KEYS)
    return answer


def _decide(home: Home, one: NameInReview, candidates: Sequence[PossibleEntity], answer: str, ask: Ask, say: Say, by: str) -> bool:
    key = ask("the key").strip() if answer == "k" else ""
    sameness, entity, label = meaning_of_answer(answer, candidates, key)
    try:
        say(str(record_decision(home, one.name, one.type, sameness, entity, by=by, label=label)["text"]))
    except WrongUse as error:
        say(f"{error}; skipped")
        return False
    return True
