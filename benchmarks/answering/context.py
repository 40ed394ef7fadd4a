"""How fast a context comes from the log's index, for entities at random and for hubs; and what of that is ranking.

python -m benchmarks.answering.context [--facts 1000000] [--folder DIR] [--questions 200] [--profile] [--only-make]

Makes a home of so many observations (one in seven says the opposite of an earlier one) in the folder, unless it is there; a name is
unlike every other, so that what is measured is not a slip of the pen.
"""

import cProfile
import pstats
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice, takewhile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import polars as pl

from benchmarks.common import BIOMEDICAL, options_of, peak_mib
from benchmarks.graph.made import KINDS, OPPOSED, QUOTE, relations
from flows.answers.answers_from_log import context_for
from flows.answers.facts_asked import facts_about, paths_between
from flows.home.homes import Home, open_home
from flows.jobs.observing import observe_file
from pipeline.retrieving import chosen_facts, ranking

SEED = 20261130
PER_ENTITY = 6
"""Observations for each entity; heads are drawn from a Pareto distribution, so that few have very many."""
EXPONENT = 0.9


def name_of_made(number: int) -> str:
    """A made-up word for a number: letters of syllables, so that no two names are near each other."""
    syllables = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "xu", "za")
    mixed = (number * 2654435761) & 0xFFFFFFFF
    return "".join(syllables[(mixed >> shift) & 15] for shift in range(0, 32, 4)) + f"-{number}"


def rows(count: int) -> Iterator[dict[str, Any]]:
    """The same observations for the same number, as `observe` takes them."""
    rng, allowed, said = random.Random(SEED), relations(), []
    entities, number = count // PER_ENTITY, 0
    while number < count:
        document = number // 4
        if said and rng.random() < 0.15:
            head, relation, tail = said[rng.randrange(len(said))]
            relation = OPPOSED[relation]
        else:
            head, tail = min(int(rng.paretovariate(EXPONENT)), entities - 1), rng.randrange(entities)
            names = allowed[KINDS[head % 3], KINDS[tail % 3]]
            if head == tail or not names:
                continue
            relation = rng.choice(names)
            if OPPOSED.get(relation) in names:
                said.append((head, relation, tail))
        number += 1
        yield {
            "document": f"PMID:{document}",
            "published": f"{1990 + document % 35}-{1 + document % 12:02}-{1 + document % 28:02}",
            "source": "pubmed",
            "head": {"key": f"MADE:{head}", "type": KINDS[head % 3], "name": name_of_made(head)},
            "relation": relation,
            "tail": {"key": f"MADE:{tail}", "type": KINDS[tail % 3], "name": name_of_made(tail)},
            "confidence": round(rng.uniform(0.6, 0.95), 2),
            "quote": f"{QUOTE} ({number})",
        }


def made_home(folder: Path, count: int) -> Home:
    """A home with so many observations; made once."""
    made = folder / f"home-{count}"
    is_there = (made / "log").exists()
    home = open_home(made, graph="memory:")
    if not is_there:
        file = folder / f"made-{count}.parquet"
        made_rows = rows(count)
        parts = takewhile(len, iter(lambda: list(islice(made_rows, 50_000)), None))
        pl.concat(map(pl.DataFrame, parts)).write_parquet(file)
        begun = time.perf_counter()
        observe_file(home, file)
        home.complete_index()
        print(f"observed {count} in {time.perf_counter() - begun:.1f} s", file=sys.stderr)
    return home


def timed(calls: list[Callable[[], Any]]) -> list[tuple[float, float]]:
    """Milliseconds of each call: by the clock, and of this process on all cores."""
    found = []
    for call in calls:
        begun, spent = time.perf_counter(), time.process_time()
        call()
        found.append(((time.perf_counter() - begun) * 1000, (time.process_time() - spent) * 1000))
    return found


def shown(what: str, found: list[tuple[float, float]]) -> str:
    """One line of a table."""
    told = (f"{median(each):.0f} | {quantiles(each, n=20)[-1]:.0f}" for each in zip(*found, strict=True))
    return f"| {what} | {len(found)} | {' | '.join(told)} |"


def ranking_time(home: Home, questions: list[str]) -> list[tuple[float, float]]:
    """Milliseconds that each question spends in ranking: in `ranked`, which its module is given with a clock around it."""
    spent: list[tuple[float, float]] = []
    plain = ranking.ranked

    answer: list[pl.DataFrame] = []

    def clocked(*given: Any, **named: Any) -> pl.DataFrame:
        (clock, cpu), (took,) = spent[-1], timed([lambda: answer.append(plain(*given, **named))])
        spent[-1] = clock + took[0], cpu + took[1]
        return answer.pop()

    chosen_facts.ranked = clocked
    try:
        for question in questions:
            spent.append((0.0, 0.0))
            context_for(home, question)
    finally:
        chosen_facts.ranked = plain
    return spent


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/answering"))
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--only-make", action="store_true")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    home = made_home(given.folder, given.facts)
    if given.only_make:
        return
    rng = random.Random(SEED)
    verbs = {"treat": "treat", "cause": "cause", "inhibit": "inhibit"}
    assert verbs.keys() <= BIOMEDICAL.relations.keys()
    count = given.facts // PER_ENTITY
    at_random = [f"What does {name_of_made(rng.randrange(count))} {rng.choice(list(verbs))}?" for _ in range(given.questions)]
    pairs = [f"Does {name_of_made(rng.randrange(count))} still cause {name_of_made(rng.randrange(count))}?" for _ in range(given.questions)]
    hubs = [f"What does {name_of_made(number)} {rng.choice(list(verbs))}?" for number in range(1, 6)] * max(1, given.questions // 50)
    context_for(home, at_random[0])
    for number in range(1, 6):
        print(f"hub {number}: {facts_about(home, f'MADE:{number}')['total']} facts that hold", file=sys.stderr)
    if given.profile:
        for name, questions in (("random", at_random), ("hubs", hubs)):
            with cProfile.Profile() as profile:
                timed([lambda question=question: context_for(home, question) for question in questions])
            print(name)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
        return
    print("| what | calls | p50 ms | p95 ms | p50 CPU ms | p95 CPU ms |\n|---|---:|---:|---:|---:|---:|")
    for what, questions in (
        ("context, an entity at random", at_random),
        ("context, two at random", pairs),
        ("context, a hub that was asked about before", hubs),
    ):
        print(shown(what, timed([lambda question=question: context_for(home, question) for question in questions])))
    cold = [question for question in hubs[:5] for _ in range(4)]

    def forgotten(question: str) -> None:
        home.__dict__.pop("neighbourhoods", None)
        context_for(home, question)

    print(shown("context, a hub, the first question about it", timed([lambda question=question: forgotten(question) for question in cold])))
    for what, questions in (("of that ranking, at random", at_random), ("of that ranking, a hub", hubs)):
        print(shown(what, ranking_time(home, questions)))
    some = [(rng.randrange(count), rng.randrange(count)) for _ in range(given.questions // 4)]
    ways = [lambda a=a, b=b: paths_between(home, f"MADE:{a}", f"MADE:{b}") for a, b in some]
    print(shown("paths of three steps, two at random", timed(ways)))
    print(f"\n{given.facts:,} observations; most memory {peak_mib():.0f} MiB")


if __name__ == "__main__":
    main()
