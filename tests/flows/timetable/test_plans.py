"""What a person says of a schedule, and the plan that it is."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.scheduling.parameters import IngestParameters, SyncParameters
from flows.timetable.plans import Plan, parameters_of_job, require_to_come, schedule_name, when_of
from schema.errors import WrongUse

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOME = {"home": "/kb", "settings": {"model": "http://127.0.0.1:8000/v1"}}


@pytest.mark.parametrize(
    ("every", "seconds"), [("90s", 90), ("30m", 1800), ("6h", 21600), ("1d", 86400), ("1h30m", 5400), ("1 w", 604800), ("2H", 7200)]
)
def test_an_interval_is_read_as_it_is_written(every: str, seconds: int) -> None:
    assert when_of(None, every, None, None).every == timedelta(seconds=seconds)


@pytest.mark.parametrize("every", ["", "6", "h", "6x", "-1h", "0s", "6h and more", "1.5h"])
def test_what_is_no_interval_is_refused(every: str) -> None:
    with pytest.raises(WrongUse, match="--every"):
        when_of(None, every, None, None)


def test_a_time_of_day_is_every_day_and_a_moment_is_once_in_the_zone_that_is_named() -> None:
    assert when_of(None, None, "03:15", "Europe/Vienna").cron == "15 3 * * *"
    once = when_of(None, None, "2026-12-01T03:15", "Europe/Vienna")
    assert (once.cron, once.at) == (None, datetime(2026, 12, 1, 2, 15, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("15 3 * * *", "6h", None, None), "choose one"),
        (("every night", None, None, None), "--cron 'every night'"),
        ((None, None, "25:00", None), "--at '25:00'"),
        (("15 3 * * *", None, None, "Vienna"), "--timezone 'Vienna'"),
    ],
)
def test_a_time_that_cannot_be_right_is_told_with_its_value(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        when_of(*given)


def test_parameters_come_from_flags_over_a_file_over_what_all_jobs_have(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"paths": ["a"], "set_aside_share": 0.5, "settings": {"batch": 4}}))
    words = ["b", "c", "--set-aside-share=0.1", "--since", "2020-01-01", "--no-constructs"]
    found = parameters_of_job("ingest", words, str(file), HOME)
    assert isinstance(found, IngestParameters)
    assert found.paths == ["b", "c"]
    assert (found.set_aside_share, str(found.since), found.constructs) == (0.1, "2020-01-01", False)
    assert found.settings == {"model": "http://127.0.0.1:8000/v1", "batch": 4}


def test_a_list_is_a_flag_again_and_again_and_json_may_stand_in_the_call() -> None:
    found = parameters_of_job("sync", ["pubmed", "--files", "a.xml.gz", "--files", "b.xml.gz"], '{"constructs": false}', HOME)
    assert isinstance(found, SyncParameters)
    assert (found.source, found.files, found.constructs) == ("pubmed", ["a.xml.gz", "b.xml.gz"], False)


@pytest.mark.parametrize(
    ("words", "mends"),
    [([], True), (["--no-mend"], False), (["--mend=false"], False), (["--mend=TRUE"], True), (["--no-mend=false"], True)],
)
def test_a_flag_may_say_true_or_false(words: list[str], mends: bool) -> None:
    assert parameters_of_job("maintain", words, None, HOME).model_dump()["mend"] is mends


def test_a_secret_that_is_refused_is_not_told() -> None:
    with pytest.raises(WrongUse, match="model_key is a secret") as failed:
        parameters_of_job("ingest", [], '{"settings": {"model_key": "s3cret"}}', HOME)
    assert "s3cret" not in str(failed.value)


def test_a_moment_that_has_passed_is_refused_unless_it_was_scheduled_before() -> None:
    when = when_of(None, None, "2026-11-30T11:59", None)
    plan = Plan("construct", parameters_of_job("construct", [], None, HOME), when, "kb")
    with pytest.raises(WrongUse, match=r"2026-11-30 11:59:00.* lies in the past, and nothing was scheduled for it as construct/kb"):
        require_to_come(plan, NOW, {"construct/other"}.__contains__)
    require_to_come(plan, NOW, {"construct/kb"}.__contains__)
    require_to_come(plan, NOW - timedelta(hours=1), lambda _: False)


def test_the_name_is_one_that_prefect_takes() -> None:
    assert [schedule_name(None, folder) for folder in ("kb", "R&D", "a%b <c>", "", " ")] == ["kb", "R-D", "a-b -c-", "home", "home"]
    assert schedule_name("each night", "R&D") == "each night"
    for wrong in ("a/b", "R&D", "", " "):
        with pytest.raises(WrongUse, match="is no name that Prefect takes"):
            schedule_name(wrong, "kb")


@pytest.mark.parametrize(
    ("job", "words", "parameters", "said"),
    [
        ("injest", [], None, "did you mean ingest"),
        ("ingest", ["--sinse", "2020"], None, "no parameter --sinse"),
        ("ingest", ["--since"], None, "--since needs a value"),
        ("ingest", ["--since", "soon"], None, "ingest: --since 'soon': "),
        ("ingest", ["--set-aside-share", "2"], None, "--set-aside-share '2': "),
        ("construct", ["papers"], None, "takes no argument 'papers'"),
        ("sync", ["a", "b"], None, "takes no argument 'b'"),
        ("sync", [], None, "sync: --source: Field required"),
        ("rebuild", ["--take-over=perhaps"], None, "--take-over=perhaps is neither true nor false"),
        ("rebuild", ["--take-over="], None, "--take-over= is neither true nor false"),
        ("ingest", [], "nowhere.json", "neither JSON nor a file"),
        ("ingest", [], "{", "is not JSON"),
        ("ingest", ["--home", "/other"], None, "no parameter --home"),
        ("ingest", [], '{"settings": {"model_key": "secret"}}', "is a secret"),
    ],
)
def test_what_cannot_be_right_is_told(job: str, words: list[str], parameters: str | None, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        parameters_of_job(job, words, parameters, HOME)
