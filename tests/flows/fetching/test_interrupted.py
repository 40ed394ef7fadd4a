"""`sync` cut short by a kill, a budget, a reader that gives up: the next run goes on, nothing is lost, nothing is paid for twice."""

import asyncio
import gzip
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.engine.patience import Patience
from flows.home.homes import Home
from flows.jobs.syncing import sync_source
from flows.scheduling.job_functions import Conduct, sync_job
from flows.scheduling.parameters import SyncParameters
from schema.document import SourceFile
from schema.errors import StoreBusy
from schema.records import Reading
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ
from tests.flows.fetching.following import ONE, THREE, TWO, Taking, documents, followed, home_of, names
from tests.flows.fetching.servers import Answer, LocalServer, PubmedSite, article, deleted, packed


def test_a_crash_before_the_state_is_recorded_reads_the_file_again_and_pays_for_no_document_twice(home: Home) -> None:
    class Killed(Exception):
        pass

    def killed_after(paths: Any) -> Any:
        Taking(home)(paths)
        raise Killed

    with pytest.raises(Killed):
        sync_source(home, "lit", killed_after)
    assert list(home.log.records(SourceFile)) == []
    result, read = followed(home)
    assert read == [ONE, TWO]
    told = next(tally for tally in result.tallies if tally.unit == "document")
    assert (told.committed, dict(told.skipped)) == (0, {"read before": 3})
    assert list((home.path / "incoming" / "lit").iterdir()) == []


def test_a_file_of_which_a_reader_gives_up_the_rest_is_told_and_kept_for_replay(home: Home, site: PubmedSite) -> None:
    broken = gzip.compress(gzip.decompress(packed(article(5))).replace(b"</Article>", b"", 1).replace(b"</PubmedArticle>", b"", 1))
    site.put(THREE, broken)
    result, _ = followed(home)
    assert "set aside" in result.shortfall
    assert followed(home)[0].known == 3


def test_one_source_is_read_by_one_process_at_a_time(home: Home) -> None:
    def meanwhile(paths: Any) -> Any:
        with pytest.raises(StoreBusy, match="the source lit is being read"):
            sync_source(home.with_settings(graph_wait=0.0), "lit", Taking(home))
        return Taking(home)(paths)

    assert len(sync_source(home, "lit", meanwhile).read) == 2


def test_what_a_spent_budget_left_unread_is_read_by_the_next_run(home: Home) -> None:
    result, _ = followed(home.with_settings(budget_seconds=0.0))
    assert (result.read, names(result.waiting)) == ((), [ONE, TWO])
    assert result.shortfall == "3 not read: budget spent"
    assert followed(home)[1] == [ONE, TWO]
    assert documents(home) == ["PMID:1", "PMID:2", "PMID:3"]


def test_a_source_that_is_away_is_waited_for_as_long_as_there_is_patience(home: Home, server: LocalServer) -> None:
    table = f'[sources.lit]\nkind = "pubmed-files"\nat = "{server.url}/pubmed/updatefiles/"\nattempts = 1\n'
    (home.path / "chronokg.toml").write_text(table)
    server.first[f"/pubmed/updatefiles/{ONE}"].append(Answer(status=503))
    heard: list[str] = []
    waiting = Patience(60.0, lambda reason, seconds: heard.append(reason))
    parameters = SyncParameters(home=str(home.path), source="lit", settings={"model": home.settings.model, "graph": "memory:"})
    result = asyncio.run(sync_job(parameters, Conduct(waiting)))
    assert ["503" in reason for reason in heard] == [True]
    assert (result.data["files"]["read"], result.failed) == ([ONE, TWO], "")


@pytest.mark.parametrize(
    ("owner", "method", "moment", "count"),
    [
        ("flows.fetching.http_client.Web", "download", "after", 1),
        ("graph_store.log.delta_log.DeltaEvidenceLog", "append", "after", 1),
        ("graph_store.log.delta_log.DeltaEvidenceLog", "append", "before", 2),
    ],
)
def test_after_kill_9_the_same_command_goes_on_to_the_same_graph(
    server: LocalServer, site: PubmedSite, tmp_path: Path, owner: str, method: str, moment: str, count: int
) -> None:
    site.put(THREE, packed(article(4), deleted(3)))
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": f"{server.url}/pubmed/"})
    (home.path / "chronokg.toml").write_text(f'[sources.lit]\nkind = "pubmed-files"\nat = "{server.url}/pubmed/"\n')
    command = ["sync", "lit", "--model", home.settings.model, "--home", str(home.path), "--graph", "memory:"]
    killer = [sys.executable, "-m", "tests.flows.commands.killing", owner, method, moment, str(count), *command]
    killed = subprocess.run(killer, cwd=ROOT, env=environ(), capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    told = json.loads(chronokg("sync", "lit", "--model", home.settings.model, "--json", home=home.path))
    assert told["files"]["listed"] == 3
    assert chronokg("sync", "lit", "--model", home.settings.model, home=home.path).startswith("lit: 3 listed = 0 read + 3 known")
    assert documents(home) == ["PMID:1", "PMID:2", "PMID:4"]
    assert len(list(home.log.records(Reading))) == 4
    assert list((home.path / "incoming" / "lit").iterdir()) == []


def test_what_is_recorded_of_a_source_says_nothing_of_the_graph(home: Home) -> None:
    sync_source(home, "lit", lambda paths: [])
    batches = home.log.batches()
    assert len(batches) == 1
    assert not home.log.touched(batches)
    assert [recorded.record.name for recorded in home.log.records(SourceFile)] == [ONE, TWO]
