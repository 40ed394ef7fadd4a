"""Where the job `evaluate` looks for its gold."""

import asyncio
from pathlib import Path

import pytest

from flows.quality.evaluate import EvaluationRequest
from flows.scheduling.job_functions import Conduct, evaluate_job
from flows.scheduling.parameters import EvaluateParameters
from schema.errors import WrongUse


def test_a_job_finds_its_gold_in_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    asked: list[EvaluationRequest] = []

    def hears(_home: object, request: EvaluationRequest) -> None:
        asked.append(request)
        raise WrongUse("that is all")

    monkeypatch.setattr("flows.quality.evaluate.evaluate_reading", hears)
    parameters = EvaluateParameters(home=str(tmp_path / "kb"), gold=["~/gold"], documents=["~/papers", "here"])
    with pytest.raises(WrongUse, match="that is all"):
        asyncio.run(evaluate_job(parameters, Conduct()))
    assert (asked[0].gold, asked[0].documents) == ((tmp_path / "gold",), (tmp_path / "papers", Path("here")))
