"""A job of the command line as a run of its Prefect flow: what comes of it is heard in this process, not read back from the server."""

from prefect.settings import PREFECT_API_URL

from flows.scheduling import prefect_flows
from flows.scheduling.job_result import JobResult
from flows.scheduling.parameters import JobParameters
from schema.errors import ChronoKGError, StoreFailed, WrongUse


def server() -> str | None:
    """The address of the server that Prefect's settings name, by environment, profile or file; None where they name none."""
    return PREFECT_API_URL.value() or None


async def conducted(parameters: JobParameters) -> JobResult:
    """Run the flow of this job here; raises what ended it before its time."""
    heard: list[JobResult | ChronoKGError] = []
    reset = prefect_flows.ended.set(heard)
    try:
        state = await getattr(prefect_flows, parameters.job)(parameters, return_state=True)
    except RuntimeError as cause:
        if "reach API" not in str(cause):
            raise
        raise WrongUse(f"Prefect: {cause}; start that server, or read without it: CHRONOKG_ORCHESTRATION=direct") from cause
    finally:
        prefect_flows.ended.reset(reset)
    if not heard:
        raise StoreFailed(f"Prefect ended the run: {state.name}: {state.message}")
    if isinstance(heard[0], ChronoKGError):
        raise heard[0]
    return heard[0]
