"""What is left to the night stands on the page for contributors, and nothing else does."""

import re
from pathlib import Path

import pytest

from tests.conftest import NIGHTLY, ROOT

LISTED = set(re.findall(r"^\| `(tests/\S+::\w+)` \|", (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8"), re.MULTILINE))


def test_tests_marked_nightly_are_those_that_the_page_lists(pytestconfig: pytest.Config) -> None:
    marked = pytestconfig.stash[NIGHTLY]
    assert marked <= LISTED
    if [Path(each).resolve() for each in pytestconfig.args] == [ROOT / "tests"]:
        assert marked == LISTED


@pytest.mark.parametrize("listed", sorted(LISTED))
def test_what_the_page_lists_is_there_and_marked(listed: str) -> None:
    file, name = listed.split("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {name}(" in text
    assert "pytest.mark.nightly" in text
