"""One contract for leases, in memory and kept; then what holds of those that are kept: processes, kills, clocks, files."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_store.folders.places import place_in
from graph_store.leasing.holders import is_known_dead, this_process
from graph_store.leasing.kept_leases import open_leases
from schema.errors import LogTooNew, StoreFailed
from schema.ports import Holder, Lease, Leases
from tests.conftest import ROOT, examples
from tests.graph_store.leasing.memory_leases import MemoryLeases

ELSEWHERE = replace(this_process("a run elsewhere"), host="another", process=1)


class Clock:
    """Shows what it is told to show; its seconds pass with it, but are not set back."""

    def __init__(self) -> None:
        self.shown, self.passed = datetime(2026, 1, 1, tzinfo=UTC), 0.0

    def now(self) -> datetime:
        return self.shown

    def elapsed(self) -> float:
        return self.passed

    def pass_by(self, seconds: float) -> None:
        self.shown, self.passed = self.shown + timedelta(seconds=seconds), self.passed + seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


Opens = Callable[[Holder], Leases]


@pytest.fixture(params=["memory", "disk", "object store"])
def opens(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Opens:
    """How to open leases of one log, for a holder."""
    held: dict[str, Lease] = {}
    if request.param == "memory":
        return lambda holder: MemoryLeases(held, holder, clock.now, is_known_dead)
    place = tmp_path if request.param == "disk" else request.getfixturevalue("object_store").place("leases")
    return lambda holder: open_leases(place_in(place, "log"), holder, clock.now, clock.elapsed)


def someone(name: str) -> Holder:
    return replace(ELSEWHERE, id=name, command=name)


def test_what_one_has_taken_others_cannot_take_and_are_told_who_has_it(opens: Opens, clock: Clock) -> None:
    one, other = opens(someone("one")), opens(someone("other"))
    assert one.take(["a", "b"], 60) == {"a", "b"}
    assert one.take(["b", "c"], 60) == {"b", "c"}
    assert other.take(["c", "d"], 60) == {"d"}
    until = clock.now() + timedelta(seconds=60)
    assert other.held_by_others(["a", "d", "e"]) == {"a": Lease(someone("one"), until)}
    assert str(Lease(someone("one"), until)) == "process 1 on another (one), until 2026-01-01T00:01:00+00:00"
    assert one.held_by_others(["a", "d"]).keys() == {"d"}


def test_what_is_let_go_of_is_free_and_what_is_not_ours_stays(opens: Opens) -> None:
    one, other = opens(someone("one")), opens(someone("other"))
    one.take(["a", "b"], 60)
    other.release(["a"])
    assert other.take(["a"], 60) == set()
    one.release(["a", "never taken"])
    assert other.take(["a", "b"], 60) == {"a"}
    assert one.renew(60) == set()


def test_a_lease_ends_by_itself_and_a_renewed_one_does_not(opens: Opens, clock: Clock) -> None:
    one, two, other = (opens(someone(name)) for name in ("one", "two", "other"))
    one.take(["a"], 60)
    two.take(["b"], 60)
    clock.pass_by(40)
    assert one.renew(60) == set()
    clock.pass_by(40)
    assert other.take(["a", "b"], 60) == {"b"}
    assert two.renew(60) == {"b"}
    assert two.renew(60) == set(), "what is lost is not ours any more"


def test_who_comes_late_keeps_what_nobody_has_taken(opens: Opens, clock: Clock) -> None:
    one, other = opens(someone("one")), opens(someone("other"))
    one.take(["a", "b"], 60)
    clock.pass_by(100)
    assert other.take(["b"], 60) == {"b"}
    assert one.renew(60) == {"b"}
    assert other.take(["a"], 60) == set()


def test_nothing_is_taken_of_nothing(opens: Opens) -> None:
    one = opens(someone("one"))
    assert one.take([], 60) == set()
    assert one.renew(60) == set()
    assert one.held_by_others(["a"]) == {}


def test_who_is_dead_holds_nothing_and_a_process_elsewhere_is_not_known_to_be(opens: Opens) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = this_process("a run")
    dead = {
        "gone": replace(here, id="1", process=gone.pid),
        "its number is another's": replace(here, id="2", started="1"),
        "of another boot": replace(here, id="3", boot="before"),
    }
    alive = {
        "another of this process": replace(here, id="4"),
        "of another machine": replace(dead["gone"], id="5", machine="another"),
        "of another container": replace(dead["gone"], id="6", room="another"),
    }
    for name, holder in (dead | alive).items():
        opens(holder).take([name], 60)
    assert opens(here).take([*dead, *alive], 60) == dead.keys()


def test_a_process_that_was_killed_and_not_yet_waited_for_is_dead() -> None:
    code = "import sys; from graph_store.leasing.holders import this_process; print(this_process('').started, flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    holder = replace(this_process(""), process=child.pid, started=child.stdout.readline().strip())
    assert not is_known_dead(holder)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_known_dead(holder)
    child.communicate()


def test_a_process_of_another_user_that_is_hidden_is_not_known_to_be_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    holder = replace(this_process("of another user"), process=gone.pid, started="1")
    assert is_known_dead(holder)

    def not_ours(process: int, signal: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "kill", not_ours)
    assert not is_known_dead(holder)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "renew", "release", "wait", "look"]),
        st.sampled_from("xyz"),
        st.sets(st.sampled_from("abcdef")),
        st.integers(1, 50),
    ),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_leases_do_what_plain_ones_do(steps: list[tuple[str, str, set[str], int]], tmp_path_factory: pytest.TempPathFactory) -> None:
    clock, log, held = Clock(), tmp_path_factory.mktemp("leases") / "log", dict[str, Lease]()
    plain = {name: MemoryLeases(held, someone(name), clock.now) for name in "xyz"}
    kept = {name: open_leases(log, someone(name), clock.now, clock.elapsed) for name in "xyz"}
    for what, who, things, seconds in steps:
        if what == "take":
            assert kept[who].take(things, seconds) == plain[who].take(things, seconds)
        elif what == "renew":
            assert kept[who].renew(seconds) == plain[who].renew(seconds)
        elif what == "release":
            kept[who].release(things)
            plain[who].release(things)
        elif what == "wait":
            clock.pass_by(seconds)
        assert kept[who].held_by_others("abcdef") == plain[who].held_by_others("abcdef")


def test_a_clock_that_is_set_back_makes_no_lease_last_longer_than_it_was_given_for(tmp_path: Path) -> None:
    clock, behind = Clock(), Clock()
    behind.shown -= timedelta(days=365)
    one = open_leases(tmp_path / "log", someone("one"), clock.now, clock.elapsed)
    other = open_leases(tmp_path / "log", someone("other"), behind.now, behind.elapsed)
    one.take(["a", "b"], 60)
    assert other.take(["a"], 60) == set()
    for _ in range(3):
        for each in (clock, behind):
            each.pass_by(40)
        assert one.renew(60) == set()
        assert other.take(["a"], 60) == set(), "renewed ones stand"
    behind.pass_by(61)
    assert other.take(["a"], 60) == {"a"}, "unchanged for its own length"


@pytest.mark.parametrize("content", [b"", b'{"format":1,"grants":[{"num', b"\0" * 200])
def test_a_state_that_a_power_failure_has_torn_holds_nothing(content: bytes, tmp_path: Path) -> None:
    open_leases(tmp_path / "log", someone("one")).take(["a"], 60)
    (tmp_path / "log-leases" / f"{1:020}.json").write_bytes(content)
    assert open_leases(tmp_path / "log", someone("other")).take(["a"], 60) == {"a"}


@pytest.mark.parametrize("told", [{"format": 2, "grants": []}, {"format": 2, "held": {"a": "somebody"}}, {"grants": [{}], "format": 2}])
def test_leases_of_a_newer_format_are_refused_whatever_they_look_like(told: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "log-leases").mkdir()
    (tmp_path / "log-leases" / f"{7:020}.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(LogTooNew, match="format 2"):
        open_leases(tmp_path / "log", someone("one")).take(["a"], 60)


def test_what_the_disk_refuses_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log-leases").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreFailed, match=r"the leases in .*log-leases could not be read or written: "):
        open_leases(tmp_path / "log", someone("one")).take(["a"], 60)


def test_who_slept_while_a_number_became_free_again_does_not_take_it(tmp_path: Path) -> None:
    late, other = (open_leases(tmp_path / "log", someone(name)) for name in ("late", "other"))
    late.take(["mine"], 3600)
    seen = late._last
    stale = seen()
    for n in range(200):
        other.take([f"{n}"], 3600)
    assert not (tmp_path / "log-leases" / f"{stale[0] + 1:020}.json").exists()
    answers = iter([stale])
    late._last = lambda: next(answers, None) or seen()  # type: ignore[method-assign]
    assert late.take(["0", "199", "free"], 3600) == {"free"}
    assert other.held_by_others(["free", "mine"]).keys() == {"free", "mine"}


def test_the_folder_does_not_grow_and_what_the_killed_left_goes(tmp_path: Path) -> None:
    leases = open_leases(tmp_path / "log", someone("one"))
    leases.take(["a"], 60)
    (tmp_path / "log-leases" / f"{2:020}.json.left").write_bytes(b"half")
    for n in range(500):
        leases.take([f"{n}"], 0.001)
        leases.release([f"{n}"])
    files = sorted((tmp_path / "log-leases").iterdir())
    assert len(files) < 100
    assert files[1].name > f"{900:020}"


def test_ten_thousand_things_are_one_change_and_threads_share_one_holder(tmp_path: Path) -> None:
    leases, other = (open_leases(tmp_path / "log", someone(name)) for name in ("one", "other"))
    things = [f"PMID:{n} 1.2001-01-01.0123456789abcdef reader" for n in range(10_000)]
    began = time.monotonic()
    assert leases.take(things, 60) == set(things)
    assert len(list((tmp_path / "log-leases").iterdir())) == 2
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda n: leases.take([f"{n}", f"{n + 1}"], 60), range(32)))
    assert set().union(*taken) == {f"{n}" for n in range(33)}
    assert other.take([*things, "0"], 60) == set()
    assert leases.renew(60) == set()
    leases.release(things)
    assert time.monotonic() - began < 20


def test_who_slept_before_the_first_change_does_not_take_a_number_that_is_free_again(tmp_path: Path) -> None:
    late, other = (open_leases(tmp_path / "log", someone(name)) for name in ("late", "other"))
    assert other.held_by_others(["a"]) == {}
    seen = late._last
    stale = seen()
    for n in range(70):
        other.take([f"{n}"], 3600)
    assert [(tmp_path / "log-leases" / f"{number:020}.json").exists() for number in (stale[0], stale[0] + 1)] == [True, False]
    answers = iter([stale])
    late._last = lambda: next(answers, None) or seen()  # type: ignore[method-assign]
    assert late.take(["0", "69", "free"], 3600) == {"free"}
    assert len(list((tmp_path / "log-leases").glob(f"{1:020}*"))) == 0


def test_who_is_followed_at_once_has_what_it_took(tmp_path: Path) -> None:
    one, other = (open_leases(tmp_path / "log", someone(name)) for name in ("one", "other"))
    create = one._folder.create

    def followed(name: str, content: bytes) -> bool:
        made = create(name, content)
        one._folder.create = create  # type: ignore[method-assign]
        other.take(["b"], 60)
        return made

    other.held_by_others(["a"])
    one._folder.create = followed  # type: ignore[method-assign]
    assert one.take(["a"], 60) == {"a"}
    assert other.held_by_others(["a", "b"]).keys() == {"a"}
    assert len(list((tmp_path / "log-leases").iterdir())) == 3
