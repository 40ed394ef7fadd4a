"""Logs: off for who calls a command, lines for people or JSON for machines where they are asked for, and no secret in them."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.home.homes import open_home
from flows.home.watched import watched_run
from flows.jobs.observing import observe_file
from flows.watching.logs import SHORTEST_SECRET, begin_logs, end_logs, log_event, masking
from flows.watching.watchers import LogWatcher, let_watch
from schema.errors import MASK, ModelFailed, ModelRefused, ModelUnavailable, StoreFailed
from schema.ports import stage
from tests.flows.commands.running import chronokg, line, paper, run, script, write_lines

PASSWORD = "correct-horse-battery"


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What was written there since this was asked last."""
    yield lambda: capsys.readouterr().err
    end_logs()
    let_watch("logs", None)


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(each) for each in text.splitlines()]


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Path, str]:
    papers = write_lines(tmp_path / "papers.jsonl", [paper(n, "2001", "Drug one relieves illness one.") for n in range(1, 4)])
    broken = {"document": "PMID:3", "reply": "no JSON: relieves"}
    answers = write_lines(tmp_path / "answers.jsonl", [script(1), script(2), broken])
    return papers, f"scripted:{answers}"


def test_who_calls_a_command_sees_none(documents: tuple[Path, str], tmp_path: Path) -> None:
    done = run("ingest", documents[0], "--model", documents[1], home=tmp_path / "home")
    assert done.stderr == "Something was set aside: `chronokg set-aside list` tells what and why, `chronokg replay` tries it again.\n"


def test_events_of_a_run_carry_the_ids_of_run_batch_and_document(documents: tuple[Path, str], tmp_path: Path) -> None:
    asked = {"CHRONOKG_LOG_LEVEL": "debug", "CHRONOKG_LOG_FORMAT": "json", "CHRONOKG_BATCH": "2"}
    done = run("ingest", documents[0], "--model", documents[1], home=tmp_path / "home", **asked)
    told = events(done.stderr)
    runs = {each["run"] for each in told if "run" in each}
    assert len(runs) == 1
    assert [each["event"] for each in told if each["event"].startswith("run")] == ["run began", "run ended"]
    ended = next(each for each in told if each["event"] == "run ended")
    assert (ended["job"], ended["outcome"], ended["documents"], ended["level"]) == ("ingest", "short", 3, "info")
    read = {each["document"]: each for each in told if each["event"].startswith("document")}
    assert set(read) == {"PMID:1", "PMID:2", "PMID:3"}
    assert (read["PMID:1"]["event"], read["PMID:1"]["claims"], read["PMID:1"]["level"]) == ("document ended", 1, "debug")
    assert (read["PMID:3"]["event"], read["PMID:3"]["error"], read["PMID:3"]["level"]) == ("document failed", "ModelFailed", "warning")
    assert "reason" not in read["PMID:3"], "a model's reply may quote the document"
    recorded = [each for each in told if each["event"] == "append ended"]
    assert len({each["batch"] for each in recorded}) == len(recorded) == 2
    note = next(each for each in told if each["event"] == "note")
    assert note["text"].startswith("Something was set aside")
    assert "relieves" not in done.stderr


def test_lines_are_for_people_and_what_others_wrote_acts_on_no_terminal(stderr: Callable[[], str]) -> None:
    begin_logs("info")
    log_event("batch ended", documents=16, batch="b\x1b[31m")
    log_event("too quiet", "debug")
    (said,) = stderr().splitlines()
    assert "[info     ] batch ended" in said
    assert "documents=16" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_masked_wherever_they_stand(form: str, stderr: Callable[[], str]) -> None:
    begin_logs("debug", form, [PASSWORD])
    log_event("asked", "error", at=f"bolt://neo4j:{PASSWORD}@host", told={"key": [f"Bearer {PASSWORD}"]}, error=StoreFailed(PASSWORD))
    log_event(f"with {PASSWORD}")
    logging.getLogger("neo4j").error("refused %s", PASSWORD)
    try:
        raise StoreFailed(f"no access with {PASSWORD}")
    except StoreFailed:
        logging.getLogger("somewhere").exception("failed")
    said = stderr()
    assert PASSWORD not in said
    assert said.count(MASK) >= 5
    assert "Traceback" in said


@given(st.text(min_size=SHORTEST_SECRET, max_size=12), st.text(max_size=20), st.text(max_size=20))
def test_no_text_around_a_secret_hides_it(secret: str, before: str, after: str) -> None:
    told = masking([secret])(None, "info", {"event": before + secret + after, "more": [{"x": (secret,)}]})
    assert secret in MASK or secret not in told["event"].replace(MASK, "\0") or secret in before + after
    assert secret in MASK or secret not in str(told["more"][0]["x"][0])


def test_libraries_are_heard_from_warnings_on_and_are_as_before_when_logs_end(stderr: Callable[[], str]) -> None:
    before = logging.getLogger("neo4j").level, logging.getLogger().level, list(logging.getLogger().handlers)
    begin_logs("info", "json")
    logging.getLogger("httpx").info("HTTP Request: POST")
    logging.getLogger("neo4j.io").warning("deadlock, tried again")
    logging.getLogger("prefect.runner").warning("late")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)  # in here: pytest has its own ear for warnings
        warnings.warn("old", UserWarning, stacklevel=1)
    assert [(each["logger"], each["level"]) for each in events(stderr())] == [
        ("prefect.runner", "warning"),
        ("py.warnings", "warning"),
    ]
    end_logs()
    logging.getLogger("prefect.runner").warning("nobody hears this here")
    assert (logging.getLogger("neo4j").level, logging.getLogger().level, list(logging.getLogger().handlers)) == before
    assert "nobody hears" not in stderr()


def test_a_failed_run_says_why_in_one_sentence(stderr: Callable[[], str]) -> None:
    begin_logs("info", "json")
    from flows.home.watched import LogWatcher

    let_watch("logs", LogWatcher())
    with pytest.raises(StoreFailed), stage("run", job="ingest", run="r1"):
        raise StoreFailed("the disk is full")
    began, failed = events(stderr())
    assert (began["event"], failed["event"], failed["level"]) == ("run began", "run failed", "error")
    assert (failed["error"], failed["reason"], failed["run"]) == ("StoreFailed", "the disk is full", "r1")


def test_a_schedule_logs_unless_the_settings_say_otherwise(stderr: Callable[[], str], tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", graph="memory:", log_format="json")
    with watched_run(home, "nightly", run="run-7", by_default="info"):
        observe_file(home, write_lines(tmp_path / "l.jsonl", [line("PMID:1", "2001")]))
    told = events(stderr())
    assert {each["run"] for each in told if each["job"] == "nightly"} == {"run-7"}
    assert "append ended" in [each["event"] for each in told]
    silent = open_home(tmp_path / "home", graph="memory:", log_level="off")
    with watched_run(silent, "nightly", by_default="info"):
        observe_file(silent, write_lines(tmp_path / "l.jsonl", [line("PMID:2", "2001")]))
    assert stderr() == ""


def test_the_next_command_is_as_silent_as_its_settings_say(tmp_path: Path) -> None:
    lines = write_lines(tmp_path / "l.jsonl", [line("PMID:1", "2001")])
    assert "run ended" in run("observe", lines, home=tmp_path / "home", CHRONOKG_LOG_LEVEL="info").stderr
    assert run("status", home=tmp_path / "home").stderr == ""
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["log"]["batches"] == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ModelFailed("no JSON: 'relieves'"), None), (ModelUnavailable("it is away"), "it is away"), (ModelRefused("HTTP 401"), "HTTP 401")],
)
def test_what_a_model_answered_is_no_reason_of_a_batch_or_a_run(error: Exception, reason: str | None, stderr: Callable[[], str]) -> None:
    begin_logs("info", "json")
    let_watch("logs", LogWatcher())
    with pytest.raises(type(error)), stage("run", job="adjudicate", run="r1"), stage("batch"):
        raise error
    failed = [each for each in events(stderr()) if str(each["event"]).endswith("failed")]
    assert [(each["error"], each.get("reason")) for each in failed] == [(type(error).__name__, reason)] * 2


def test_a_model_that_answers_nonsense_stops_a_run_whose_log_quotes_none_of_it(tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", [paper(n, "2001", "Drug one relieves illness one.") for n in range(1, 61)])
    answers = [{"document": f"PMID:{n}", "reply": "no JSON: relieves"} for n in range(1, 61)]
    model = f"scripted:{write_lines(tmp_path / 'answers.jsonl', answers)}"
    asked = {"CHRONOKG_LOG_LEVEL": "debug", "CHRONOKG_LOG_FORMAT": "json", "CHRONOKG_BATCH": "60", "CHRONOKG_CONCURRENCY": "60"}
    done = run("ingest", papers, "--model", model, home=tmp_path / "home", **asked)
    assert done.returncode == 2
    assert "got no usable answer" in done.stderr
    assert "relieves" not in done.stderr
