"""`ingest`: counts that reconcile, failures that replay, crashes that leave no mark."""

import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, counts, environ, paper, run, run_process, script, write_lines

PAPERS = [paper(n, f"{1990 + n}-03") for n in range(1, 9)]
ANSWERS = [script(n, "prevent" if n < 5 else "cause", 0.7 + n / 40) for n in range(1, 9)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ingest")


@pytest.fixture(scope="module")
def documents(folder: Path) -> Path:
    return write_lines(folder / "papers.jsonl", PAPERS)


@pytest.fixture(scope="module")
def answers(folder: Path) -> str:
    return f"scripted:{write_lines(folder / 'answers.jsonl', ANSWERS)}"


@pytest.fixture(scope="module")
def clean(documents: Path, answers: str, folder: Path) -> str:
    """The export of a run that nothing disturbs."""
    chronokg("ingest", documents, "--model", answers, home=folder / "clean")
    return chronokg("export", home=folder / "clean")


def test_every_document_is_read_once_and_a_second_run_finds_everything_done(documents: Path, answers: str, tmp_path: Path) -> None:
    told = chronokg("ingest", documents, "--model", answers, "--json", home=tmp_path / "home")
    assert counts(told) == {"submitted": 8, "committed": 8, "skipped": {}, "set_aside": {}}
    assert counts(told, "claim")["committed"] == 8
    before = chronokg("export", home=tmp_path / "home")
    again = chronokg("ingest", documents, "--model", answers, "--json", home=tmp_path / "home")
    assert counts(again)["skipped"] == {"read before": 8}
    assert chronokg("export", home=tmp_path / "home") == before
    assert len([line for line in before.splitlines() if '"kind": "document"' in line]) == 8


def test_files_in_any_order_and_any_batches_give_the_same_export(answers: str, clean: str, tmp_path: Path) -> None:
    for number in (5, 1, 8, 3, 2, 7, 4, 6):
        file = write_lines(tmp_path / f"{number}.jsonl", [PAPERS[number - 1]])
        chronokg("ingest", file, "--model", answers, home=tmp_path / "home", CHRONOKG_BATCH="1")
    assert chronokg("export", home=tmp_path / "home") == clean


@pytest.mark.parametrize("failing", [3, 8])
def test_what_a_failing_model_leaves_replays_to_the_graph_of_a_clean_run(
    failing: int, documents: Path, answers: str, clean: str, tmp_path: Path
) -> None:
    broken = [{"document": f"PMID:{n}", "fail": "unavailable"} if n <= failing else ANSWERS[n - 1] for n in range(1, 9)]
    model = f"scripted:{write_lines(tmp_path / 'broken.jsonl', broken)}"
    told = counts(chronokg("ingest", documents, "--model", model, "--json", home=tmp_path / "home", expect=1, CHRONOKG_BATCH="4"))
    assert (told["committed"], sum(told["set_aside"].values())) == (8 - failing, failing)
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]["open"] == failing
    assert counts(chronokg("replay", "--model", answers, "--json", home=tmp_path / "home"))["committed"] == failing
    assert chronokg("export", home=tmp_path / "home") == clean
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]["open"] == 0


def test_claims_that_do_not_stand_up_are_set_aside_and_the_others_stay(documents: Path, tmp_path: Path) -> None:
    claims = [
        {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D1", "confidence": 0.8, "quote": "Drug one relieves illness one."},
        {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D1", "confidence": 0.8, "quote": "It says no such thing."},
        {"head": "MESH:C1", "relation": "treat", "tail": "MESH:D99", "confidence": 0.8},
        {"head": "MESH:D1", "relation": "treat", "tail": "MESH:C1", "confidence": 0.8},
        {"head": "MESH:C1", "relation": "heals", "tail": "MESH:D1", "confidence": 0.8},
    ]
    model = f"scripted:{write_lines(tmp_path / 'answers.jsonl', [{'document': 'PMID:1', 'claims': claims}])}"
    told = chronokg("ingest", documents, "--model", model, "--json", home=tmp_path / "home", expect=1)
    assert counts(told)["committed"] == 8
    assert counts(told, "claim") == {"submitted": 5, "committed": 1, "skipped": {}, "set_aside": {"UngroundedClaim": 4}}
    reasons = chronokg("status", home=tmp_path / "home")
    for part in (
        "is not in the text of PMID:1",
        "'MESH:D99' is not an entity",
        "may not go from Disease to Chemical",
        "'heals' is not one of",
    ):
        assert part in reasons


def test_undated_documents_are_set_aside_before_a_model_is_asked_and_dated_later(answers: str, clean: str, tmp_path: Path) -> None:
    undated = write_lines(tmp_path / "undated.jsonl", [{**each, "published": None} for each in PAPERS[:3]] + PAPERS[3:])
    told = counts(chronokg("ingest", undated, "--model", answers, "--json", home=tmp_path / "home", expect=1))
    assert (told["committed"], told["set_aside"]) == (5, {"UndatedDocument": 3})
    dates = tmp_path / "dates.tsv"
    dates.write_text("id\tdate\n1\t1991-03\nPMID:2\t1992-03\n3\t1993-03\n")
    assert counts(chronokg("replay", "--dates", dates, "--json", home=tmp_path / "home"))["committed"] == 3
    assert facts(chronokg("export", home=tmp_path / "home")) == facts(clean)
    packed = tmp_path / "dates.csv.gz"
    packed.write_bytes(gzip.compress(dates.read_bytes().replace(b"\t", b",")))
    for number, table in enumerate((dates, packed)):
        direct = counts(chronokg("ingest", undated, "--dates", table, "--model", answers, "--json", home=tmp_path / f"direct{number}"))
        assert direct["committed"] == 8
    packed.write_bytes(packed.read_bytes()[:-9])
    done = run("ingest", undated, "--dates", packed, "--model", answers, home=tmp_path / "broken")
    assert done.returncode == 2
    assert "compressed file is broken" in done.stderr


def test_since_and_until_leave_the_others_out_and_say_so(documents: Path, answers: str, tmp_path: Path) -> None:
    told = chronokg(
        "ingest", documents, "--model", answers, "--since", "1993-01-01", "--until", "1994-12-31", "--json", home=tmp_path / "home"
    )
    assert counts(told) == {"submitted": 8, "committed": 2, "skipped": {"outside --since and --until": 6}, "set_aside": {}}


def test_another_reader_comes_first_with_again(documents: Path, answers: str, tmp_path: Path) -> None:
    other = f"scripted:{write_lines(tmp_path / 'zother.jsonl', [script(n, 'treat') for n in range(1, 9)])}"
    chronokg("ingest", documents, "--model", answers, home=tmp_path / "home")
    chronokg("ingest", documents, "--model", other, "--again", "model", home=tmp_path / "home")
    told = [json.loads(line) for line in chronokg("export", home=tmp_path / "home").splitlines()]
    status = {each["relation"]: each["status"] for each in told if each["kind"] == "fact"}
    assert status == {"treat": "current", "prevent": "withdrawn", "cause": "withdrawn"}


def test_a_row_that_fails_again_is_still_one_thing_set_aside(answers: str, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("pmid,title,abstract,year\n1,A title,A text,1999\n2,Another,A text,not a year\n")
    told = counts(chronokg("ingest", table, "--model", answers, "--json", home=tmp_path / "home", expect=1))
    assert (told["committed"], sum(told["set_aside"].values())) == (1, 1)
    before = json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]
    again = counts(chronokg("replay", "--json", home=tmp_path / "home", expect=1))
    assert (again["submitted"], sum(again["set_aside"].values())) == (1, 1)
    assert json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"] == before


LOG, STORE = "graph_store.log.delta_log.DeltaEvidenceLog", "graph_store.cypher.cypher_store.CypherStore"
KILLS = [
    (LOG, "append", "before", 3),
    (STORE, "apply", "after", 1),
    ("flows.engine.spool.Spool", "add", "after", 5),
    ("agents.models.scripted.ScriptedExtractor", "read", "before", 6),
]
MORE_KILLS = [
    (LOG, "append", "before", 1),
    (LOG, "append", "after", 1),
    (LOG, "append", "after", 4),
    (STORE, "apply", "before", 1),
    (STORE, "apply", "before", 2),
    (STORE, "apply", "after", 2),
    (STORE, "prepare", "after", 1),
]


@pytest.mark.parametrize(
    ("owner", "method", "moment", "count"), [*KILLS, *(pytest.param(*kill, marks=pytest.mark.nightly) for kill in MORE_KILLS)]
)
def test_after_kill_9_the_same_command_goes_on_to_the_same_graph(
    owner: str, method: str, moment: str, count: int, documents: Path, answers: str, clean: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    command = ["ingest", str(documents), "--model", answers, "--home", str(home), "--graph", "embedded"]
    killed = subprocess.run(
        [sys.executable, "-m", "tests.flows.commands.killing", owner, method, moment, str(count), *command],
        cwd=ROOT, env=environ(CHRONOKG_BATCH="2"), capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    chronokg("ingest", documents, "--model", answers, home=home, graph="embedded", CHRONOKG_BATCH="3")
    assert chronokg("export", home=home, graph="embedded") == clean


_HOLD = """
import sys, time
from pathlib import Path
from graph_store.holder_lock import HolderLock
lock = HolderLock(Path(sys.argv[1]) / "graph" / "holder.lock", "")
lock.acquire(0, "chronokg ingest")
print("held", flush=True)
time.sleep(60)
"""


def test_a_model_server_that_is_away_is_never_a_success(documents: Path, tmp_path: Path) -> None:
    done = run_process("ingest", documents, "--model", "http://127.0.0.1:9/v1", "--json", home=tmp_path / "home")
    assert done.returncode in (1, 2)
    if done.returncode == 1:
        assert sum(counts(done.stdout)["set_aside"].values()) == len(PAPERS)
    else:
        assert "127.0.0.1:9" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_second_writer_adds_to_the_log_and_leaves_the_graph_to_the_first(
    documents: Path, answers: str, clean: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = run_process("ingest", documents, "--model", answers, home=home, graph="embedded", CHRONOKG_GRAPH_WAIT="1")
        assert done.returncode == 0
        assert f"process {holder.pid} (chronokg ingest" in done.stderr
        assert "taken into the graph" in done.stderr
        assert done.stdout.splitlines()[0] == "documents: 8 submitted = 8 committed + 0 skipped + 0 set aside"
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()
    chronokg("construct", home=home, graph="embedded")
    told = json.loads(chronokg("status", "--json", home=home, graph="embedded"))
    assert told["graph"]["up_to_date"]
    assert chronokg("export", home=home) == clean


def facts(export: str) -> list[str]:
    return [line for line in export.splitlines() if '"kind": "fact"' in line]
