"""What cannot be done is one sentence that names value, rule, place and what helps, with exit code 2, and leaves nothing behind."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pytest

from tests.flows.commands.running import Done, call, chronokg, line, run, run_process, write_lines

READING = [
    ("status",),
    ("export",),
    ("query", "RETURN 1"),
    ("why", "a drug", "treat", "an illness"),
    ("timeline", "a drug"),
    ("ask", "does a drug help?"),
    ("costs",),
    ("rulings",),
    ("review", "list"),
    ("vocab", "list"),
    ("vocab", "find", "a drug"),
    ("report", "--to", "report.html"),
    ("restore", "PMID:1"),
    ("replay",),
    ("rebuild",),
]


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_home_that_is_not_there_is_refused_and_not_made(command: tuple[str, ...], tmp_path: Path) -> None:
    for home, why in ((tmp_path / "typo", "there is no such folder"), (tmp_path, "nothing of a home is in it")):
        done = refused(run(*command, home=home))
        assert f"{home} is no home: {why}" in done.stderr
        assert list(tmp_path.iterdir()) == []


def test_what_only_looks_ahead_needs_no_home_and_makes_none(tmp_path: Path) -> None:
    home, script = tmp_path / "home", write_lines(tmp_path / "script.jsonl", [])
    told = chronokg("doctor", home=home, CHRONOKG_MODEL=f"scripted:{script}")
    assert f"home: {home} is still to be made: `ingest`, `observe` and `vocab load` do" in told
    document = write_lines(tmp_path / "papers.jsonl", [{"id": "PMID:1", "title": "A title.", "published": "2001"}])
    chronokg("ingest", document, "--estimate", "--model", f"scripted:{script}", home=home)
    assert not home.exists()


def test_a_home_that_is_a_file_or_lies_in_one_is_refused(tmp_path: Path) -> None:
    file, lines = tmp_path / "file", write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001")])
    file.write_text("a file")
    for command in (("status",), ("observe", lines)):
        assert f"the home {file} is a file, and a home is a folder" in refused(run(*command, home=file)).stderr
    assert f"{file / 'home'}: Not a directory" in refused(run("observe", lines, home=file / "home")).stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("treshold = 0.5", "chronokg.toml: 'treshold' is not a setting; did you mean threshold?"),
        ("[confidnce]\ntreat = 0.5", "'confidnce' is not a setting; did you mean confidence?"),
        ("[confidence]\ntreaat = 0.5", "the setting confidence (chronokg.toml): relation 'treaat' is not one of the ontology biomedical"),
        ("margin = '1/0'", "margin '1/0' (chronokg.toml): is no number such as 1.25"),
        ("batch = true", "batch True (chronokg.toml): no setting is true or false"),
        ("[trust]\ndaily = true", "no setting is true or false"),
    ],
)
def test_a_setting_that_there_is_none_of_is_refused_by_name(settings: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "chronokg.toml").write_text(settings)
    assert told in refused(run("costs", home=tmp_path)).stderr


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("CHRONOKG_TRESHOLD", "0.5", "CHRONOKG_TRESHOLD is not a setting; did you mean CHRONOKG_THRESHOLD?"),
        ("chronokg_treshold", "0.5", "chronokg_treshold is not a setting; did you mean CHRONOKG_THRESHOLD?"),
        ("CHRONOKG_HOEM", "x", "did you mean CHRONOKG_HOME?"),
        ("CHRONOKG_THRESHOLD", "high", "threshold 'high' (environment): Input should be a valid number"),
        ("CHRONOKG_TRUST", "daily=0.5", "CHRONOKG_TRUST is not JSON"),
        ("CHRONOKG_CONFIDENCE", '{"treaat": 0.5}', "the setting confidence (environment): relation 'treaat' is not one of"),
    ],
)
def test_a_variable_that_was_to_be_a_setting_is_refused_by_name(variable: str, value: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "chronokg.toml").touch()
    assert told in refused(run("costs", home=tmp_path, **{variable: value})).stderr


def test_a_variable_of_somebody_else_is_told_and_those_of_our_tests_are_not(tmp_path: Path) -> None:
    (tmp_path / "chronokg.toml").touch()
    done = run("costs", home=tmp_path, CHRONOKG_XYZZY="1", CHRONOKG_TEST_SOMETHING="1", CHRONOKG_CI_SOMETHING="1")
    assert done.returncode == 0
    assert done.stderr == "note: the environment variable CHRONOKG_XYZZY is not a setting, and nothing reads it\n"


def test_a_relation_is_found_in_any_case_and_a_mistyped_one_is_offered(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001")]), home=tmp_path / "home")
    assert "opened by PMID:1" in chronokg("why", "a drug", "TREAT", "an illness", home=tmp_path / "home")
    mistyped = refused(run("why", "a drug", "treats", "an illness", home=tmp_path / "home"))
    assert "relation 'treats' is not one of the ontology biomedical: associate, " in mistyped.stderr
    assert "; did you mean treat" in mistyped.stderr
    ruled = ("rule", "a drug", "Treat", "CAUSE", "an illness", "both", "--reason", "known")
    assert "treat" in chronokg(*ruled, home=tmp_path / "home")
    chronokg("withdraw-ruling", "a drug", "treat", "Cause", "an illness", home=tmp_path / "home")
    lines = write_lines(tmp_path / "bare.jsonl", [{k: v for k, v in line("PMID:2", "2002").items() if k != "confidence"}])
    chronokg("observe", lines, "--confidence", "Treat=0.7", home=tmp_path / "home")


def test_an_estimate_says_which_files_it_could_not_read(tmp_path: Path) -> None:
    script, file = write_lines(tmp_path / "script.jsonl", []), tmp_path / "noise"
    file.write_bytes(bytes(range(1, 200)))
    told = chronokg("ingest", file, "--estimate", "--model", f"scripted:{script}", home=tmp_path / "home", expect=1)
    assert "of the files 1 cannot be read" in told
    assert "nothing was asked or recorded" in told


def test_a_table_of_dates_that_is_none_is_refused(tmp_path: Path) -> None:
    lines, noise = write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001")]), tmp_path / "noise"
    noise.write_bytes(b'a,"b\rc,d\n1,"x\ry\n')
    assert f"{noise}, line " in refused(run("observe", lines, "--dates", noise, home=tmp_path / "home")).stderr


def test_the_version_is_told_without_a_home(tmp_path: Path) -> None:
    done = call("--version", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"chronokg {version('chronokg')}\n")


def test_a_server_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001")]), home=tmp_path / "home")
    away = refused(run("query", "RETURN 1", home=tmp_path / "home", graph="bolt://127.0.0.1:9"))
    assert away.stderr.endswith("bolt://127.0.0.1:9, database neo4j: start it and try again, or name another by --graph\n")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None or mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", disk).returncode:
        pytest.skip("only where a user may mount a disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_and_one_that_can_only_be_read_are_told_and_what_was_committed_stays(small_disk: Path, tmp_path: Path) -> None:
    home = small_disk / "home"
    few = write_lines(tmp_path / "few.jsonl", [line(f"PMID:{number}", "2001") for number in range(1, 4)])
    noise = (os.urandom(500).hex() for _ in range(4_000))
    many = write_lines(tmp_path / "many.jsonl", [line(f"PMID:{number}", "2001", quote=quote) for number, quote in enumerate(noise, 10)])
    assert run_process("observe", few, home=home).returncode == 0
    full = refused(run_process("observe", many, home=home))
    assert "could not be written: no space is left on the disk: free some and run the same command again" in full.stderr
    assert run_process("observe", few, "--json", home=home).stdout.count('"recorded before": 3') == 1
    assert mount("-o", "remount,ro", small_disk).returncode == 0
    assert "3 observations" in run_process("status", home=home).stdout
    read_only = refused(run_process("observe", few, home=home))
    assert "the disk can only be read: mount it for writing, or copy the home to another" in read_only.stderr


def mount(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, check=False)


def refused(done: Done) -> Done:
    """A command that ended with one sentence and exit code 2."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("chronokg: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done


def test_half_a_parquet_file_and_an_ontology_of_bytes_are_told_in_a_sentence(tmp_path: Path) -> None:
    whole = io.BytesIO()
    pl.DataFrame({"document": ["PMID:1"] * 1000}).write_parquet(whole)
    half, ontology = tmp_path / "half.parquet", tmp_path / "ontology.yaml"
    half.write_bytes(whole.getvalue()[: whole.tell() // 2])
    ontology.write_bytes(bytes(range(256)))
    for words, named in ((("observe", half), "half.parquet"), (("observe", half, "--ontology", ontology), "ontology.yaml")):
        done = run(*words, home=tmp_path / "home")
        assert done.returncode == 2
        assert (done.stderr.count("\n"), named in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr
