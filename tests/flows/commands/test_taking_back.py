"""What is said of documents can be taken back, one by one or by a table; what cannot be meant is refused."""

import json
from pathlib import Path

import pytest

from graph_store.log.delta_log import DeltaEvidenceLog
from schema.records import BatchReport
from tests.flows.commands.running import chronokg, counts, line, run, write_lines
from tests.flows.commands.test_commands import facts

SAID = [line("PMID:1", "2001", "prevent"), line("PMID:2", "2004", "prevent", 0.7), line("PMID:3", "2010-05", "cause", 0.9)]
OVERTURNED = {"prevent": "superseded", "cause": "current"}
REOPENED = {"prevent": "current", "cause": "withdrawn"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    chronokg("observe", write_lines(tmp_path / "said.jsonl", SAID), home=tmp_path / "home")
    return tmp_path / "home"


def test_a_retraction_taken_back_leaves_the_export_as_it_was_and_can_be_made_again(home: Path) -> None:
    before = chronokg("export", home=home)
    assert "facts: 1 withdrawn, 1 reopened" in chronokg("retract", "PMID:3", "--on", "2021-05-01", home=home)
    assert facts(chronokg("export", home=home)) == REOPENED
    told = chronokg("unretract", "pmid: 3", home=home)
    assert told == "PMID:3 is not retracted any more\nfacts: 1 overturned, 1 reopened\n"
    assert chronokg("export", home=home) == before
    assert chronokg("unretract", "PMID:3", home=home) == "PMID:3 is not retracted: there is nothing to take back\n"
    assert "as was recorded before" not in chronokg("retract", "PMID:3", "--on", "2021-05-01", home=home)
    assert facts(chronokg("export", home=home)) == REOPENED
    assert "as was recorded before" in chronokg("retract", "PMID:3", "--on", "2021-05-01", home=home)
    assert "PMID:3 asserted it and was retracted (2021-05-01)" in chronokg("why", "a drug", "cause", "an illness", home=home)


def test_restoring_says_that_a_retraction_stands(home: Path) -> None:
    chronokg("retract", "PMID:3", "--on", "2021", home=home)
    chronokg("delete", "PMID:3", home=home)
    told = chronokg("restore", "PMID:3", home=home)
    assert told.startswith("PMID:3 is restored; its retraction (as of 2021) stands until `chronokg unretract`\n")
    assert facts(chronokg("export", home=home)) == REOPENED
    assert chronokg("restore", "PMID:1", home=home) == "PMID:1 is not deleted: there is nothing to restore\n"
    chronokg("delete", "PMID:3", home=home)
    assert "it stays deleted until `chronokg restore`" in chronokg("unretract", "PMID:3", home=home)


@pytest.mark.parametrize(
    ("document", "day", "told"),
    [
        ("PMID:3", "2999-01-01", "PMID:3 cannot have been retracted on 2999-01-01: today is "),
        ("PMID:3", "2010-04", "PMID:3 cannot have been retracted on 2010-04: it was published on 2010-05-01"),
        ("PMID:33", "2021", "PMID:33 was never seen here, and so is not retracted"),
    ],
)
def test_a_retraction_that_cannot_be_meant_is_refused_unless_anyway(document: str, day: str, told: str, home: Path) -> None:
    before = chronokg("export", home=home)
    done = run("retract", document, "--on", day, home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"chronokg: {told}" in done.stderr
    assert "--anyway records it" in done.stderr
    assert chronokg("export", home=home) == before
    assert "is retracted" in chronokg("retract", document, "--on", day, "--anyway", home=home)


@pytest.mark.parametrize("day", ["2010", "2010-05"])
def test_a_day_that_can_be_that_of_publication_is_taken(day: str, home: Path) -> None:
    chronokg("retract", "PMID:3", "--on", day, home=home)


TABLES = {
    "ids": "3\nPMID:2\n",
    "csv": "pmid,date,why\n3,2021-05-01,fraud\nPMID:2,,\n",
    "tsv": "# a list\ndocument\ton\nPMID:3\t2021-05-01\n2\t\n",
    "json": '{"document": "PMID:3", "on": "2021-05-01"}\n{"pmid": 2}\n',
}


@pytest.mark.parametrize("form", TABLES)
def test_a_table_retracts_and_takes_back_as_one_document_after_the_other_in_one_commit(form: str, home: Path, tmp_path: Path) -> None:
    before = chronokg("export", home=home)
    table = tmp_path / "table"
    table.write_text(TABLES[form], encoding="utf-8")
    told = chronokg("retract", "--from", table, "--json", home=home)
    assert counts(told, "event")["committed"] == 2
    assert json.loads(told)["believed"]["facts"]["withdrawn"] == 1
    reports = [r.record for r in DeltaEvidenceLog(home / "log").records(BatchReport) if r.record.command == "retract"]
    assert len(reports) == 1
    assert facts(chronokg("export", home=home)) == {"prevent": "current", "cause": "withdrawn"}
    assert counts(chronokg("retract", "--from", table, "--json", home=home), "event")["skipped"] == {"recorded before": 2}
    assert counts(chronokg("unretract", "--from", table, "--json", home=home), "event")["committed"] == 2
    assert chronokg("export", home=home) == before
    assert counts(json.dumps(json.loads(chronokg("status", "--json", home=home))["counts"]), "event")["submitted"] == 6
    chronokg("delete", "--from", table, home=home)
    assert facts(chronokg("export", home=home)) == {"prevent": "current"}
    assert counts(chronokg("restore", "--from", table, "--json", home=home), "event")["committed"] == 2
    assert chronokg("export", home=home) == before


def test_lines_that_cannot_be_used_are_set_aside_with_place_and_reason_and_replayed(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("pmid,date\n3,2010-04\nNA,2021\n2,soon\n99,2021\n1,2021\n1,2021\n", encoding="utf-8")
    told = counts(chronokg("retract", "--from", table, "--json", home=home, expect=1), "event")
    assert told["committed"] == 1
    assert told["skipped"] == {"never seen here": 1, "the same twice": 1}
    assert sum(told["set_aside"].values()) == 3
    status, impossible = chronokg("status", home=home), "list.csv line 2: PMID:3 cannot have been retracted on 2010-04"
    for part in (impossible, "list.csv line 3: ", "list.csv line 4: 'soon' is not a date"):
        assert part in status
    chronokg("observe", write_lines(tmp_path / "more.jsonl", [line("PMID:3", "2010-01", "cause", 0.9)]), home=home)
    replayed = counts(chronokg("replay", "--json", home=home, expect=1), "event")
    assert (replayed["committed"], sum(replayed["set_aside"].values())) == (1, 2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("retract",), "name one document to retract, or a table of them by --from FILE"),
        (("delete", "PMID:1", "--from", "README.md"), "name one document to delete, or a table of them by --from FILE"),
        (("restore", "--from", "absent.csv"), "absent.csv cannot be read: No such file or directory"),
        (("unretract", "NA"), "NA"),
    ],
)
def test_wrong_use_is_told(words: tuple[str, ...], told: str, home: Path) -> None:
    done = run(*words, home=home)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
