"""prefect.yaml: each deployment can be loaded from the installed package, and its parameters are those of its job."""

import tomllib
from typing import Any, get_type_hints

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from flows.scheduling import prefect_flows
from flows.scheduling.job_functions import FUNCTIONS
from flows.scheduling.parameters import JOBS
from flows.timetable.plans import ARGUMENTS
from tests.conftest import ROOT

FILE = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS: list[dict[str, Any]] = FILE["deployments"]


def test_there_is_one_for_each_job() -> None:
    assert {each["entrypoint"].rpartition(".")[2] for each in DEPLOYMENTS} == set(JOBS)
    assert {each["name"] for each in DEPLOYMENTS} >= set(JOBS) - {"ingest", "sync"}
    assert len({each["name"] for each in DEPLOYMENTS}) == len(DEPLOYMENTS)


def test_each_job_is_a_flow_and_a_function_with_its_parameters() -> None:
    flows = {each.name: each.parameters.model_dump()["properties"] for each in vars(prefect_flows).values() if isinstance(each, Flow)}
    assert flows.keys() == JOBS.keys() == FUNCTIONS.keys()
    for name, kind in JOBS.items():
        assert get_type_hints(FUNCTIONS[name])["parameters"] is kind
        assert kind.__name__ in str(flows[name])


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=[each["name"] for each in DEPLOYMENTS])
def test_a_deployment_is_right(deployment: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(deployment["entrypoint"])
    flow.validate_parameters(deployment["parameters"])
    JOBS[flow.name].model_validate(deployment["parameters"]["parameters"])
    assert deployment["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert deployment["tags"][0] == "chronokg"
    assert deployment["concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_limit"]["collision_strategy"] in {"ENQUEUE", "CANCEL_NEW"}
    assert deployment["work_pool"]["name"] == "chronokg"
    for schedule in deployment["schedules"]:
        assert "cron" not in schedule or CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def test_no_folder_is_needed_to_import_a_flow_and_no_step_fetches_one() -> None:
    assert FILE["pull"] == []
    assert not any(":" in each["entrypoint"] for each in DEPLOYMENTS)


def test_what_may_cost_money_does_not_begin_by_itself() -> None:
    for each in DEPLOYMENTS:
        if "reads" in each["tags"]:
            assert not any(schedule["active"] for schedule in each["schedules"]), each["name"]


@pytest.mark.parametrize("job", JOBS)
def test_a_form_asks_first_for_what_the_job_alone_has_and_says_what_each_field_is(job: str) -> None:
    fields = JOBS[job].model_json_schema()["properties"]
    assert list(fields)[-2:] == ["home", "settings"]
    assert all(field.get("description") for field in fields.values())
    if job in ARGUMENTS and job != "backfill":
        assert next(iter(fields)) == ARGUMENTS[job]
