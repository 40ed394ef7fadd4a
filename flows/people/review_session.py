"""Working through names on a terminal: one after the other, each decision recorded at once."""

from collections.abc import Callable, Sequence

from flows.home.homes import Home
from flows.people.name_review import more_candidates, record_decision
from pipeline.identity.review_list import NameInReview, PossibleEntity
from schema.errors import WrongUse
from schema.records import Sameness

Ask = Callable[[str], str]
Say = Callable[[str], None]

KEYS = "a number: it is that one · k: another key · d: none of them · s: skip · q: quit"


def work_through(home: Home, names: Sequence[NameInReview], ask: Ask, say: Say, *, by: str) -> int:
    """Ask about each name; returns how many were decided. An interruption keeps what was, and the graph follows in any case."""
    decided = 0
    try:
        for place, one in enumerate(names, 1):
            candidates = more_candidates(home, one)
            _show(one, candidates, f"{place} of {len(names)}", say)
            answer = _answer(one, candidates, ask, say)
            if answer == "q":
                break
            if answer == "s":
                continue
            if _decide(home, one, candidates, answer, ask, say, by):
                decided += 1
    finally:
        if decided:
            home.bring_graph_along()
    return decided


def _answer(one: NameInReview, candidates: Sequence[PossibleEntity], ask: Ask, say: Say) -> str:
    numbers = [str(number) for number, _ in enumerate(candidates, 1)]
    while True:
        answer = ask(f"{one.name!r} is").strip().lower()
        if answer in ("k", "d", "s", "q") or answer in numbers:
            return answer
        say(KEYS)


def _decide(home: Home, one: NameInReview, candidates: Sequence[PossibleEntity], answer: str, ask: Ask, say: Say, by: str) -> bool:
    sameness, key, label = Sameness.SAME, "", ""
    if answer == "d":
        sameness = Sameness.DIFFERENT
    elif answer == "k":
        key = ask("the key").strip()
    else:
        chosen = candidates[int(answer) - 1]
        key, label = chosen.key, chosen.label
    try:
        say(str(record_decision(home, one.name, one.type, sameness, key, by=by, label=label)["text"]))
    except WrongUse as error:
        say(f"{error}; skipped")
        return False
    return True


def _show(one: NameInReview, candidates: Sequence[PossibleEntity], place: str, say: Say) -> None:
    say(f"\n[{place}] {one.name} ({one.type}), in {one.documents} document{'' if one.documents == 1 else 's'}")
    for sentence in one.sentences:
        say(f'    "{sentence}"')
    for number, candidate in enumerate(candidates, 1):
        say(f"  {number}  {candidate.label or candidate.key}  {candidate.key}  {candidate.score:.2f}  {candidate.reason}")
    say(KEYS)
