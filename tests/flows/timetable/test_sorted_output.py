"""While a schedule is served our lines are for the person, Prefect's for a file."""

import io
import sys
from pathlib import Path

import pytest

from flows.timetable import sorted_output as sorted_output_module
from flows.timetable.sorted_output import LARGEST, SortedOutput, sorted_output


def test_only_whole_lines_that_begin_as_ours_do_are_shown() -> None:
    shown, kept = io.StringIO(), io.StringIO()
    stream = SortedOutput(shown, kept, ("note: ", "ingest/kb"))
    for text in ("note: a", " word\nTrace", "back\ningest/kb, run x: started\n", "note: not whole"):
        stream.write(text)
    assert shown.getvalue() == "note: a word\ningest/kb, run x: started\n"
    assert kept.getvalue() == "Traceback\n"


def test_a_file_that_becomes_too_large_is_begun_anew_for_all_who_write_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_output_module, "LARGEST", 1_000)
    file = tmp_path / "schedule.log"
    with file.open("a") as one, file.open("a") as two:
        first, second = SortedOutput(io.StringIO(), one, ()), SortedOutput(io.StringIO(), two, ())
        for number in range(100):
            first.write(f"first {number} {'x' * 50}\n")
            second.write(f"second {number}\n")
            assert file.stat().st_size < 1_100
    assert file.read_text().endswith("second 99\n")
    assert "\0" not in file.read_text()


def test_both_streams_are_sorted_and_a_file_that_is_too_large_is_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schedule.log"
    file.write_bytes(b"x" * (LARGEST + 1))
    with sorted_output(file, ("note: ",)):
        print("noise")
        print("note: ours", file=sys.stderr)
    assert file.read_text() == "noise\n"
    assert capsys.readouterr() == ("", "note: ours\n")
