"""What is scheduled, when it runs next and how its last runs ended; and a run that is asked for now."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from flows.scheduling.living_runs import TAG
from flows.scheduling.parameters import JobParameters
from flows.scheduling.run_state import PREFECT_FAILED
from schema.errors import StoreFailed, WrongUse

LAST_RUNS = 3
"""Runs of each that are told."""


def scheduled(home: str) -> list[dict[str, Any]]:
    """A row for each deployment of ours in this home: name, schedule, next, status, and how its last runs ended. Raises StoreFailed."""
    try:
        with get_client(sync_client=True) as client:
            found = client.read_deployments(deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG])))
            ours = [each for each in found if home_of(each) == Path(home).resolve()]
            return [_row(client, each) for each in ours]
    except PREFECT_FAILED as cause:
        raise StoreFailed(f"Prefect's server could not be asked what is scheduled: {cause}") from cause


def is_deployed(name: str) -> bool:
    """Whether the server knows a deployment (`job/name`). Raises StoreFailed."""
    try:
        with get_client(sync_client=True) as client:
            client.read_deployment_by_name(name)
    except ObjectNotFound:
        return False
    except PREFECT_FAILED as cause:
        raise StoreFailed(f"Prefect's server could not be asked for {name}: {cause}") from cause
    return True


def home_of(deployment: DeploymentResponse) -> Path:
    """The home that a deployment works in, as this machine and its user understand `~` and the default."""
    told = deployment.parameters.get("parameters", {}).get("home", JobParameters.model_fields["home"].default)
    return Path(str(told)).expanduser().resolve()


def run_now(name: str) -> dict[str, Any]:
    """Ask for a run of a deployment (`job/name`) now; returns its name and id. Raises WrongUse where nobody serves one of this name."""
    try:
        with get_client(sync_client=True) as client:
            deployment = client.read_deployment_by_name(name)
            run = client.create_flow_run_from_deployment(deployment.id)
    except ObjectNotFound as cause:
        raise WrongUse(f"nothing of the name {name} is scheduled: `chronokg schedule` without --once does that first") from cause
    except PREFECT_FAILED as cause:
        raise StoreFailed(f"Prefect's server could not be asked for a run: {cause}") from cause
    served = "" if _is_served(deployment) else "; nobody serves it at the moment, so it waits until somebody does"
    return {"text": f"run {run.name} of {name} is due now{served}", "run": str(run.id), "name": run.name, "deployment": name}


def _row(client: SyncPrefectClient, deployment: DeploymentResponse) -> dict[str, Any]:
    one = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id]))
    flow = client.read_flow(deployment.flow_id)
    due = client.read_flow_runs(
        deployment_filter=one, flow_run_filter=_in("Scheduled", "Late"), sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=1
    )
    last = client.read_flow_runs(
        deployment_filter=one,
        flow_run_filter=_in("Completed", "Failed", "Crashed", "Cancelled", "Running", "AwaitingRetry", "Cancelling"),
        sort=FlowRunSort.START_TIME_DESC,
        limit=LAST_RUNS,
    )
    return {
        "schedule": f"{flow.name}/{deployment.name}",
        "when": ", ".join(_when(deployment.schedules)) or "when asked",
        "served": "paused" if deployment.paused else "yes" if _is_served(deployment) else "by nobody",
        "next": due[0].expected_start_time.isoformat(timespec="seconds") if due and due[0].expected_start_time else None,
        "last": [
            {
                "run": run.name,
                "began": run.start_time.isoformat(timespec="seconds") if run.start_time else None,
                "state": run.state_name,
                "message": run.state.message if run.state else None,
            }
            for run in last
        ],
    }


def rows_in_words(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same for a table: the last runs in a line each."""
    return [{**row, "last": "\n".join(_last(run) for run in row["last"]) or "none"} for row in rows]


def _last(run: dict[str, Any]) -> str:
    message = f": {run['message']}" if run["message"] else ""
    return f"{(run['began'] or '')[:16]} {run['state']}{message}"


def _in(*names: str) -> FlowRunFilter:
    return FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=list(names))))


def _is_served(deployment: DeploymentResponse) -> bool:
    return deployment.status is not None and deployment.status.value == "READY"


def _when(schedules: Iterable[Any]) -> list[str]:
    told = []
    for each in schedules:
        schedule = each.schedule
        cron, interval = getattr(schedule, "cron", None), getattr(schedule, "interval", None)
        words = f"cron {cron} ({schedule.timezone or 'UTC'})" if cron else f"every {interval}" if interval else "once"
        told.append(words if each.active else f"{words}, inactive")
    return told
