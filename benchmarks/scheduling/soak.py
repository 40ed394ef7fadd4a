"""Days of PubMed-like updates through a served schedule at high speed, while what takes part is killed at random.

    CHRONOKG_CI_CACHE=JARS .ci/neo4j/with.sh python -m benchmarks.scheduling.soak [--days 30] [--real ../shared/data/pubmed_xml]

A new day's file comes every few seconds. `chronokg schedule sync` reads what is new by runs of Prefect's real server, with a model server
in a process of its own and the graph on the Neo4j that CHRONOKG_TEST_NEO4J names (without one: in memory, and no database is killed).
Every so many seconds one of worker (the process of a run), schedule, model server, Prefect server and database is killed (SIGKILL). What
has died is started again, as systemd would do it; nothing else is done by hand. In the end all that was read is compared with one clean run.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.common import options_of
from benchmarks.scheduling.accounts import accounts
from benchmarks.scheduling.made_days import Day, made_days
from benchmarks.scheduling.soak_plan import Found, Plan
from benchmarks.scheduling.supervising import Database, Service, Supervisor, flow_runs, free_port
from flows.home.homes import open_home
from flows.jobs.syncing import state_in

ROOT = Path(__file__).resolve().parents[2]

LONG_S = 90.0


def told(text: str) -> None:
    """At once, also where the output goes into a file."""
    print(text, flush=True)


class Soak:
    """One home and all that takes part."""

    def __init__(self, plan: Plan, folder: Path, supervisor: Supervisor, say: Callable[[str], None] = told) -> None:
        self.plan, self.folder, self._supervisor, self._say = plan, folder, supervisor, say
        self.home, self.incoming = folder / "home", folder / "incoming"
        for each in (self.home, self.incoming):
            each.mkdir()
        self.days = made_days(plan.days, plan.seed, plan.records, plan.real)
        self.found = Found()
        self._chance = random.Random(plan.seed)
        self._ports = {"model": free_port(), "prefect": free_port()}
        self.graph = os.environ.get("CHRONOKG_TEST_NEO4J", "memory:")
        self._write_settings(self.home, self.graph)

    def _write_settings(self, home: Path, graph: str) -> None:
        """Of a home, with a source whose files nobody waits for long."""
        (home / "chronokg.toml").write_text(
            f'graph = "{graph}"\nmodel = "http://127.0.0.1:{self._ports["model"]}"\nreading = "votes"\nvotes = 2\nbatch = 8\nconcurrency = 8\n'
            f'[sources.pubmed]\nkind = "pubmed-files"\nat = "{self.incoming}"\nsettle = 0\n'
        )

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._ports['prefect']}/api"

    def environment(self, **more: str) -> dict[str, str]:
        access = {f"CHRONOKG_GRAPH_{what}": os.environ.get(f"CHRONOKG_TEST_NEO4J_{what}", "") for what in ("USER", "PASSWORD")}
        given = access if self.graph != "memory:" else {}
        return self._supervisor.environment(
            PYTHONPATH=os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            HOME=str(self.folder),
            DO_NOT_TRACK="1",
            **given,
            **more,
        )

    def start(self) -> None:
        """Model server, Prefect server, schedule; and the database is looked after from now on."""
        python, add = sys.executable, self._supervisor.add
        prefect = {
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_LOGGING_LEVEL": "WARNING",
        }
        answering = [python, "-m", "benchmarks.scheduling.answering", str(self._ports["model"]), str(self.folder / "answers")]
        add(Service("model", [*answering, "--delay", str(self.plan.delay_s)], self.environment(), self.folder))
        serving = [python, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self._ports["prefect"])]
        add(Service("prefect", serving, self.environment(**prefect), self.folder))
        if self.graph != "memory:":
            add(Database(Path(os.environ["CHRONOKG_TEST_NEO4J_START"]).parent, self.folder))
        schedule = ["schedule", "sync", "pubmed", "--every", self.plan.every, "--collision", "drop", "--home", str(self.home)]
        where = self.environment(PREFECT_API_URL=self.api, PREFECT_HOME=str(self.folder / "client"))
        add(Service("schedule", [python, "-m", "flows", *schedule], where, self.folder))

    def run(self) -> None:
        """Let days come and kill, then wait until all is read, and for a run that found nothing new."""
        begun = time.monotonic()
        coming = iter(self.days)
        next_day, next_kill, left = begun, self._first_run() + self._pause(), self.plan.kills
        day: Day | None = next(coming)
        while day is not None or (left or 0) > 0:
            now = time.monotonic()
            if day is not None and now >= next_day:
                day.put(self.incoming)
                day, next_day = next(coming, None), now + self.plan.day_s
            if now >= next_kill and (left is None or left > 0):
                self._kill()
                left, next_kill = (None if left is None else left - 1), now + self._pause()
            time.sleep(0.1)
        last = time.monotonic()
        self._wait("all days are read", lambda: len(state_in(open_home(self.home, reads_only=True), "pubmed").files) == len(self.days))
        self.found.late_s = time.monotonic() - last
        since = self.states()["Completed"]
        self._wait("another run is completed", lambda: self.states()["Completed"] > since + 1)
        with suppress(TimeoutError):
            self._wait("no run goes on", lambda: not self.going_on())
        self.found.unfinished = self.going_on()
        self.found.seconds = time.monotonic() - begun
        self._supervisor.leave("schedule").stop(60)

    def look(self) -> Found:
        """Compare with a clean run, and count."""
        found = self.found
        found.starts = {name: service.starts for name, service in self._supervisor.services.items()}
        found.states = self.states(messages=True)
        export = self.chronokg("export", "--home", str(self.home))
        clean = self.folder / "clean"
        clean.mkdir()
        self._write_settings(clean, "memory:")
        self.chronokg("sync", "pubmed", "--home", str(clean))
        found.is_equal, found.lines = export == self.chronokg("export", "--home", str(clean)), export.count("\n")
        status = json.loads(self.chronokg("status", "--json", "--home", str(self.home)))
        found.counts, found.set_aside = status["counts"], status["set_aside"]["open"]
        verified = json.loads(self.chronokg("verify", "--all", "--json", "--home", str(self.home)))
        found.verified = "ok" if verified["ok"] else str(verified)
        found.days = list(accounts(self.home, self.incoming, self.days))
        return found

    def chronokg(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flows", *words],
            env=self.environment(CHRONOKG_ORCHESTRATION="direct"),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"chronokg {' '.join(words)}: {done.stderr}")
        return done.stdout

    def states(self, *, messages: bool = False) -> Counter[str]:
        """How many runs are in which state."""
        names = (
            f"{run['state_name']}: {run['state']['message']}"
            if messages and run["state_name"] not in {"Completed", "Scheduled"}
            else run["state_name"]
            for run in self._runs()
        )
        return Counter(map(_without_numbers, names))

    def going_on(self) -> list[str]:
        """Runs that have neither ended nor are only due, for longer than one takes that finds nothing new."""
        going, now = ("RUNNING", "PENDING", "CANCELLING", "PAUSED"), datetime.now(UTC)
        found = [run for run in self._runs() if run["state_type"] in going]
        since = {run["id"]: (now - datetime.fromisoformat(run["state"]["timestamp"])).total_seconds() for run in found}
        return [f"{run['name']} ({run['state_name']})" for run in found if since[run["id"]] > LONG_S]

    def _runs(self) -> Iterator[dict[str, Any]]:
        begin = 0
        while some := self._asked({"limit": 200, "offset": begin, "sort": "EXPECTED_START_TIME_DESC"}):
            yield from some
            begin += len(some)

    def _asked(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        until = time.monotonic() + 60
        while True:
            try:
                answer = httpx.post(f"{self.api}/flow_runs/filter", json=body, timeout=20, trust_env=False)
                answer.raise_for_status()
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            else:
                return list(answer.json())

    def _first_run(self) -> float:
        self._wait("a first run", lambda: self._worker() is not None)
        return time.monotonic()

    def _worker(self) -> psutil.Process | None:
        found = flow_runs(self._supervisor.descendants())
        return next(iter(found.values()), None)

    def _pause(self) -> float:
        return self.plan.kill_s * self._chance.uniform(0.75, 1.25)

    def _kill(self) -> None:
        """One of those that take part, each as often as the others."""
        if not getattr(self, "_deck", None):
            self._deck = ["worker", *sorted(self._supervisor.services)]
            self._chance.shuffle(self._deck)
        victim = self._deck.pop()
        if victim == "worker":
            worker = None
            until = time.monotonic() + 15
            while worker is None and time.monotonic() < until:
                time.sleep(self._chance.uniform(0.0, 2.0))
                worker = self._worker()
            if worker is None:
                self._say("no worker to kill")
                return
            with suppress(psutil.Error):
                worker.kill()
        else:
            service = self._supervisor.services[victim]
            (service.kill_alone if victim == "schedule" else service.kill)()
        self.found.kills[victim] += 1
        read = len(list(self.incoming.glob("*.gz")))
        self._say(f"{time.strftime('%H:%M:%S')} killed {victim}; {read} days have come")

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + self.plan.patience_s
        while not is_so():
            if time.monotonic() > until:
                raise TimeoutError(f"within {self.plan.patience_s:g} s it did not come about that {what}")
            time.sleep(1)


def soak(plan: Plan, folder: Path, say: Callable[[str], None] = told) -> Found:
    """All of it, in an empty folder."""
    with Supervisor() as supervisor:
        one = Soak(plan, folder, supervisor, say)
        one.start()
        one.run()
        return one.look()


def _without_numbers(message: str) -> str:
    return message.partition(";")[0][:100]


def main() -> None:
    parser = options_of(__doc__)
    given = Plan()
    parser.add_argument("--days", type=int, default=given.days)
    parser.add_argument("--day-s", type=float, default=given.day_s)
    parser.add_argument("--kill-s", type=float, default=given.kill_s)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--seed", type=int, default=given.seed)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--keep", type=Path, help="an empty folder in which all of it stays")
    options = parser.parse_args()
    plan = Plan(options.days, options.day_s, options.kill_s, options.kills, seed=options.seed, real=options.real)
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(exist_ok=True)
        found = soak(plan, folder.resolve())
    for day in found.days:
        print(day)
    print(
        f"killed: {dict(found.kills)}; starts: {found.starts}; {found.seconds:.0f} s, the last {found.late_s:.0f} s to read what was left"
    )
    print(f"runs: {dict(found.states)}")
    print(
        f"export: {'equal' if found.is_equal else 'DIFFERENT'}, {found.lines:,} lines; verify: {found.verified}; set aside: {found.set_aside}"
    )
    for fault in found.faults:
        print(f"FAULT: {fault}")
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
