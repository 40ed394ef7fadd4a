"""The setting `adapter`: which reader a home has, what counts for it beforehand, and what the check of a home says of it."""

import asyncio
from pathlib import Path

import pytest

from agents.models.embedded_model import embedded_model_available
from flows.answers.doctor import examine
from flows.home.homes import Home
from flows.wiring.readers import adapter_of, extractor_for, stand_in_for
from schema.errors import WrongUse
from tests.agents.adapters.made_adapters import NAME, write_adapter
from tests.flows.jobs.reading_here import home_at

pytestmark = pytest.mark.skipif(embedded_model_available() is not None, reason=f"no embedded model: {embedded_model_available()}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_adapter(tmp_path / "adapter", {})


def reader(home: Home) -> str:
    agent = extractor_for(home)
    asyncio.run(agent.close())
    return agent.reader.name


def model_check(home: Home) -> tuple[bool, str]:
    return next((each["ok"], each["detail"]) for each in examine(home)["checks"] if each["name"] == "model")


def test_a_home_reads_with_the_adapter_that_it_names_and_counts_for_the_same_reader(folder: Path, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", "embedded", adapter=str(folder))
    assert reader(home).startswith(f"labels/{NAME}/labels-2+")
    stand_in = stand_in_for(home)
    assert stand_in is not None
    assert stand_in.name == NAME
    assert model_check(home) == (True, f"embedded: {NAME}")


def test_without_one_or_by_votes_the_model_reads_as_it_comes(folder: Path, tmp_path: Path) -> None:
    plain = home_at(tmp_path / "plain", "embedded", adapter="none")
    assert reader(plain).startswith("labels/smollm2-135m-instruct-q4_1/labels-1+")
    votes = home_at(tmp_path / "votes", "embedded", adapter=str(folder), reading="votes")
    assert adapter_of(votes) is None
    assert reader(votes).startswith("votes/smollm2-135m-instruct-q4_1/")


def test_a_folder_without_an_adapter_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"skills\.json: No such file"):
        extractor_for(home_at(tmp_path / "home", "embedded", adapter=str(tmp_path)))


def test_the_check_of_a_home_tells_of_an_adapter_of_another_model(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "adapter", {}, skills={"base": {"file": "other.gguf", "sha256": "0" * 64}})
    ok, told = model_check(home_at(tmp_path / "home", "embedded", adapter=str(folder)))
    assert not ok
    assert "was trained on other.gguf" in told
