"""Backups: made while others write and killed in the middle, only what is new, put back byte for byte, damage found."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import flows as chronokg_api
from flows.backups.backing_up import make_backup
from flows.backups.putting_back import restore_backup, states_in, verify_backup
from flows.home.homes import open_home
from graph_store.backup_store.backup_place import BackupPlace
from graph_store.backup_store.backup_states import BackupState
from schema.errors import StoreFailed, WrongUse
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, line, paper, run, script, write_lines

SECRET = "hunter2-hunter2"

WRITER = """
import sys
from pathlib import Path
import flows as chronokg
home = chronokg.open_home(sys.argv[1], graph="memory:")
for file in sorted(Path(sys.argv[2]).glob("*.jsonl")):
    chronokg.observe_file(home, file)
    print(file.name, flush=True)
"""


def batches(folder: Path, number: int) -> list[Path]:
    """Files of one observation each, with names in their order."""
    folder.mkdir(exist_ok=True)
    said = ("treat", "prevent", "cause")
    return [
        write_lines(folder / f"{each:03}.jsonl", [line(f"PMID:{each}", f"{1980 + each % 40}", said[each % 3], 0.7)])
        for each in range(number)
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for file in batches(tmp_path / "some", 3):
        chronokg("observe", file, home=tmp_path / "home")
    return tmp_path / "home"


def made(home: Path, place: object, *options: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(chronokg("backup", "make", place, "--json", *options, home=home))
    return told


def put_back(place: object, home: Path, *options: object) -> str:
    """The canonical export of what a backup becomes."""
    chronokg("backup", "restore", place, *options, home=home)
    return chronokg("export", home=home)


def files_in(place: Path) -> set[str]:
    return {each.name for each in (place / "files").rglob("*") if each.is_file()}


def test_what_is_put_back_exports_the_same_byte_for_byte(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "backups")
    export = chronokg("export", home=home)
    assert put_back(tmp_path / "backups", tmp_path / "again") == export
    # It is a home like any other, and its backups go on where the first one's ended.
    chronokg("observe", write_lines(tmp_path / "late.jsonl", [line("PMID:99", "2020", "cause", 0.9)]), home=tmp_path / "again")
    assert made(tmp_path / "again", tmp_path / "backups")["copied"] <= 3


def test_a_second_backup_copies_only_what_is_new(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    first = made(home, place)
    assert (first["state"], first["copied"]) == (1, first["files"])
    before = files_in(place)
    assert made(home, place)["copied"] == 0
    chronokg("observe", write_lines(tmp_path / "late.jsonl", [line("PMID:99", "2020")]), home=home)
    third = made(home, place)
    assert (third["state"], third["copied"]) == (3, 2), "rows and a commit"
    assert len(files_in(place) - before) == 2
    assert [each["version"] for each in states_in(str(place))] == [first["version"], first["version"], third["version"]]
    assert put_back(place, tmp_path / "then", "--state", 1) != put_back(place, tmp_path / "now") == chronokg("export", home=home)


def test_backups_made_while_another_process_writes_are_each_one_state_of_the_log(tmp_path: Path) -> None:
    said = batches(tmp_path / "said", 8)
    place, home = str(tmp_path / "backups"), tmp_path / "home"
    command = [sys.executable, "-c", WRITER, str(home), str(tmp_path / "said")]
    with subprocess.Popen(command, cwd=ROOT, env=environ(), stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "000.jsonl\n"
        while writer.poll() is None:
            make_backup(open_home(home, graph="memory:", reads_only=True), place)
        assert writer.returncode == 0
    make_backup(open_home(home, graph="memory:", reads_only=True), place)
    assert verify_backup(place)["ok"]
    by_version = {each["version"]: each["state"] for each in states_in(place)}
    assert len(by_version) > 2, "no backup was made while the other wrote"
    states = sorted(by_version.values())
    for state in (states[len(states) // 2], states[-1]):
        restore_backup(place, again := tmp_path / f"again-{state}", state=state)
        held = len(open_home(again, graph="memory:").log.batches())
        clean = open_home(tmp_path / f"clean-{state}", graph="memory:")
        for file in said[:held]:
            chronokg_api.observe_file(clean, file)
        assert list(chronokg_api.export_lines(open_home(again, graph="memory:"))) == list(chronokg_api.export_lines(clean))
        assert 0 < held < 8 or state == states[-1]


@pytest.mark.parametrize(("method", "moment", "count"), [("put", "before", 3), ("put", "after", 4), ("add", "before", 1)])
def test_what_was_killed_in_the_middle_is_no_state_and_the_next_goes_on(
    method: str, moment: str, count: int, home: Path, tmp_path: Path
) -> None:
    place = tmp_path / "backups"
    owner = "graph_store.backup_store.backup_place.BackupPlace"
    killed = [sys.executable, "-m", "tests.flows.commands.killing", owner, method, moment, str(count), "backup", "make", str(place)]
    done = subprocess.run([*killed, "--home", str(home), "--graph", "memory:"], cwd=ROOT, env=environ(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert "holds no state yet" in run("backup", "verify", place, home=home).stdout
    refused = run("backup", "restore", place, home=tmp_path / "none")
    assert (refused.returncode, (tmp_path / "none").exists()) == (2, False)
    there = len(files_in(place))
    again = made(home, place)
    assert again["copied"] == again["files"] - there
    assert there > 0
    assert chronokg("backup", "verify", place, home=home).startswith(f"{place} is whole: 1 states")
    assert put_back(place, tmp_path / "again") == chronokg("export", home=home)


def test_a_flipped_byte_is_found_named_refused_and_mended(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    made(home, place)
    victim = max((each for each in (place / "files").rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)
    held = bytearray(victim.read_bytes())
    held[len(held) // 2] ^= 1
    victim.write_bytes(held)
    assert chronokg("backup", "verify", place, "--sizes-only", home=home).startswith(f"{place} is whole")
    told = json.loads(chronokg("backup", "verify", place, "--json", home=home, expect=1))
    assert list(told["damaged"]) == [victim.relative_to(place).as_posix()]
    refused = run("backup", "restore", place, home=tmp_path / "again")
    assert refused.returncode == 2
    assert "is damaged or missing, and nothing was put back" in refused.stderr
    assert not [each for each in tmp_path.iterdir() if "again" in each.name]
    victim.unlink()
    assert "is missing" in chronokg("backup", "verify", place, home=home, expect=1)
    assert made(home, place)["copied"] == 1
    assert verify_backup(str(place))["ok"]


def test_a_damaged_state_is_found_and_the_others_stand(home: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    made(home, place)
    made(home, place)
    state = place / "states" / "00000002.json"
    state.write_text(state.read_text().replace('"version": ', '"version": 1', 1))
    assert "states/00000002.json is not what was written" in chronokg("backup", "verify", place, home=home, expect=1)
    assert run("backup", "restore", place, home=tmp_path / "again").returncode == 2
    assert put_back(place, tmp_path / "again", "--state", 1) == chronokg("export", home=home)


def test_a_home_that_holds_anything_is_never_written_over(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "backups")
    for there in (home, tmp_path / "some"):
        before = sorted(there.rglob("*"))
        refused = run("backup", "restore", tmp_path / "backups", home=there)
        assert (refused.returncode, "is there and not empty" in refused.stderr) == (2, True)
        assert sorted(there.rglob("*")) == before
    (tmp_path / "empty").mkdir()
    assert put_back(tmp_path / "backups", tmp_path / "empty") == chronokg("export", home=home)


def test_a_place_that_holds_other_things_or_another_homes_backups_is_refused(home: Path, tmp_path: Path) -> None:
    for wrong in (tmp_path / "some", home, home / "backups"):
        assert run("backup", "make", wrong, home=home).returncode == 2
    assert not (home / "backups").exists()
    for command in ("verify", "list", "restore"):
        assert run("backup", command, tmp_path / "nowhere", home=tmp_path / "new").returncode == 2
        assert not (tmp_path / "nowhere").exists()
    made(home, tmp_path / "backups")
    chronokg("observe", tmp_path / "some" / "000.jsonl", home=tmp_path / "other")
    refused = run("backup", "make", tmp_path / "backups", home=tmp_path / "other")
    assert (refused.returncode, "backups of another home" in refused.stderr) == (2, True)


def test_two_copies_of_a_home_that_went_on_by_themselves_do_not_mix(home: Path, tmp_path: Path) -> None:
    place, twin = tmp_path / "backups", tmp_path / "twin"
    made(home, place)
    put_back(place, twin)
    for one, relation in ((home, "cause"), (twin, "treat")):
        chronokg("observe", write_lines(tmp_path / f"{relation}.jsonl", [line("PMID:50", "2011", relation)]), home=one)
        made(one, place)
    assert put_back(place, tmp_path / "a", "--state", 2) == chronokg("export", home=home)
    assert put_back(place, tmp_path / "b", "--state", 3) == chronokg("export", home=twin)


def test_secrets_stay_at_home_and_answers_go_along_when_asked_for(home: Path, tmp_path: Path) -> None:
    settings = f'threshold = 0.7\ngraph_password = "{SECRET}"\n"model_key" = "{SECRET}" # a key\n[trust]\npubmed = 0.9\n'
    (home / "chronokg.toml").write_text(settings)
    answers = write_lines(tmp_path / "model.jsonl", [script(1)])
    chronokg("ingest", write_lines(tmp_path / "p.jsonl", [paper(1, "2001")]), "--model", f"scripted:{answers}", home=home)
    with sqlite3.connect(home / "replies.sqlite") as replies:
        replies.execute("CREATE TABLE IF NOT EXISTS paid (answer TEXT)")
    told = made(home, tmp_path / "backups")
    assert "graph_password, model_key of chronokg.toml" in told["left_out"]
    assert "replies.sqlite (--with-replies)" in told["left_out"]
    for file in (tmp_path / "backups").rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()
    put_back(tmp_path / "backups", tmp_path / "plain")
    assert not (tmp_path / "plain" / "replies.sqlite").exists()
    kept = (tmp_path / "plain" / "chronokg.toml").read_text()
    assert (kept.splitlines()[0], "pubmed = 0.9" in kept, "_key" in kept) == ("threshold = 0.7", True, False)
    made(home, tmp_path / "backups", "--with-replies")
    put_back(tmp_path / "backups", tmp_path / "paid")
    with sqlite3.connect(tmp_path / "paid" / "replies.sqlite") as replies:
        assert replies.execute("SELECT count(*) FROM paid").fetchone() == (0,)


def test_the_graph_goes_along_as_files_that_a_server_imports(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "backups", "--with-graph")
    put_back(tmp_path / "backups", tmp_path / "again")
    assert (tmp_path / "again" / "graph-import" / "import-args").exists()


def test_a_state_never_names_a_file_outside_of_the_home(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "backups")
    place = BackupPlace(str(tmp_path / "backups"))
    state = place.state(1)
    for name in ("../out", "/etc/x", "log/../../x", "", "c:x", "a\\..\\b"):
        evil = BackupState.model_construct(**{**dict(state), "files": {name: next(iter(state.files.values()))}})
        with pytest.raises(StoreFailed, match="cannot be read"):
            BackupState.read(evil.written(), "a state")


def test_half_files_of_the_killed_go_after_a_day(home: Path, tmp_path: Path) -> None:
    made(home, tmp_path / "backups")
    left, fresh = (tmp_path / "backups" / "files" / name for name in ("ab#1", "cd#1"))
    for each in (left, fresh):
        each.write_text("half")
    os.utime(left, (0, 0))
    made(home, tmp_path / "backups")
    assert (left.exists(), fresh.exists()) == (False, True)


def test_in_an_object_store_it_is_the_same(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        subprocess.run(["curl", "-s", "-X", "PUT", f"http://{host}:{port}/bucket"], check=True, capture_output=True)
        place = "s3://bucket/of/ours"
        first = made(home, place)
        assert made(home, place)["copied"] == 0
        assert (first["copied"], [each["state"] for each in states_in(place)]) == (first["files"], [1, 2])
        assert verify_backup(place)["ok"]
        assert put_back(place, tmp_path / "again") == chronokg("export", home=home)
        with pytest.raises(WrongUse, match="holds no backups"):
            restore_backup("s3://bucket/of/others", tmp_path / "none")
    finally:
        server.stop()
