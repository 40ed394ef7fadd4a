"""Plans at Prefect's server: whose a deployment is, what is loss and what refusal, when an interval counts from, what is made up for."""

import asyncio
import os
import signal
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.deployments.runner import DeploymentApplyError
from prefect.exceptions import InvalidNameError, ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Completed, Failed, Late, Running

from flows.home.homes import Home
from flows.timetable import schedule_view, serving_plans, watching_runs
from flows.timetable.plans import Plan, When, parameters_of_job
from flows.timetable.schedule_view import scheduled
from flows.timetable.serving_plans import deployment_of, is_loss, serve
from flows.timetable.watching_runs import Watch
from schema.errors import StoreFailed, WrongUse
from tests.flows.jobs.reading_here import home_at

DAILY = When(every=timedelta(days=1))

ADDRESS = "http://127.0.0.1:4200/api"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_at(tmp_path / "kb", "scripted:none")


def plan_in(home: Home, when: When = DAILY) -> Plan:
    return Plan("construct", parameters_of_job("construct", [], None, {"home": str(home.path)}), when, "kb")


def refusal(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", ADDRESS)
    return PrefectHTTPStatusError("refused", request=request, response=httpx.Response(status, request=request))


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (httpx.ConnectError("refused"), True),
        (ConnectionResetError(), True),
        (RuntimeError("Failed to reach API at http://127.0.0.1:4200/api"), True),
        (refusal(503), True),
        (refusal(429), True),
        (caused(DeploymentApplyError("no"), refusal(502)), True),
        (ExceptionGroup("both", [httpx.ConnectError("refused"), refusal(500)]), True),
        (refusal(401), False),
        (caused(DeploymentApplyError("no"), refusal(422)), False),
        (InvalidNameError("R&D"), False),
        (ExceptionGroup("both", [httpx.ConnectError("refused"), refusal(401)]), False),
        (WrongUse("no"), False),
    ],
    ids=repr,
)
def test_a_server_that_refuses_is_not_lost(error: BaseException, lost: bool) -> None:
    assert is_loss(error) is lost


def test_what_the_server_refuses_ends_the_schedule_in_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: Any) -> None:
        raise caused(DeploymentApplyError("Error while applying deployment"), refusal(422))

    monkeypatch.setattr(serving_plans, "_served", refused)
    with pytest.raises(StoreFailed, match="Prefect's server refuses construct/kb: Error while applying"):
        asyncio.run(asyncio.wait_for(serve(plan_in(home), home, None, print), 10))


def test_a_schedule_goes_where_its_server_went(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    served_at: list[str] = []

    async def served(_runner: Any, _watch: Any, _served: Any, stopped: asyncio.Event) -> None:
        served_at.append(os.environ["PREFECT_API_URL"])
        if len(served_at) == 2:
            stopped.set()
        await asyncio.sleep(60)

    given_up: list[bool] = []
    own: Any = SimpleNamespace(ensure=lambda: "http://127.0.0.1:9/api", give_up=lambda: given_up.append(True))
    monkeypatch.setattr(serving_plans, "LOOK_S", 0.01)
    monkeypatch.setattr(serving_plans, "_served", served)
    monkeypatch.setattr(serving_plans, "use_server", lambda address: address and monkeypatch.setenv("PREFECT_API_URL", address))
    monkeypatch.setenv("PREFECT_API_URL", ADDRESS)
    asyncio.run(asyncio.wait_for(serve(plan_in(home), home, own, print), 20))
    assert served_at == [ADDRESS, "http://127.0.0.1:9/api"]
    assert given_up == [True]


def test_a_schedule_stops_in_seconds_though_its_server_takes_calls_and_answers_none(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def served(runner: Any, *_: Any) -> None:
        runner.started = True
        try:
            await asyncio.sleep(60)
        finally:
            told.append("ended")
            await asyncio.sleep(60)

    async def astop(_runner: Any) -> None:
        await asyncio.sleep(60)

    async def stopped_soon() -> None:
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGTERM)
        await serve(plan_in(home), home, None, print)

    monkeypatch.setattr(serving_plans, "STOP_S", 0.1)
    monkeypatch.setattr(serving_plans, "_served", served)
    monkeypatch.setattr(serving_plans.Runner, "astop", astop)
    monkeypatch.setattr(serving_plans, "use_server", lambda _: None)
    since = time.monotonic()
    asyncio.run(stopped_soon())
    assert (told, time.monotonic() - since < 10) == (["ended"], True)


def test_an_interval_counts_from_the_same_moment_whenever_the_schedule_is_begun(home: Home) -> None:
    for zone, first in (("UTC", datetime(2024, 1, 1, tzinfo=UTC)), ("Europe/Vienna", datetime(2023, 12, 31, 23, tzinfo=UTC))):
        (told,) = deployment_of(plan_in(home, When(every=timedelta(days=1), timezone=zone)), home).schedules or ()
        assert told.schedule.anchor_date == first  # type: ignore[union-attr]


class Known:
    """What a server says of the one deployment that it has."""

    def __init__(self, *tags: str, home: str = "/another/home") -> None:
        self.found = SimpleNamespace(tags=list(tags), parameters={"parameters": {"home": home}})

    async def read_deployment_by_name(self, name: str) -> Any:
        if name != "construct/kb":
            raise ObjectNotFound(refusal(404))
        return self.found


def require(plan: Plan, home: Home, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def client() -> Any:
        yield known

    monkeypatch.setattr(serving_plans, "get_client", client)
    asyncio.run(serving_plans._require_own_name(plan, home))


def test_a_deployment_of_another_home_is_not_taken(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_in(home)
    ours, others = deployment_of(plan, home).tags, deployment_of(plan, home_at(tmp_path / "other", "scripted:none")).tags
    require(plan, home, Known(*ours), monkeypatch)
    require(plan, home, Known("chronokg", home=str(home.path)), monkeypatch)  # of prefect.yaml
    for known in (Known(*others, home=str(home.path)), Known("chronokg")):  # the same path on another machine, and another path
        with pytest.raises(WrongUse, match=r"construct/kb is the schedule of another home, .*: choose another --name"):
            require(plan, home, known, monkeypatch)


def test_deployments_are_listed_whose_home_is_written_as_prefect_yaml_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    given: list[dict[str, Any]] = [{"home": "~/.chronokg"}, {}, {"home": str(tmp_path / ".chronokg")}, {"home": "/another"}]
    found = [SimpleNamespace(parameters={"parameters": each}) for each in given]

    @contextmanager
    def client(**_: Any) -> Any:
        yield SimpleNamespace(read_deployments=lambda **_: found)

    monkeypatch.setattr(schedule_view, "get_client", client)
    monkeypatch.setattr(schedule_view, "_row", lambda _, each: each.parameters["parameters"])
    assert scheduled(str(tmp_path / ".chronokg")) == given[:3]


@pytest.mark.parametrize(
    ("states", "asked"),
    [
        ([[]], 1),
        ([[Failed()]], 1),
        ([[Running()], [Running()], [Failed()], [Failed()]], 1),
        ([[Late()]], 0),
        ([[Completed(), Failed()]], 0),
        ([[Cancelled()], [Failed()]], 0),
    ],
)
def test_the_one_run_that_died_is_made_up_for_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, states: list[list[Any]], asked: int
) -> None:
    made: list[object] = []

    class Client:
        async def create_flow_run_from_deployment(self, identity: object) -> None:
            made.append(identity)

    @asynccontextmanager
    async def client() -> Any:
        yield Client()

    async def looked() -> None:
        monkeypatch.setattr(watch, "_runs", lambda: _soon([]))
        monkeypatch.setattr(watch, "_sweep", lambda: _soon(None))
        await watch.begin(uuid4())
        for each in states:
            if watch._owes_run:
                await watch._make_up([SimpleNamespace(state=state) for state in each])  # type: ignore[misc]

    monkeypatch.setattr(watching_runs, "get_client", client)
    watch = Watch(plan_in(home), home, owes_run=True)
    asyncio.run(looked())
    assert len(made) == asked


async def _soon(value: Any) -> Any:
    return value
