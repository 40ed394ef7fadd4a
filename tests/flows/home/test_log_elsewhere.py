"""A log outside its home: several homes share it, with its ontology and leases; a copy of its folder is a home."""

import json
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from flows.home.homes import open_home
from schema.errors import WrongUse
from tests.flows.commands.running import chronokg, line, run, write_lines
from tests.object_store import ObjectStore, object_server, object_store

__all__ = ["object_server", "object_store"]


@pytest.fixture(params=["disk", "object store"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the log is to lie."""
    return str(tmp_path / "shared") if request.param == "disk" else request.getfixturevalue("object_store").place("kg")


def lines(path: Path, number: int, **more: object) -> Path:
    return write_lines(path / f"{number}.jsonl", [line(f"PMID:{number}", "2001", **more)])


def test_two_homes_share_one_log_and_a_copy_of_it_is_a_home(log: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    chronokg("observe", lines(tmp_path, 1), "--log", log, home=one)
    chronokg("observe", lines(tmp_path, 2), home=other, CHRONOKG_LOG=log)
    exported = chronokg("export", "--log", log, home=one)
    assert '"support":2' in exported.replace(" ", "")
    assert chronokg("export", "--log", log, home=other) == exported
    assert chronokg("export", "--log", log, home=tmp_path / "none yet") == exported
    assert not (one / "log").exists()
    assert list(one.glob("log-index-*.sqlite"))
    copied(log, tmp_path / "copy")
    assert chronokg("export", home=tmp_path / "copy") == exported
    settings = json.loads(chronokg("doctor", "--log", log, "--json", home=one, CHRONOKG_MODEL="scripted:x"))["settings"]
    assert settings["log"] == {"value": log, "origin": "flag"}


def copied(log: str, to: Path) -> None:
    if not log.startswith("s3:"):
        Path(log).rename(to)
        return
    store = S3Store.from_url(log, client_options={"allow_http": True})
    for page in obstore.list(store):
        for each in page:
            (to / each["path"]).parent.mkdir(parents=True, exist_ok=True)
            (to / each["path"]).write_bytes(bytes(obstore.get(store, each["path"]).bytes()))


def test_the_ontology_lies_with_the_log_so_that_no_machine_reads_by_another(log: str, tmp_path: Path) -> None:
    first = open_home(tmp_path / "one", {"log": log, "graph": "memory:"}, "general")
    assert open_home(tmp_path / "other", {"log": log, "graph": "memory:"}).rules.ontology == first.rules.ontology
    changed = open_home(tmp_path / "other", {"log": log, "graph": "memory:"}, "biomedical")
    assert open_home(tmp_path / "one", {"log": log, "graph": "memory:"}).rules.ontology == changed.rules.ontology
    assert first.rules.ontology != changed.rules.ontology


def test_homes_that_share_a_log_share_leases(log: str, tmp_path: Path) -> None:
    one, other, apart = (
        open_home(tmp_path / name, {"log": place, "graph": "memory:"}) for name, place in (("one", log), ("other", log), ("apart", ""))
    )
    leases = one.leases("ingest")
    assert leases.take(["PMID:1"], 60) == {"PMID:1"}
    assert other.leases("ingest").take(["PMID:1"], 60) == set()
    (lease,) = other.leases("status").held_by_others(["PMID:1"]).values()
    assert lease.holder.command == "chronokg ingest"
    assert apart.leases("ingest").take(["PMID:1"], 60) == {"PMID:1"}
    assert (tmp_path / "apart" / "log-leases").is_dir()


def test_where_no_log_is_only_what_adds_makes_one(log: str, tmp_path: Path) -> None:
    done = run("replay", "--log", log, home=tmp_path / "one")
    assert done.returncode == 2
    assert f"there is no log in {log}; `ingest`, `observe` and `vocab load` make a new one" in done.stderr
    assert f"evidence log: 0 batches in {log}/log" in chronokg("doctor", "--log", log, home=tmp_path / "one", CHRONOKG_MODEL="scripted:x")
    assert not (tmp_path / "one").exists()


def test_a_relative_folder_in_the_file_counts_from_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "chronokg.toml").write_text('log = "../shared"', encoding="utf-8")
    chronokg("observe", lines(tmp_path, 1), home=home)
    assert (tmp_path / "shared" / "log" / "_delta_log").is_dir()


def test_a_home_is_a_folder_and_an_address_that_cannot_be_right_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="is no folder, and a home is one on this machine; --log s3://bucket/kg puts its log there"):
        open_home("s3://bucket/kg")
    done = run("observe", lines(tmp_path, 1), "--log", "s3://Bucket", home=tmp_path / "home")
    assert done.returncode == 2
    assert "log 's3://Bucket' (flag): 's3://Bucket' is no place for a log" in done.stderr


def test_a_store_that_is_away_ends_a_command_with_one_sentence(tmp_path: Path, object_store: ObjectStore) -> None:
    done = run("status", "--log", "s3://there-is-none/kg", home=tmp_path / "home")
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("chronokg: ")
    assert "there is no such bucket" in done.stderr
    assert object_store.environment["AWS_SECRET_ACCESS_KEY"] not in done.stderr
