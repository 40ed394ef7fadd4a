"""Faults of what a run stands on: each is told as what it is, once, and nothing is counted twice."""

import asyncio
import time
from collections.abc import Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.engine import held_leases
from flows.engine.constructor import Constructor
from flows.engine.held_leases import HeldLeases, RenewedLeases, leases_of
from flows.engine.outcomes import Outcome
from flows.engine.patience import Patience
from flows.engine.runs import IngestRun, meter_for
from flows.engine.spool import Spool
from flows.engine.taking import directly
from flows.wiring.readers import extractor_for
from graph_store.memory_store import MemoryStore
from schema.document import Document, Passage
from schema.errors import StoreUnavailable
from schema.ids import DocumentId
from tests.flows.jobs.reading_here import home_at, ingest
from tests.flows.scheduling.running_flows import answers, papers

pytestmark = pytest.mark.usefixtures("quick")


def test_a_constructor_that_dies_of_a_fault_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(store: MemoryStore, change: object) -> None:
        raise MemoryError("no memory is left")

    home = home_at(tmp_path / "home", answers(tmp_path, 1, 2), batch=1)
    monkeypatch.setattr(MemoryStore, "apply", dies)
    with pytest.raises(MemoryError, match="no memory is left"):
        ingest(home, papers(tmp_path, 1, 2))


def test_a_constructor_that_has_given_up_is_not_waited_for_again() -> None:
    failure, tried = StoreUnavailable("the database is away"), []

    async def take(number: int) -> None:
        tried.append(number)
        raise failure

    run: Any = SimpleNamespace(constructor=SimpleNamespace(failure=failure), patience=Patience(60.0), take=take)
    with pytest.raises(StoreUnavailable):
        asyncio.run(directly(run)(7))
    assert tried == [7]


def test_leases_that_cannot_be_let_go_of_count_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    release = HeldLeases.release

    def away_at_first(self: HeldLeases, documents: Any, reader: Any) -> None:
        tried.append(len(documents))
        if len(tried) == 1:
            raise StoreUnavailable("the leases cannot be reached")
        release(self, documents, reader)

    home = home_at(tmp_path / "home", answers(tmp_path, *range(1, 7)), batch=2)
    monkeypatch.setattr(HeldLeases, "release", away_at_first)
    tallies, _ = ingest(home, papers(tmp_path, *range(1, 7)))
    assert (tallies["document"].committed, tallies["document"].submitted, len(tried)) == (6, 6, 3)


def test_of_two_revisions_that_are_read_neither_is_let_go_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_at(tmp_path / "home", answers(tmp_path, 1))
    both = [Document(DocumentId("PMID:1"), "A title.", (Passage(text),)) for text in ("One text.", "Another text.")]
    let_go: list[Collection[Document]] = []
    monkeypatch.setattr(HeldLeases, "release", lambda _, documents, reader: let_go.append(documents))
    with Spool(home.spools) as spool, leases_of(home, "ingest") as leases:
        outcome = Outcome(home)
        run = IngestRun(home, extractor_for(home), spool, outcome, Constructor(home, outcome, Patience()), leases, others_record=True)
        assert (run._unread(both), let_go) == (both, [[]])


def test_what_a_holder_of_before_still_has_is_taken_when_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_leases, "WANTED_S", 0.02)
    home = home_at(tmp_path / "home", "scripted:none")
    before = home.leases("the same run, before")
    before.take({"run:1"}, 60.0)

    def holder() -> str:
        return next((lease.holder.command for lease in home.leases("look").held_by_others({"run:1"}).values()), "nobody")

    with RenewedLeases(home.leases("the run"), "the run") as leases:
        leases.want_things({"run:1"})
        assert holder() == "chronokg the same run, before"
        before.release({"run:1"})
        since = time.monotonic()
        while holder() != "chronokg the run" and time.monotonic() - since < 10:
            time.sleep(0.02)
        assert holder() == "chronokg the run"


@pytest.mark.parametrize(("shares", "each"), [(1, 500), (3, 167), (1000, 1)])
def test_shares_of_a_budget_are_rounded_up_and_a_moment_ends_it_for_all(shares: int, each: int, tmp_path: Path) -> None:
    home = home_at(tmp_path / "home", "scripted:none", budget_tokens=500, budget_seconds=60.0)
    assert meter_for(home, shares).budget.tokens == each
    late, early = meter_for(home, shares, until=time.time() - 1), meter_for(home, shares, until=time.time() + 5)
    assert (late.is_spent, early.is_spent) == (True, False)
    assert early.budget.seconds is not None
    assert 0 < early.budget.seconds <= 5
