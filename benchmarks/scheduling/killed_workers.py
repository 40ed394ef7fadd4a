"""Extract workers on one log that are killed at random: how often each question was paid for, and whether anything is lost.

    python -m benchmarks.scheduling.killed_workers [--workers 8] [--kills 20] [--documents 800] [--s3]

`chronokg extract` processes read the same documents at the same time, of one home, with a model server in a process of its own that waits
before it answers and notes to whom it answered what. Whenever so many questions have been answered, at random, a worker is killed (SIGKILL)
and started again. A question counts as paid for when its answer was sent to a client that was still there. In the end the export must be
that of one worker that nobody disturbs. With --s3 the log lies on a local server that speaks S3, and the home on the machine.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import options_of
from benchmarks.scheduling.made_days import DRUGS, ILLNESSES, SAYINGS
from benchmarks.scheduling.supervising import Service, Supervisor, free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Plan:
    """How many of what."""

    workers: int = 8
    kills: int = 20
    documents: int = 800
    delay_s: float = 0.1
    concurrency: int = 4  # questions of one worker that are under way at the same time
    votes: int = 1  # rounds of questions about one document
    seed: int = 1
    on_s3: bool = False
    patience_s: float = 600.0


@dataclass
class Found:
    """What came of it."""

    answers: int = 0  # that were sent to a client that was there
    questions: int = 0
    gone: int = 0  # answers that nobody was there to hear
    dying: int = 0  # extra answers: the first one was sent to a reader that had been killed, whose connections still stood
    unkept_ms: list[float] = field(default_factory=list)  # extra answers: how long the first one had been sent when its reader was killed
    twice: list[str] = field(default_factory=list)  # extra answers for which there is no such reason
    kills: int = 0
    read: int = 0
    seconds: float = 0.0
    is_equal: bool = False
    set_aside: int = -1

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, in words; none where all is."""
        wrong = [f"paid for twice: {each}" for each in self.twice]
        wrong += [] if self.is_equal else ["the export differs from that of a clean run"]
        return wrong + ([f"{self.set_aside} set aside"] if self.set_aside else [])


def write_papers(path: Path, number: int, seed: int) -> Path:
    """Documents that bring their names, so that one question is asked about each."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for n in range(1, number + 1):
            drug, illness, m = chance.choice(DRUGS), chance.choice(ILLNESSES), chance.randint(20, 400)
            text = chance.choice(SAYINGS).format(drug=drug, illness=illness, n=chance.randint(1, m), m=m)
            title = f"Report {n}."
            places = ((drug, "Chemical", f"MESH:C{DRUGS.index(drug)}"), (illness, "Disease", f"MESH:D{ILLNESSES.index(illness)}"))
            mentions = [
                {"start": (at := len(title) + 1 + text.index(name)), "end": at + len(name), "text": name, "type": kind, "identifier": key}
                for name, kind, key in sorted(places, key=lambda place: text.index(place[0]))
            ]
            day = f"{1990 + n % 30}-{n % 12 + 1:02}"
            paper = {"id": f"PMID:{n}", "title": title, "abstract": text, "published": day, "source": "pubmed", "mentions": mentions}
            file.write(json.dumps(paper) + "\n")
    return path


class Workers:
    """Workers of one home, which are told apart by the key that they show the model server."""

    def __init__(self, plan: Plan, folder: Path, environment: dict[str, str]) -> None:
        self.plan, self.folder, self._environment = plan, folder, environment
        self.notes = folder / "answers"
        self.notes.touch()
        self._starts = 0
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.killed: dict[str, float] = {}  # when, by name

    def start(self) -> None:
        self._starts += 1
        name = f"w{self._starts}"
        with (self.folder / f"{name}.out").open("wb") as said:
            command = [
                sys.executable,
                "-m",
                "flows",
                "extract",
                str(self.folder / "papers.jsonl"),
                "--home",
                str(self.folder / "home"),
                "--json",
            ]
            environment = {**self._environment, "CHRONOKG_MODEL_KEY": name}
            self.running[name] = subprocess.Popen(command, env=environment, cwd=self.folder, stdout=said, stderr=said)

    def kill(self, chance: random.Random) -> None:
        """One that has asked something already, if there is one; another one is started."""
        alive = [name for name, process in self.running.items() if process.poll() is None]
        asked = {note["who"] for note in self.noted()}
        name = chance.choice(sorted(asked.intersection(alive)) or alive)
        self.killed[name] = time.monotonic()
        process = self.running.pop(name)
        process.kill()
        process.wait()
        self.start()

    def noted(self) -> list[dict[str, Any]]:
        text = self.notes.read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def end(self) -> None:
        until = time.monotonic() + self.plan.patience_s
        for name, process in self.running.items():
            code = process.wait(max(0.0, until - time.monotonic()))
            if code:
                raise RuntimeError(f"worker {name} ended with {code}: {(self.folder / f'{name}.out').read_text()}")


def kill_workers(plan: Plan, folder: Path, log: str = "", more: dict[str, str] | None = None) -> Found:
    """All of it, in an empty folder; `log` is where the log lies, `more` how it is reached."""
    write_papers(folder / "papers.jsonl", plan.documents, plan.seed)
    port, found = free_port(), Found()
    with Supervisor() as supervisor:
        environment = supervisor.environment(
            PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), CHRONOKG_ORCHESTRATION="direct", **(more or {})
        )
        answering = [
            sys.executable,
            "-m",
            "benchmarks.scheduling.answering",
            str(port),
            str(folder / "answers"),
            "--delay",
            str(plan.delay_s),
        ]
        supervisor.add(Service("model", answering, environment, folder))
        _home(folder / "home", port, plan, log)
        workers = Workers(plan, folder, environment)
        begun = time.monotonic()
        for _ in range(plan.workers):
            workers.start()
        _kill_some(plan, workers, found)
        workers.end()
        found.seconds = time.monotonic() - begun
        _count(workers, found)
        _home(folder / "clean", port, plan, "")
        _compare(folder, environment, found)
    return found


def _home(path: Path, port: int, plan: Plan, log: str) -> None:
    path.mkdir()
    settings = (
        f'graph = "memory:"\nmodel = "http://127.0.0.1:{port}"\nreading = "votes"\nvotes = {plan.votes}\nconcurrency = {plan.concurrency}\n'
    )
    (path / "chronokg.toml").write_text(settings + (f'log = "{log}"\n' if log else ""))


def _kill_some(plan: Plan, workers: Workers, found: Found) -> None:
    """At moments that are spread over the work at random."""
    chance = random.Random(plan.seed)
    moments = sorted(chance.uniform(0.02, 0.95) * plan.documents for _ in range(plan.kills))
    until = time.monotonic() + plan.patience_s
    for moment in moments:
        while len(workers.noted()) < moment:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(workers.noted())} of {plan.documents} documents were read within {plan.patience_s:g} s")
            time.sleep(0.02)
        time.sleep(chance.uniform(0.0, 0.2))
        workers.kill(chance)
        found.kills += 1


def _count(workers: Workers, found: Found) -> None:
    """Who paid for what, and why twice."""
    answers: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for note in workers.noted():
        if note["there"]:
            answers[note["asked"]].append(note)
        else:
            found.gone += 1
    found.questions, found.answers = len(answers), sum(map(len, answers.values()))
    for several in answers.values():
        for note in sorted(several, key=lambda each: each["sent"])[:-1]:
            died = workers.killed.get(note["who"])
            if died is None or died - note["sent"] > 1.0:
                found.twice.append(
                    f"report {note['about']}, by {[each['who'] for each in several]}, the first {died and died - note['sent']} s before its end"
                )
            elif died < note["sent"]:
                found.dying += 1
            else:
                found.unkept_ms.append(1000 * (died - note["sent"]))


def _compare(folder: Path, environment: dict[str, str], found: Found) -> None:
    def chronokg(*words: str) -> str:
        command = [sys.executable, "-m", "flows", *words]
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True).stdout

    home, clean = str(folder / "home"), str(folder / "clean")
    chronokg("extract", str(folder / "papers.jsonl"), "--home", clean)
    found.is_equal = chronokg("export", "--home", home) == chronokg("export", "--home", clean)
    status = json.loads(chronokg("status", "--json", "--home", home))
    found.set_aside, found.read = status["set_aside"]["open"], status["log"]["readings"]


@contextmanager
def object_store() -> Iterator[tuple[str, dict[str, str]]]:
    """Where a log can lie on a server that speaks S3, and how it is reached."""
    from tests.object_store import ObjectStore

    store = ObjectStore()
    try:
        yield store.place("log"), store.environment
    finally:
        with suppress(OSError):
            store.close()


def main() -> None:
    parser = options_of(__doc__)
    given = Plan()
    for name in ("workers", "kills", "documents", "concurrency", "votes", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(given, name))
    parser.add_argument("--delay-s", type=float, default=given.delay_s)
    parser.add_argument("--s3", dest="on_s3", action="store_true")
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as name:
        if plan.on_s3:
            with object_store() as (log, more):
                found = kill_workers(plan, Path(name), log, more)
        else:
            found = kill_workers(plan, Path(name))
    print(f"{found.kills} kills of {plan.workers} workers, {found.seconds:.0f} s; {found.read} readings of {plan.documents} documents")
    print(f"{found.questions} questions, {found.answers} answers to somebody who was there, {found.gone} to nobody")
    ages = ", ".join(f"{ms:.0f}" for ms in sorted(found.unkept_ms))
    print(f"asked again: {found.dying} that were answered to a reader just killed, whose connections still stood,")
    print(f"and {len(found.unkept_ms)} that had been sent and were not kept yet when their reader was killed ({ages} ms before)")
    print(f"export: {'equal' if found.is_equal else 'DIFFERENT'}; set aside: {found.set_aside}")
    for fault, number in Counter(found.faults).items():
        print(f"FAULT: {fault} ({number})")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
