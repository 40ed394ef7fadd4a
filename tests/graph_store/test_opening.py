"""Which graph a setting opens, and what is said where it opens none."""

import subprocess
import sys
from pathlib import Path

import pytest

from graph_store.opening import open_store
from schema.errors import StoreUnavailable, WrongUse


@pytest.mark.parametrize("uri", ["http://localhost:7474", "redis://x", "neo4j", "bolt://", "", "file:///tmp/x", "Embedded!"])
def test_an_unknown_graph_is_refused_naming_it_and_what_is_allowed(uri: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse) as refused:
        open_store(uri, tmp_path)
    assert repr(uri) in str(refused.value)
    assert "memory:" in str(refused.value)
    assert "bolt://" in str(refused.value)


@pytest.mark.parametrize("uri", ["bolt://me:secret@localhost:7687", "http://me:secret@localhost"])
def test_a_password_in_the_address_is_refused_without_repeating_it(uri: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse) as refused:
        open_store(uri, tmp_path)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_server_that_does_not_answer_is_away_and_named(scheme: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=rf"no graph server answers at {scheme}://127\.0\.0\.1:1") as failed:
        open_store(f"{scheme}://127.0.0.1:1", tmp_path, password="secret")
    assert "secret" not in str(failed.value)


def test_opening_imports_nothing_heavy_before_it_is_needed() -> None:
    code = "import sys, graph_store.opening; print([m for m in ('neo4j', 'networkx', 'arcadedb_embedded', 'jpype') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
