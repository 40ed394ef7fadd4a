"""While a schedule is served our lines are for the person, Prefect's for a file."""

import io
import sys
from pathlib import Path

import pytest

from flows.timetable.sorted_output import LARGEST, SortedOutput, sorted_output


def test_only_whole_lines_that_begin_as_ours_do_are_shown() -> None:
    shown, kept = io.StringIO(), io.StringIO()
    stream = SortedOutput(shown, kept, ("note: ", "ingest/kb"))
    for text in ("note: a", " word\nTrace", "back\ningest/kb, run x: started\n", "note: not whole"):
        stream.write(text)
    assert shown.getvalue() == "note: a word\ningest/kb, run x: started\n"
    assert kept.getvalue() == "Traceback\n"


def test_both_streams_are_sorted_and_a_file_that_is_too_large_is_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schedule.log"
    file.write_bytes(b"x" * (LARGEST + 1))
    with sorted_output(file, ("note: ",)):
        print("noise")
        print("note: ours", file=sys.stderr)
    assert file.read_text() == "noise\n"
    assert capsys.readouterr() == ("", "note: ours\n")
