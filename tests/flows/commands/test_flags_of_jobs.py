"""Commands that are jobs: each flag arrives among the job's parameters."""

from pathlib import Path
from typing import Any

import pytest

from flows.commands.job_commands import conducted
from flows.home.homes import open_home
from flows.scheduling import conducting
from flows.scheduling.parameters import JOBS, JobParameters
from tests.flows.commands.running import run

RANGE = {"since": "2001-01-01", "until": "2002-02-02"}
DOCUMENTS = {**RANGE, "dates": "dates.tsv", "published": "2003"}

GIVEN: dict[str, tuple[list[str], dict[str, Any]]] = {
    "ingest": (["a.jsonl"], {**DOCUMENTS, "again": "model", "patience": "7.0"}),
    "extract": (["a.jsonl"], {**DOCUMENTS, "patience": "7.0"}),
    "backfill": (["a.jsonl"], {**DOCUMENTS, "parts": "3", "workers": "4", "runner": "dask", "address": "tcp://a:1", "patience": "7.0"}),
    "reread": (["prompt"], {**RANGE, "patience": "7.0"}),
    "sync": (["pubmed"], {"patience": "7.0"}),
    "maintain": ([], {"verify": "all", "export_to": "exports", "backup_to": "backups"}),
    "construct": ([], {}),
}


@pytest.mark.parametrize("command", GIVEN)
def test_each_flag_of_a_job_arrives(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[JobParameters] = []

    def hears(parameters: JobParameters, home: object) -> None:
        heard.append(parameters)
        raise SystemExit(0)

    for module in (conducted, conducting):
        monkeypatch.setattr(module, "run_job", hears)
    open_home(tmp_path, {})
    arguments, flags = GIVEN[command]
    run(command, *arguments, *(word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", value)), home=tmp_path)
    (parameters,) = heard
    told = {name: str(value) for name, value in parameters.model_dump(mode="json").items()}
    assert flags.items() <= told.items()
    assert parameters.job == ("ingest" if command == "extract" else command)
    assert parameters.job in JOBS
