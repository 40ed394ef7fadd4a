"""`sync` and `sources`: exit codes that tell, JSON that reconciles, settings that are refused in words and without secrets."""

import json
import os
from pathlib import Path

import pytest

from tests.flows.commands.running import chronokg, paper, run, script, write_lines

FOLDER = '[sources.lit]\nkind = "folder"\nat = "papers"\nsettle = 0\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found = tmp_path / "home"
    (found / "papers").mkdir(parents=True)
    (found / "chronokg.toml").write_text(FOLDER)
    write_lines(found / "papers" / "a.jsonl", [paper(1, "2020"), paper(2, "2021")])
    return found


@pytest.fixture
def model(tmp_path: Path) -> str:
    return f"scripted:{write_lines(tmp_path / 'said.jsonl', [script(1), script(2)])}"


def test_a_source_is_followed_and_shown(home: Path, model: str) -> None:
    told = chronokg("sync", "lit", "--model", model, home=home)
    assert "lit: 1 listed = 1 read + 0 known + 0 waiting + 0 set aside" in told
    assert "documents: 2 submitted = 2 committed" in told
    again = json.loads(chronokg("sync", "lit", "--model", model, "--json", home=home))
    assert again["files"] == {"listed": 1, "read": [], "known": 1, "waiting": [], "set_aside": []}
    row = json.loads(chronokg("sources", "--json", home=home))
    assert (row["source"], row["kind"], row["files"], row["last_file"]) == ("lit", "folder", 1, "a.jsonl")


def test_what_is_left_for_a_person_ends_with_exit_code_1(home: Path, model: str) -> None:
    (home / "papers" / "b.txt").write_text("nothing that is read")
    told = chronokg("sync", "lit", "--model", model, home=home, expect=1)
    assert "lit: 2 listed = 2 read" in told
    assert "Something was set aside" in told
    told = chronokg("sync", "lit", "--file", "c.jsonl", "--model", model, "--json", home=home, expect=1)
    assert json.loads(told)["files"]["waiting"] == [{"name": "c.jsonl", "why": "is not there", "wants_person": True}]


def test_a_source_that_cannot_be_had_ends_with_exit_code_2(home: Path) -> None:
    os.rename(home / "papers", home / "elsewhere")  # noqa: PTH104
    done = run("sync", "lit", home=home)
    assert (done.returncode, "papers is no folder" in done.stderr) == (2, True)
    assert "there is no source 'x'" in run("sync", "x", home=home).stderr


def test_sources_come_from_the_environment_too_and_secrets_stay_hidden(home: Path) -> None:
    given = {"new": {"kind": "eutils", "query": "asthma", "since": "2026-01-01"}, "lit": {"settle": 5}}
    environment = {"CHRONOKG_SOURCES": json.dumps({**given, "new": {**given["new"], "api_key": "s3cret"}})}
    rows = [json.loads(line) for line in chronokg("sources", "--json", home=home, **environment).splitlines()]
    assert [(row["source"], row["kind"]) for row in rows] == [("lit", "folder"), ("new", "eutils")]
    assert "s3cret" not in run("doctor", "--json", home=home, **environment).stdout


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[sources.lit]\nkind = "ftp"\n', "'pubmed-files', 'eutils', 'europepmc', 'folder'"),
        ('[sources.lit]\nkind = "folder"\n', "sources.lit.folder.at (chronokg.toml): Field required"),
        ('[sources."a/b"]\nkind = "folder"\nat = "x"\n', "made of letters, digits, - and _"),
        ('[sources.lit]\nkind = "folder"\nat = "x"\npattern = "../*"\n', "a pattern is relative to the folder"),
        ('[sources.lit]\nkind = "pubmed-files"\nat = "ftp://host/x"\n', "an address begins with one of http://"),
        ('[sources.lit]\nkind = "pubmed-files"\nat = "https://me:s3cret@host/x"\n', "these belong into the environment"),
        ('[sources.lit]\nkind = "pubmed-files"\nat = "https://host:abc/x"\n', "a port from 1 to 65535"),
        ('[sources.lit]\nkind = "pubmed-files"\nat = "https://[host/x"\n', "an address names a host"),
        ('[sources.lit]\nkind = "pubmed-files"\nat = "https://me:s3cret/x@host/"\n', "a port from 1 to 65535"),
        ('[sources.lit]\nkind = "europepmc"\nquery = "x"\nsince = "2026-01-01"\nat = "https://a host/"\n', "an address names a host"),
        ('[sources.lit]\nkind = "eutils"\nquery = "x"\napi_key = "s3cret"\n', "since (chronokg.toml): Field required"),
        ('[sources.lit]\nkind = "eutils"\nquery = "x"\nsince = "2026-01-01"\napi_key = ["s3cret"]\n', "a password or key is not text"),
        ('[sources.lit]\nkind = "eutils"\nquery = "x"\nsince = "2026-01-01"\noverlap = 0\n', "overlap 0"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_in_words(home: Path, table: str, said: str) -> None:
    (home / "chronokg.toml").write_text(table)
    done = run("sources", home=home)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "s3cret" not in done.stderr
