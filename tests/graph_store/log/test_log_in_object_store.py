"""A log in an object store: followed by several machines, copied to a disk and back, never without conditions; what fails is said."""

import json
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from socket import SHUT_RDWR
from threading import Event
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from graph_store.folders import object_folder
from graph_store.folders.places import folder_at, place_in
from graph_store.leasing.holders import this_process
from graph_store.leasing.kept_leases import open_leases
from graph_store.log import delta_log
from graph_store.log.delta_log import DeltaEvidenceLog
from graph_store.log.log_files import COMMITS, commit_name
from schema.errors import LogDamaged, StoreFailed, StoreUnavailable, WrongUse
from schema.ids import BatchId
from tests.graph_store.log.test_log_index import answers, first_records
from tests.object_store import Answer, ObjectStore, refusing, without_conditions


def log_in(place: str, indexes: Path, name: str = "one", **how: Any) -> DeltaEvidenceLog:
    """The log as a machine of this name sees it."""
    return DeltaEvidenceLog(f"{place}/log", index=indexes / f"{name}.sqlite", **how)


def some_batches(log: DeltaEvidenceLog, numbers: Iterable[int] = range(3)) -> DeltaEvidenceLog:
    for number in numbers:
        log.append(BatchId(f"batch {number}"), first_records(number))
    return log


@pytest.fixture
def place(object_store: ObjectStore) -> str:
    return object_store.place("home")


def test_each_machine_follows_what_the_others_record(place: str, tmp_path: Path) -> None:
    one, other = (log_in(place, tmp_path, name) for name in ("one", "other"))
    some_batches(one)
    assert other.position() == 3
    some_batches(other, range(3, 5))
    assert one.version() == other.version()
    assert one.contains(other.version())
    assert answers(one) == answers(other) == answers(log_in(place, tmp_path, "third", reads_only=True))
    assert not (tmp_path / "third.sqlite").exists()


def test_what_has_not_changed_costs_one_request(place: str, tmp_path: Path, object_store: ObjectStore) -> None:
    log = some_batches(log_in(place, tmp_path))
    log.position()
    object_store.requests.clear()
    log.position()
    assert object_store.requests == {"HEAD": 1}


def test_a_copy_is_a_home_and_a_copy_of_a_home_is_a_log(place: str, tmp_path: Path) -> None:
    log = some_batches(log_in(place, tmp_path))
    store = S3Store.from_url(place, client_options={"allow_http": True})
    for page in obstore.list(store):
        for each in page:
            (tmp_path / "home" / each["path"]).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "home" / each["path"]).write_bytes(bytes(obstore.get(store, each["path"]).bytes()))
    copy = DeltaEvidenceLog(tmp_path / "home" / "log")
    assert copy.version() == log.version()
    assert answers(copy) == answers(log)
    assert copy.append(BatchId("more"), first_records(77))
    back = S3Store.from_url(f"{place}-back", client_options={"allow_http": True})
    for file in (each for each in (tmp_path / "home" / "log").rglob("*") if each.is_file()):
        obstore.put(back, file.relative_to(tmp_path / "home").as_posix(), file.read_bytes())
    again = log_in(f"{place}-back", tmp_path, "back")
    assert again.version() == copy.version()
    assert answers(again) == answers(copy)


def test_compaction_and_checkpoints_change_no_answer(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta_log, "_COMPACT_EVERY", 2)
    log = some_batches(log_in(place, tmp_path))
    wanted = answers(log)
    assert answers(log_in(place, tmp_path, "behind")) == wanted
    log._opened().create_checkpoint()
    folder_at(f"{place}/log").remove(commit_name(2))  # as is done with commits that checkpoints have made old
    assert answers(log_in(place, tmp_path, "later")) == wanted


DAMAGE = {
    "a file of rows is gone": (r".*\.parquet", None, "missing"),
    "a file of rows is cut off": (r".*\.parquet", b"PAR1", "torn"),
    "a commit is gone": (commit_name(2), None, "missing"),
    "a commit is empty": (commit_name(2), b"", "empty"),
    "the last commit is cut off": (commit_name(3), b'{"add": {"pa', "torn"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_missing_or_torn_is_named(name: str, place: str, tmp_path: Path) -> None:
    some_batches(log_in(place, tmp_path))
    pattern, content, how = DAMAGE[name]
    folder = folder_at(f"{place}/log")
    names = [*sorted(folder.sizes()), *(f"{COMMITS}/{each}" for each in sorted(folder.sizes(COMMITS)))]
    harmed = next(each for each in names if re.fullmatch(pattern, each))
    folder.remove(harmed)
    if content is not None:
        assert folder.create(harmed, content)
    with pytest.raises(LogDamaged, match=f"{harmed.rpartition('/')[2]} is {how}; restore the folder from a backup"):
        log_in(place, tmp_path, "other")


def test_a_log_that_is_gone_is_no_new_log_where_an_index_has_followed_it(place: str, tmp_path: Path) -> None:
    some_batches(log_in(place, tmp_path), [1]).position()
    with pytest.raises(LogDamaged, match="is gone, and its index is there"):
        log_in(f"{place}-elsewhere", tmp_path)


def test_an_index_must_lie_somewhere(place: str) -> None:
    with pytest.raises(WrongUse, match="needs an index on this machine"):
        DeltaEvidenceLog(place)


REFUSALS: dict[str, tuple[Answer, str]] = {
    "keys": (refusing("403 Forbidden", "InvalidAccessKeyId"), "access is denied: look at AWS_ACCESS_KEY_ID"),
    "rights": (refusing("403 Forbidden", "AccessDenied"), "access is denied"),
    "away": (refusing("503 Service Unavailable", "SlowDown"), "the object store does not answer"),
    "broken": (refusing("500 Internal Server Error", "InternalError"), "the object store does not answer"),
}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_folder, "_RETRIES", 2)
    monkeypatch.setattr(object_folder, "_ANSWER_S", 1)


def everything_asked_of(place: str, tmp_path: Path) -> dict[str, Callable[[], Any]]:
    """What may be asked, of a log that was open before the store failed, and of one that is opened then."""
    log = some_batches(log_in(place, tmp_path))
    leases = open_leases(f"{place}/log", this_process("a test"))
    return {
        "append": lambda: log.append(BatchId("more"), first_records(9)),
        "position": log.position,
        "table": log.table,
        "open": lambda: log_in(place, tmp_path, "other"),
        "open to read": lambda: log_in(place, tmp_path, "other", reads_only=True),
        "take": lambda: leases.take(["a"], 60),
    }


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.usefixtures("impatient")
def test_a_store_that_refuses_is_told_in_one_sentence_without_keys(
    name: str, place: str, tmp_path: Path, object_store: ObjectStore
) -> None:
    asked = everything_asked_of(place, tmp_path)
    answer, told = REFUSALS[name]
    with object_store.answering(answer):
        for what, ask in asked.items():
            with pytest.raises(StoreFailed, match=re.escape(told)) as failed:
                ask()
            said = str(failed.value)
            assert isinstance(failed.value, StoreUnavailable) == ("does not answer" in told), what
            assert said.count("\n") == 0, what
            assert "secret" not in said.casefold().replace("aws_secret_access_key", ""), what
            assert "a-key-of-tests" not in said, what
    assert asked["append"]()
    assert asked["take"]() == {"a"}


@pytest.mark.usefixtures("impatient")
def test_a_store_that_hangs_or_is_gone_is_given_up_in_time(
    place: str, tmp_path: Path, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, never = some_batches(log_in(place, tmp_path), [1]), Event()

    def hang(environ: dict[str, Any], start: Callable[..., Any]) -> None:
        never.wait(30)

    began = time.monotonic()
    with object_store.answering(hang):
        for ask in (log.position, lambda: log.append(BatchId("more"), first_records(9))):
            with pytest.raises(StoreUnavailable, match="the object store does not answer"):
                ask()
        never.set()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:word@127.0.0.1:1")
    with pytest.raises(StoreUnavailable, match=r"does not answer.* \(http://\*+@127.0.0.1:1\)"):
        log_in(place, tmp_path, "other")
    assert time.monotonic() - began < 25


def test_a_bucket_that_there_is_none_of_and_http_that_nobody_meant_are_told(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreFailed, match="there is no such bucket"):
        log_in("s3://there-is-none/kg", tmp_path)
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(StoreFailed, match="set AWS_ALLOW_HTTP=true"):
        log_in(place, tmp_path)


WITHOUT: dict[str, tuple[Answer, str]] = {
    "overwrites": (without_conditions, "would lose batches: a log needs an object store with conditional writes"),
    "does not implement": (
        lambda environ, start: (
            refusing("501 Not Implemented", "NotImplemented")(environ, start) if "HTTP_IF_NONE_MATCH" in environ else None
        ),
        "cannot make a file only where there is none: a log needs an object store with conditional writes",
    ),
}


@pytest.mark.parametrize("name", WITHOUT)
@pytest.mark.usefixtures("impatient")
def test_a_store_without_conditional_writes_gets_no_log_and_no_batch(
    name: str, place: str, tmp_path: Path, object_store: ObjectStore
) -> None:
    some_batches(log_in(place, tmp_path), [1])
    answer, told = WITHOUT[name]
    with object_store.answering(answer):
        with pytest.raises(StoreFailed, match=told):
            log_in(f"{place}-new", tmp_path, "new")
        opened = log_in(place, tmp_path)
        with pytest.raises(StoreFailed, match=told):
            opened.append(BatchId("more"), first_records(9))
        with pytest.raises(StoreFailed, match=told):
            open_leases(f"{place}/log", this_process("a test")).take(["a"], 60)
    assert log_in(place, tmp_path).batches() == ["batch 1"]


def test_an_environment_cannot_take_the_conditions_away(
    place: str, tmp_path: Path, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_S3_ALLOW_UNSAFE_RENAME", "true")
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    conditions: list[bool] = []

    def watch(environ: dict[str, Any], start: Callable[..., Any]) -> None:
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith(".json"):
            conditions.append(environ.get("HTTP_IF_NONE_MATCH") == "*")

    with object_store.answering(watch):
        some_batches(log_in(place, tmp_path), [1, 2])
        open_leases(f"{place}/log", this_process("a test")).take(["a"], 60)
    assert conditions == [True] * 5


def test_an_answer_that_is_lost_after_the_store_has_written_loses_and_doubles_nothing(
    place: str, tmp_path: Path, object_store: ObjectStore
) -> None:
    log, leases = some_batches(log_in(place, tmp_path), [1]), open_leases(f"{place}/log", this_process("a test"))
    lost: list[str] = []

    def lose(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes] | None:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "PUT" or path in lost or path.endswith("_conditional-writes"):
            return None
        lost.append(path)
        object_store.written(environ)
        environ["werkzeug.socket"].shutdown(SHUT_RDWR)
        return []

    with object_store.answering(lose):
        for number in (2, 3):
            log.append(BatchId(f"batch {number}"), first_records(number))
        assert leases.take(["a"], 60) == {"a"}
    assert any(path.endswith(".parquet") for path in lost)
    assert any(commit_name(2) in path for path in lost)
    assert sorted(log.batches()) == ["batch 1", "batch 2", "batch 3"]
    assert leases.renew(60) == set()


def test_who_may_only_read_is_served(place: str, tmp_path: Path, object_store: ObjectStore) -> None:
    log = some_batches(log_in(place, tmp_path))
    with object_store.answering(refusing("403 Forbidden", "AccessDenied", method="PUT|POST|DELETE")):
        assert answers(log_in(place, tmp_path, "reader", reads_only=True)) == answers(log)
        with pytest.raises(StoreFailed, match="access is denied"):
            log.append(BatchId("more"), first_records(9))


def test_leases_lie_beside_the_log(place: str, tmp_path: Path) -> None:
    open_leases(place_in(place, "log"), this_process("a test")).take(["a"], 60)
    written = folder_at(f"{place}/log-leases").read(f"{1:020}.json")
    assert written is not None
    assert json.loads(written)["grants"][0]["things"] == ["a"]
