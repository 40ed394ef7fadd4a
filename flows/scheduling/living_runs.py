"""Runs of Prefect that live hold a lease beside the log; those that died without a word are ended here, so that nobody waits for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Failed

from flows.engine.held_leases import RenewedLeases
from flows.home.homes import Home
from flows.home.terminal import note
from flows.scheduling.run_state import ANSWER_S, PREFECT_FAILED, TOLD_AGAIN_S, current_run
from schema.errors import StoreFailed
from schema.ids import stable_id

TAG = "chronokg"
"""On every deployment and every run of ours."""

SETTLED_S = 10.0
"""Seconds since a run's state has changed before it is looked at: one that is begun again takes its lease a little later."""

DIED = "its process ended without a word (killed, or the machine stopped); what it had recorded is in the log, and the next run goes on"
CANCELLED = "it was cancelled, and its process is gone; what it had recorded is in the log"

_MOST = 200
"""Runs that Prefect's server tells at once."""


@contextmanager
def living(home: Home) -> Iterator[None]:
    """For as long as the block runs, the flow run that we are in is known to live. What died before is ended meanwhile.

    The lease is not let go of at the end, as Prefect hears of that a little later: it ends with the process, or soon by itself.
    """
    run = current_run()
    if run is None:
        yield
        return
    with RenewedLeases(home.leases(f"run {run.name}"), "the run") as leases:
        leases.want_things({_lease(run.id)})  # where its last process, on another machine, still has it, a little later
        ended = Event()
        telling = Thread(target=copy_context().run, args=(_introduce, home, run, ended), name="introducing", daemon=True)
        telling.start()
        try:
            yield
        finally:
            ended.set()
            telling.join(ANSWER_S)


def sweep(home: Home, but: UUID | None = None) -> dict[str, str]:
    """End the runs on this home's log whose process is dead, except one; returns by name as what. Raises what PREFECT_FAILED names."""
    with get_client(sync_client=True, httpx_settings={"timeout": ANSWER_S}) as client:
        runs = [run for run in _unfinished(client, home) if run.id != but and _is_settled(run)]
        held = home.leases("sweep").held_by_others([_lease(run.id) for run in runs]) if runs else {}
        dead = [run for run in runs if _lease(run.id) not in held]
        endings = {run.id: _ending(run) for run in dead}
        for run, state in endings.items():
            client.set_flow_run_state(run, state)
        return {run.name: str(endings[run.id].message) for run in dead}


def tag_of(home: Home) -> str:
    """What runs are known by whose leases lie in one place: a copy of a home has the same log, and leases of its own.

    A folder's own number tells it: one that is seen at several paths, by machines or containers, has the same at each.
    """
    place = home.place_of_log
    number = place if isinstance(place, str) else place.stat().st_ino
    return f"log:{home.log.version().log[:8]}-{stable_id('leases', str(number))[:8]}"


def _introduce(home: Home, run: FlowRun, ended: Event) -> None:
    """Say whose run it is, so that it is ended if it dies, and look for others that did; again and again while Prefect is away."""
    while True:
        try:
            with get_client(sync_client=True, httpx_settings={"timeout": ANSWER_S}) as client:
                client.update_flow_run(run.id, tags=sorted({*run.tags, TAG, tag_of(home)}))
            for name, why in sweep(home, but=run.id).items():
                note(f"the run {name} is ended: {why}")
        except (*PREFECT_FAILED, StoreFailed):
            if ended.wait(TOLD_AGAIN_S):
                return
        else:
            return


def _unfinished(client: SyncPrefectClient, home: Home) -> Iterator[FlowRun]:
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG, tag_of(home)]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING])),
    )
    begin = 0
    while some := client.read_flow_runs(flow_run_filter=wanted, limit=_MOST, offset=begin):
        yield from some
        begin += len(some)


def _is_settled(run: FlowRun) -> bool:
    return run.state is not None and (datetime.now(UTC) - run.state.timestamp).total_seconds() > SETTLED_S


def _ending(run: FlowRun) -> "State[None]":
    if run.state is not None and run.state.is_cancelling():
        return Cancelled(message=CANCELLED)
    return Failed(message=DIED)


def _lease(run: UUID) -> str:
    return f"run:{run}"
