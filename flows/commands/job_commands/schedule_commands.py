"""`chronokg schedule`: a job that runs by itself, what is scheduled, and a run that is asked for now."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import Call, command

if TYPE_CHECKING:
    from flows.home.homes import Home
    from flows.timetable.own_server import HomesPrefect
    from flows.timetable.plans import Plan

app = typer.Typer()


@command(app, "ontology", "model", "reading", makes=True, passes_on=True)
def schedule(
    call: Call,
    job: Annotated[
        str | None,
        typer.Argument(help="ingest, sync, backfill, reread, construct, rebuild, evaluate or maintain; none: what is scheduled."),
    ] = None,
    words: Annotated[
        list[str] | None, typer.Argument(help="Its parameters: paths, a source's name, or flags such as --set-aside-share 0.05.")
    ] = None,
    cron: Annotated[str | None, typer.Option("--cron", help="When, as a cron line: '15 3 * * *'.")] = None,
    every: Annotated[str | None, typer.Option("--every", help="When, as an interval: 90s, 30m, 6h, 1d.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="When: each day at a time (03:15), or once (2026-12-01T03:15).")] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Of --cron, --at and --every (default: UTC).")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Its name (default: the home's).")] = None,
    parameters: Annotated[str | None, typer.Option("--parameters", help="Parameters as JSON, or a file of it; flags go before.")] = None,
    concurrency: Annotated[int, typer.Option("--runs", min=1, help="Runs of it that may go on at the same time.")] = 1,
    collision: Annotated[str, typer.Option("--collision", help="What is due meanwhile: wait (default), or drop.")] = "wait",
    paused: Annotated[bool, typer.Option("--paused", help="Serve it, and let it run only when asked.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Ask for a run now of what is served already, and end.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="What is scheduled, when it runs next, how its last runs ended; and end.")] = False,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Of the home's own Prefect server (default: 4200).")] = None,
) -> None:
    """Run a job again and again until Ctrl-C, by the Prefect server that is named (PREFECT_API_URL), else by one of the home's own."""
    from flows.commands.job_commands.conducted import settings_given
    from flows.timetable.plans import Plan, parameters_of_job, schedule_name, when_of
    from schema.errors import WrongUse

    if collision not in ("wait", "drop"):
        raise WrongUse(f"--collision {collision!r} is neither wait nor drop")
    home = call.home
    own = _own_server(home, port)
    if listed or job is None:
        _show_scheduled(call, home, own)
        return
    name = schedule_name(name, home.path.resolve().name)
    if once:
        from flows.timetable.schedule_view import run_now

        _require_own(own)
        call.show_change(run_now(f"{job}/{name}"))
        return
    common = {"home": str(home.path.resolve()), "settings": settings_given(home)}
    told = parameters_of_job(job, words or (), parameters, common)
    when = when_of(cron, every, at, timezone)
    _serve(Plan(job, told, when, name, concurrency, "drop" if collision == "drop" else "wait", paused), home, own)


def _own_server(home: "Home", port: int | None) -> "HomesPrefect | None":
    """The home's own, which from now on is Prefect's for this process; None where another one is named."""
    from flows.home.processes import log_to_prefect
    from flows.scheduling.conducting import server_is_named
    from flows.timetable.own_server import HomesPrefect, use_server

    log_to_prefect()
    if may_be_named := server_is_named():
        from flows.scheduling.by_prefect import server

        if server() is not None:
            return None
    own = HomesPrefect(home.path.resolve() / "prefect", port)
    os.environ["PREFECT_HOME"] = str(own.folder)
    if own.address:
        os.environ["PREFECT_API_URL"] = own.address
    if may_be_named:
        # None was: it was a profile that is not in use, or a setting of another tool. Prefect has settled on having no server meanwhile,
        # and would run one for itself alone, which keeps no schedule.
        use_server(own.address)
    return own


def _require_own(own: "HomesPrefect | None") -> None:
    from schema.errors import WrongUse

    if own is not None and not own.answers():
        raise WrongUse("nothing is served at the moment: no Prefect server is named, and that of this home runs with `chronokg schedule`")


def _show_scheduled(call: Call, home: "Home", own: "HomesPrefect | None") -> None:
    from flows.timetable.schedule_view import rows_in_words, scheduled

    _require_own(own)
    rows = scheduled(str(home.path.resolve()))
    call.show_table(rows if call.as_json else rows_in_words(rows), none="nothing is scheduled")


def _serve(plan: "Plan", home: "Home", own: "HomesPrefect | None") -> None:
    from contextlib import nullcontext

    from flows.home.homes import now
    from flows.timetable.own_server import use_server
    from flows.timetable.plans import require_to_come
    from flows.timetable.sorted_output import sorted_output
    from flows.timetable.stopping import unwound_when_stopped
    from graph_store.holder_lock import HolderLock

    began = now()  # a moment that passes while the server comes up is made up for
    if own is not None and not own.address:
        require_to_come(plan, began, lambda _: False)  # before anything is started
    folder = home.path.resolve() / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    lock = HolderLock(folder / f"{plan.job}-{_file_name(plan.name)}.lock", f"{plan.deployment} is served")
    ours = (plan.deployment, "note: ", "chronokg: ")
    with (
        lock.held(0.0, f"chronokg schedule {plan.job}"),
        sorted_output(folder / "schedule.log", ours),
        unwound_when_stopped(),
        own.running() if own is not None else nullcontext(None) as address,
    ):
        use_server(address or "")
        from flows.timetable.schedule_view import is_deployed

        require_to_come(plan, began, is_deployed)
        _serve_by_server(plan, home, own)


def _serve_by_server(plan: "Plan", home: "Home", own: "HomesPrefect | None") -> None:
    import asyncio

    from flows.home.terminal import show_note
    from flows.scheduling.by_prefect import server
    from flows.timetable.serving_plans import serve
    from flows.timetable.stopping import heed_no_more

    def served(identity: str) -> None:
        pages = (server() or "").removesuffix("/api")
        show_note(f"{plan.deployment}: {plan.when}{', paused' if plan.paused else ''}; {pages}/deployments/deployment/{identity}")

    try:
        asyncio.run(serve(plan, home, own, served))
    finally:
        heed_no_more()
    show_note(f"{plan.deployment}: stopped; the same command goes on")


def _file_name(name: str) -> str:
    return Path("".join(letter if letter.isalnum() else "_" for letter in name)).name
