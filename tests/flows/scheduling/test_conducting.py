"""Who drives the batches: Prefect where a server is named, the command itself where none is; attempts and outcome are alike."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.engine.patience import Patience
from flows.scheduling.conducting import server_is_named
from schema.errors import StoreFailed, WrongUse
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, run_process, script, write_lines
from tests.flows.scheduling.asked_server import answers_in, asked, documents_in, of_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conducting")


@pytest.fixture(scope="module")
def documents(folder: Path) -> Path:
    return documents_in(folder)


@pytest.fixture(scope="module")
def answers(folder: Path) -> str:
    return answers_in(folder)


@pytest.fixture(scope="module")
def clean(documents: Path, answers: str, folder: Path) -> str:
    chronokg("ingest", documents, "--model", answers, home=folder / "clean", CHRONOKG_ORCHESTRATION="direct")
    return chronokg("export", home=folder / "clean")


def test_where_no_server_is_named_prefect_is_not_even_imported(documents: Path, answers: str, clean: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = ["chronokg", "ingest", str(documents), "--model", answers, "--home", str(home), "--graph", "memory:"]
    code = f"""
import sys
from flows.commands.chronokg import main
sys.argv = {words!r}
try:
    main()
finally:
    print("prefect" in sys.modules)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ(CHRONOKG_ORCHESTRATION="auto", CHRONOKG_BATCH="3", HOME=str(tmp_path)),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (told.stderr, told.stdout.splitlines()[-1]) == ("", "False")
    assert chronokg("export", home=home) == clean


@pytest.mark.parametrize("named_by", ["environment", "profile"])
def test_a_server_that_is_named_sees_a_flow_whose_tasks_are_some_batches_each_and_the_graph_is_the_same(
    named_by: str, server: str, documents: Path, answers: str, clean: str, tmp_path: Path
) -> None:
    before = {flow["id"] for flow in asked(server, "flow_runs")}
    home, named = tmp_path / "home", {"PREFECT_HOME": str(tmp_path / "prefect")}
    if named_by == "environment":
        named["PREFECT_API_URL"] = server
    else:
        (tmp_path / "prefect").mkdir()
        (tmp_path / "prefect" / "profiles.toml").write_text(f'active = "mine"\n[profiles.mine]\nPREFECT_API_URL = "{server}"\n')
    done = run_process("ingest", documents, "--model", answers, home=home, CHRONOKG_ORCHESTRATION="auto", CHRONOKG_BATCH="3", **named)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "documents: 8 submitted = 8 committed + 0 skipped + 0 set aside"
    assert chronokg("export", home=home) == clean
    (flow,) = [each for each in asked(server, "flow_runs") if each["id"] not in before]
    tasks = [task for task in of_run(server, "task_runs", flow["id"]) if task["name"].startswith("read")]
    assert (flow["state_type"], flow["state"]["message"]) == ("COMPLETED", "all committed")
    assert [(task["name"], task["state_type"]) for task in tasks] == [("read-batches-0-to-2", "COMPLETED")]


def test_a_run_that_sets_something_aside_ends_as_failed_with_how_much_and_why(server: str, documents: Path, tmp_path: Path) -> None:
    broken = [{"document": f"PMID:{n}", "reply": "nonsense"} if n < 3 else script(n) for n in range(1, 9)]
    model = f"scripted:{write_lines(tmp_path / 'broken.jsonl', broken)}"
    before = {flow["id"] for flow in asked(server, "flow_runs")}
    done = run_process("ingest", documents, "--model", model, home=tmp_path / "home", CHRONOKG_ORCHESTRATION="auto", PREFECT_API_URL=server)
    assert done.returncode == 1
    (flow,) = [each for each in asked(server, "flow_runs") if each["id"] not in before]
    assert flow["state_type"] == "FAILED"
    assert flow["state"]["message"].startswith("2 of 8 documents set aside (2 ")


def test_two_runs_that_overlap_read_each_document_once(server: str, documents: Path, answers: str, clean: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [
        sys.executable,
        "-m",
        "flows",
        "ingest",
        str(documents),
        "--model",
        answers,
        "--home",
        str(home),
        "--graph",
        "memory:",
        "--json",
    ]
    where = environ(CHRONOKG_ORCHESTRATION="auto", CHRONOKG_BATCH="1", PREFECT_API_URL=server)
    runs = [subprocess.Popen(command, cwd=ROOT, env=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [run.communicate(timeout=240) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    read = [json.loads(out)["document"]["committed"] for out, _ in told]
    assert sum(read) == 8
    assert chronokg("export", home=home) == clean


@pytest.mark.parametrize(("failures", "attempts"), [(2, 3), (9, 4)])
def test_a_batch_is_tried_again_where_log_or_graph_fail(failures: int, attempts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenacity import Retrying

    monkeypatch.setattr("flows.engine.patience.FIRST_S", (0, 0, 0))
    tried: list[int] = []

    def take() -> None:
        tried.append(1)
        if len(tried) <= failures:
            raise StoreFailed("busy")

    if failures >= attempts:
        with pytest.raises(StoreFailed, match="busy"):
            Retrying(**Patience().attempts())(take)
    else:
        Retrying(**Patience().attempts())(take)
    assert len(tried) == attempts


def test_an_error_that_no_attempt_mends_is_raised_at_once() -> None:
    from tenacity import AsyncRetrying

    tried: list[int] = []

    async def take() -> None:
        tried.append(1)
        raise WrongUse("no")

    with pytest.raises(WrongUse):
        asyncio.run(AsyncRetrying(**Patience().attempts())(take))
    assert len(tried) == 1


def test_prefect_without_a_server_and_with_one_that_is_away_are_told_in_a_sentence(documents: Path, answers: str, tmp_path: Path) -> None:
    where = {"home": tmp_path / "home", "HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path / "prefect")}
    none = run_process("ingest", documents, "--model", answers, CHRONOKG_ORCHESTRATION="prefect", **where)  # type: ignore[arg-type]
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr == (
        "chronokg: orchestration is 'prefect', and no Prefect server is named: set PREFECT_API_URL, or choose 'auto' or 'direct'\n"
    )
    away = {**where, "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    gone = run_process("ingest", documents, "--model", answers, CHRONOKG_ORCHESTRATION="auto", **away)  # type: ignore[arg-type]
    assert gone.returncode == 2
    assert gone.stderr.count("\n") == 1
    assert "http://127.0.0.1:9/api" in gone.stderr
    assert "CHRONOKG_ORCHESTRATION=direct" in gone.stderr


@pytest.mark.parametrize(
    ("file", "text", "is_named"),
    [
        ("pyproject.toml", "[project]\ndependencies = ['prefect>=3']\n", False),
        ("pyproject.toml", "[tool.prefect.api]\nurl = 'http://127.0.0.1:4200/api'\n", True),
        ("prefect.toml", "[api]\nurl = 'http://127.0.0.1:4200/api'\n", True),
        ("prefect.toml", "api.url = 'http://127.0.0.1:4200/api'\n", True),
        (".env", "PREFECT_API_URL=http://127.0.0.1:4200/api\n", True),
        (".env", "OTHER=1\n", False),
        ("none/profiles.toml", 'active = "ephemeral"\n[profiles.ephemeral]\nPREFECT_SERVER_EPHEMERAL_ENABLED = "true"\n', False),
        ("none/profiles.toml", '[profiles.local]\nPREFECT_API_URL = "http://127.0.0.1:4200/api"\n', True),
    ],
)
def test_every_file_that_prefect_takes_a_server_from_is_looked_into(
    file: str, text: str, is_named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_PROFILES_PATH", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "none"))
    assert not server_is_named()
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert server_is_named() is is_named
