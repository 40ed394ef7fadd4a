"""`observe` as a user runs it: files of every form, large ones in parts, whatever goes wrong on the way."""

import gzip
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from graph_store.log.delta_log import DeltaEvidenceLog
from pipeline.intake.line_batches import JSON_AT_ONCE, RELATIONS_AT_ONCE
from schema.observation import Observation
from schema.records import BatchReport
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, counts, environ, line, run, write_lines

GIVEN = ("--confidence", "treat=0.8", "--confidence", "0.7", "--published", "2001-05")


def relations(number: int, length: int = 6) -> str:
    """So many sound lines of PubTator3's form; the longer the identifiers, the fewer lines fill a batch."""
    chance = random.Random(number)
    return "".join(
        f"{1000 + at // 3}\ttreat\tChemical|MESH:D{chance.randint(1, 500):0{length}}\tDisease|MESH:D{chance.randint(501, 999):0{length}}\n"
        for at in range(number)
    )


MANY = 3_000
LARGE = relations(MANY, length=1_400)
assert 2 * RELATIONS_AT_ONCE < len(LARGE) < 3 * RELATIONS_AT_ONCE


def saved(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def said(home: Path) -> dict[str, Observation]:
    return {recorded.record.id: recorded.record for recorded in DeltaEvidenceLog(home / "log").records(Observation)}


@pytest.mark.parametrize("name", ["relation2pubtator3", "relation2pubtator3.gz", "relations.txt"])
def test_pubtators_relations_are_recognised_by_what_they_say(name: str, tmp_path: Path) -> None:
    file = saved(tmp_path / name, "12345\ttreat\tChemical|MESH:D003924\tDisease|MESH:D003920\n")
    told = counts(chronokg("observe", file, *GIVEN, "--json", home=tmp_path / "home"), "line")
    assert told["committed"] == 1
    (one,) = said(tmp_path / "home").values()
    assert (one.document, one.source, str(one.published), one.confidence) == ("PMID:12345", "pubtator3", "2001-05", 0.8)
    assert (one.head.key, one.relation, one.tail.key, one.tail.type) == ("MESH:D003924", "treat", "MESH:D003920", "Disease")


def test_confidences_come_from_the_file_of_settings_and_flags_add_to_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "chronokg.toml").write_text('[confidence]\ntreat = 0.9\n"*" = 0.65\n')
    text = "".join(f"{n}\t{relation}\tChemical|MESH:D1\tDisease|MESH:D2\n" for n, relation in enumerate(("treat", "cause", "prevent"), 1))
    file = saved(tmp_path / "relations", text)
    chronokg("observe", file, "--confidence", "cause=0.7", "--published", "2001", home=home)
    assert {o.relation: o.confidence for o in said(home).values()} == {"treat": 0.9, "cause": 0.7, "prevent": 0.65}


def test_what_has_no_date_or_confidence_is_set_aside_and_replayed_with_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    file = saved(tmp_path / "relations", relations(3) + "7\tassociate\tGene|1\tGene|2\n8\tassociate\tGene|1\tGene|2\n")
    told = counts(chronokg("observe", file, "--confidence", "treat=0.8", "--json", home=home, expect=1), "line")
    assert (told["submitted"], told["set_aside"]) == (5, {"UndatedDocument": 3, "UngroundedClaim": 2})
    status = chronokg("status", home=home)
    assert "associate has no confidence: give one with --confidence associate=0.7" in status
    assert "lines 4 to 5, 2 of them" in status
    assert "set aside and not settled: 5" in status
    (home / "chronokg.toml").write_text("[confidence]\nassociate = 0.7\ntreat = 0.8\n")
    dates = saved(tmp_path / "dates.tsv.gz", "id\tdate\n1000\t2001\n7\t1998-11\n")
    told = counts(chronokg("replay", "--dates", dates, "--json", home=home, expect=1), "line")
    assert (told["committed"], sum(told["set_aside"].values())) == (4, 1)
    assert {str(o.published) for o in said(home).values()} == {"2001", "1998-11"}
    assert counts(chronokg("replay", "--published", "2003", "--json", home=home), "line")["committed"] == 1
    assert json.loads(chronokg("status", "--json", home=home))["set_aside"]["open"] == 0


def test_a_large_file_goes_in_in_several_batches_and_twice_is_once(tmp_path: Path) -> None:
    file = saved(tmp_path / "relations.gz", LARGE)
    home = tmp_path / "home"
    told = counts(chronokg("observe", file, *GIVEN, "--json", home=home), "line")
    assert told["committed"] == MANY
    before = said(home)
    assert len(list(DeltaEvidenceLog(home / "log").records(BatchReport))) == 3
    again = counts(chronokg("observe", file, *GIVEN, "--json", home=home), "line")
    assert again["skipped"] == {"recorded before": MANY}
    assert said(home) == before


def test_a_run_that_is_killed_loses_no_batch_and_the_next_goes_on(tmp_path: Path) -> None:
    file = saved(tmp_path / "relations", LARGE)
    home = tmp_path / "home"
    dying = ("graph_store.log.delta_log.DeltaEvidenceLog", "append", "before", "3", "observe", str(file), *GIVEN, "--home", str(home))
    command = [sys.executable, "-m", "tests.flows.commands.killing", *dying, "--graph", "memory:"]
    done = subprocess.run(command, cwd=ROOT, env=environ(), capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    kept = len(said(home))
    assert kept > 0
    told = counts(chronokg("observe", file, *GIVEN, "--json", home=home), "line")
    assert told["submitted"] == MANY
    assert told["skipped"]["recorded before"] > 0
    chronokg("observe", file, *GIVEN, home=tmp_path / "undisturbed")
    assert said(home) == said(tmp_path / "undisturbed")


def test_ctrl_c_ends_with_a_word_and_the_next_run_goes_on(tmp_path: Path) -> None:
    file = saved(tmp_path / "relations", LARGE * 4)
    home = tmp_path / "home"
    command = [sys.executable, "-m", "flows", "observe", str(file), *GIVEN, "--home", str(home), "--graph", "memory:"]
    with subprocess.Popen(command, cwd=ROOT, env=environ(), stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 60
        while not list((home / "log" / "_delta_log").glob("*1.json")) and time.monotonic() < until:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "run the same command again" in told
    assert "Traceback" not in told
    again = counts(chronokg("observe", file, *GIVEN, "--json", home=home), "line")
    assert again["submitted"] == 4 * MANY
    assert again["skipped"]["recorded before"] > 0


def test_compressed_json_lines_go_in_and_a_line_given_no_confidence_takes_the_one_set(tmp_path: Path) -> None:
    lines = [line("PMID:1", "2001"), {key: value for key, value in line("PMID:2", "2002").items() if key != "confidence"}]
    file = saved(tmp_path / "lines.jsonl.gz", "\n".join(map(json.dumps, lines)))
    chronokg("observe", file, "--confidence", "0.65", home=tmp_path / "home")
    assert {o.document: o.confidence for o in said(tmp_path / "home").values()} == {"PMID:1": 0.8, "PMID:2": 0.65}


def test_what_comes_before_a_break_in_a_compressed_file_is_taken_and_the_break_is_told(tmp_path: Path) -> None:
    whole = gzip.compress(LARGE.encode())
    file = tmp_path / "relations.gz"
    file.write_bytes(whole[: len(whole) // 2])
    told = counts(chronokg("observe", file, *GIVEN, "--json", home=tmp_path / "home", expect=1), "line")
    assert 0 < told["committed"] < MANY
    assert told["set_aside"] == {"UnreadableRecord": 1}
    assert "the compressed file is broken: it is cut off" in chronokg("status", home=tmp_path / "home")
    whole_file = saved(tmp_path / "whole", LARGE)
    chronokg("observe", whole_file, *GIVEN, home=tmp_path / "whole-home")
    assert said(tmp_path / "home").keys() < said(tmp_path / "whole-home").keys()


def test_a_damaged_page_of_parquet_is_set_aside_and_the_other_rows_go_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = 2_000
    monkeypatch.setattr("pipeline.intake.line_batches.ROWS_AT_ONCE", at_once)
    rows = [line(f"PMID:{number}", "2001", quote=f"sentence {random.Random(number).random()}") for number in range(3 * at_once)]
    file = tmp_path / "observed.parquet"
    pl.DataFrame(rows).write_parquet(file, row_group_size=at_once, compression="zstd")
    damaged = bytearray(file.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 2000] = bytes(2000)
    file.write_bytes(damaged)
    told = counts(chronokg("observe", file, "--json", home=tmp_path / "home", expect=1), "line")
    assert told["committed"] == 2 * at_once
    assert told["set_aside"] == {"UnreadableRecord": at_once}
    assert f"rows {at_once + 1} to {2 * at_once}: the rows cannot be read" in chronokg("status", home=tmp_path / "home")
    assert len(said(tmp_path / "home")) == 2 * at_once


def test_parquet_and_json_lines_that_say_the_same_are_the_same_evidence(tmp_path: Path) -> None:
    rows = [line(f"PMID:{number}", "2001-05", journal=None if number % 2 else "A Journal") for number in range(50)]
    del rows[7]["head"]["name"]
    table = tmp_path / "observed.parquet"
    pl.DataFrame(rows).write_parquet(table)
    chronokg("observe", table, home=tmp_path / "a")
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", rows), home=tmp_path / "b")
    assert said(tmp_path / "a") == said(tmp_path / "b")
    assert len(said(tmp_path / "a")) == 50


def test_json_lines_larger_than_a_batch_keep_their_line_numbers(tmp_path: Path) -> None:
    number = JSON_AT_ONCE // 8_000
    bad = {**line("PMID:7", "2001"), "relation": "cures"}
    file = write_lines(tmp_path / "lines.jsonl", [*(line(f"PMID:{n}", "2001", quote="x" * 8_000) for n in range(number)), bad])
    told = counts(chronokg("observe", file, "--json", home=tmp_path / "home", expect=1), "line")
    assert told["committed"] == number
    assert len(list(DeltaEvidenceLog(tmp_path / "home" / "log").records(BatchReport))) > 1
    assert f"lines.jsonl line {number + 1}: " in chronokg("status", home=tmp_path / "home")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pyproject.toml",), "begins with '[build-system]': `observe` takes JSON lines"),
        (("{folder}/table.parquet",), "has no column document, head, tail; it has relation, weight"),
        (("{folder}/broken.parquet",), "is not Parquet"),
        (("{folder}/relations", "--confidence", "traet=0.8"), "relation 'traet' is not one of the ontology biomedical"),
        (("{folder}/relations", "--confidence", "treat=high"), "confidence.treat 'high'"),
        (("{folder}/relations", "--confidence", "1.5"), "confidence.* '1.5'"),
        (("{folder}/relations", "--source", ""), "the source '' is empty"),
        (("{folder}/relations", "--dates", "absent.tsv"), "absent.tsv is not a file"),
        (("{folder}/relations", "--dates", "README.md"), "README.md, line"),
        (("{folder}/relations", "--published", "soon"), "'soon' is not a date"),
    ],
)
def test_a_wrong_file_or_option_is_one_clear_sentence(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    saved(tmp_path / "relations", relations(1))
    pl.DataFrame({"relation": ["treat"], "weight": [1]}).write_parquet(tmp_path / "table.parquet")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing else")
    done = run("observe", *(each.format(folder=tmp_path) for each in arguments), home=tmp_path / "home")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
