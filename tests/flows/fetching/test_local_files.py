"""Folders and object stores: a growing folder is parsed once, PubMed's files come from a folder and from S3 as they do from a server."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.fetching.http_client import FetchBounds
from flows.fetching.object_place import ObjectPlace
from flows.home.homes import Home
from flows.jobs.syncing import sync_source
from schema.errors import FileUnfinished, SourceUnavailable, WrongUse
from tests.flows.commands.running import paper, write_lines
from tests.flows.fetching.following import QUICK, followed, home_of, names
from tests.flows.fetching.servers import PubmedSite, article, packed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "papers"
    found.mkdir()
    return found


@pytest.fixture
def home(tmp_path: Path, folder: Path) -> Home:
    return home_of(tmp_path, {"kind": "folder", "at": str(folder), "settle": 60.0})


def put(path: Path, *numbers: int, age: float = 3600.0) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    write_lines(path, [paper(number, "2020-01-02") for number in numbers])
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_a_file_in_a_folder_is_parsed_once_and_again_where_it_changed(home: Home, folder: Path) -> None:
    one, _ = put(folder / "a.jsonl", 1), put(folder / "2026" / "b.jsonl", 2)
    result, read = followed(home)
    assert sorted(read) == ["a.jsonl", "b.jsonl"]
    assert followed(home)[1] == []
    os.utime(one, (time.time() - 100,) * 2)  # touched
    assert followed(home)[1] == []
    put(folder / "a.jsonl", 1, 3, age=50_000)
    result, read = followed(home)
    assert (read, result.known) == (["a.jsonl"], 1)


def test_many_small_files_are_read_together(home: Home, folder: Path) -> None:
    for number in range(1, 6):
        put(folder / f"{number}.jsonl", number)
    calls: list[int] = []
    sync_source(home, "lit", lambda paths: calls.append(len(paths)) or [])
    assert calls == [5]


def test_a_file_that_is_still_being_written_waits(home: Home, folder: Path) -> None:
    put(folder / "a.jsonl", 1, age=5)
    put(folder / "b.jsonl.part", 2)
    put(folder / ".hidden.jsonl", 3)
    result, read = followed(home)
    assert (read, names(result.waiting), result.listed, result.shortfall) == ([], ["a.jsonl"], 1, "")
    assert "waits until nothing is for 60 s" in result.waiting[0].why
    put(folder / "a.jsonl", 1, age=100)
    assert followed(home)[1] == ["a.jsonl"]


def test_a_file_whose_name_is_no_utf8_is_held_back_and_the_others_are_read(home: Home, folder: Path) -> None:
    put(folder / "a.jsonl", 1)
    odd = os.fsencode(folder) + b"/caf\xe9.jsonl"
    os.rename(put(folder / "b.jsonl", 2), odd)  # noqa: PTH104
    result, read = followed(home)
    assert read == ["a.jsonl"]
    assert [(held.name, held.why, held.wants_person) for held in result.waiting] == [
        ("caf\ufffd.jsonl", "its name is not in UTF-8: rename it", True)
    ]
    assert followed(home)[0].known == 1


def test_a_file_from_the_future_does_not_wait_for_it(home: Home, folder: Path) -> None:
    put(folder / "a.jsonl", 1, age=-7200)
    assert followed(home)[1] == ["a.jsonl"]


def test_a_file_that_changes_while_it_is_read_is_read_again(home: Home, folder: Path) -> None:
    path = put(folder / "a.jsonl", 1)

    def meanwhile(paths: Any) -> Any:
        put(path, 1, 2, age=500)
        return []

    result = sync_source(home, "lit", meanwhile)
    assert [(held.name, held.why) for held in result.waiting] == [("a.jsonl", "changed while it was read, and is read again")]
    assert result.reconciles
    assert followed(home)[1] == ["a.jsonl"]


def test_a_file_that_no_reader_knows_is_told_once(home: Home, folder: Path) -> None:
    (folder / "notes.txt").write_text("nothing of ours")
    os.utime(folder / "notes.txt", (1, 1))
    assert followed(home)[0].shortfall == "1 set aside"
    assert followed(home)[0].shortfall == ""


def test_a_hook_names_files_of_the_folder_and_no_others(home: Home, folder: Path) -> None:
    put(folder / "a.jsonl", 1)
    put(folder / "b.jsonl", 2)
    assert followed(home, str(folder / "b.jsonl"))[1] == ["b.jsonl"]
    assert followed(home, "c.jsonl")[0].waiting[0].why == "is not there"
    with pytest.raises(WrongUse, match="does not lie in"):
        followed(home, "/etc/passwd")
    with pytest.raises(WrongUse, match="does not lie in"):
        followed(home, "../said.jsonl")


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is no folder"):
        followed(home_of(tmp_path, {"kind": "folder", "at": "nowhere"}))


def lay(folder: Path, site: PubmedSite, age: float = 3600.0) -> None:
    for name, content in site.files.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (time.time() - age,) * 2)


def test_pubmeds_files_are_read_where_they_lie_in_a_folder(tmp_path: Path, folder: Path) -> None:
    site = PubmedSite()
    site.put("pubmed26n0001.xml.gz", packed(article(1)))
    lay(folder, site)
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": str(folder)})
    assert followed(home)[1] == ["pubmed26n0001.xml.gz"]
    assert (folder / "pubmed26n0001.xml.gz").exists()
    lay(folder, site, age=100)
    assert followed(home)[1] == []


def test_a_file_in_a_folder_that_does_not_fit_its_checksum_waits_while_it_is_young(tmp_path: Path, folder: Path) -> None:
    site = PubmedSite()
    site.put("pubmed26n0001.xml.gz", packed(article(1)))
    site.files["pubmed26n0001.xml.gz"] = packed(article(2))
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": str(folder)})
    lay(folder, site, age=5)
    result, _ = followed(home)
    assert names(result.waiting) == ["pubmed26n0001.xml.gz"]
    assert "still being written" in result.waiting[0].why
    lay(folder, site)
    assert names(followed(home)[0].set_aside) == ["pubmed26n0001.xml.gz"]


def test_a_folder_without_checksums_can_be_read_where_the_settings_say_so(tmp_path: Path, folder: Path) -> None:
    site = PubmedSite()
    site.put("pubmed26n0001.xml.gz", packed(article(1)), checksum=False)
    lay(folder, site)
    settings = {"kind": "pubmed-files", "at": str(folder)}
    assert names(followed(home_of(tmp_path, settings))[0].waiting) == ["pubmed26n0001.xml.gz"]
    home = home_of(tmp_path, {**settings, "md5": "if-there"})
    assert followed(home)[1] == ["pubmed26n0001.xml.gz"]
    lay(folder, site, age=100)
    assert followed(home)[1] == []


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_pubmeds_files_come_from_an_object_store(tmp_path: Path, s3: str) -> None:
    import boto3

    options = {"aws_access_key_id": "key", "aws_secret_access_key": "s3cret", "aws_endpoint": s3, "aws_region": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="s3cret")
    client.create_bucket(Bucket="pubmed")
    site = PubmedSite()
    site.put("pubmed26n0001.xml.gz", packed(article(1)))
    site.put("pubmed26n0002.xml.gz", packed(article(2)))

    def lay_out() -> None:
        for name, content in site.files.items():
            client.put_object(Bucket="pubmed", Key=f"updatefiles/{name}", Body=content)

    lay_out()
    home = home_of(tmp_path, {"kind": "pubmed-files", "at": "s3://pubmed/updatefiles", "options": options})
    result, read = followed(home)
    assert (read, result.shortfall) == (["pubmed26n0001.xml.gz", "pubmed26n0002.xml.gz"], "")
    assert followed(home)[0].known == 2
    site.put("pubmed26n0001.xml.gz", packed(article(1, text="Drug one prevents illness one.")))
    lay_out()
    assert followed(home, "s3://pubmed/updatefiles/pubmed26n0001.xml.gz")[1] == ["pubmed26n0001.xml.gz"]
    assert "s3cret" not in str(home.settings)


def test_an_object_that_is_gone_since_it_was_listed_is_told(tmp_path: Path, s3: str) -> None:
    import boto3

    options = {"aws_access_key_id": "key", "aws_secret_access_key": "s3cret", "aws_endpoint": s3, "aws_region": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="s3cret")
    client.create_bucket(Bucket="emptied")
    place = ObjectPlace("s3://emptied/x", options, FetchBounds(attempts=1))
    for ask in (lambda: place.fetch("gone.xml.gz", tmp_path), lambda: place.text("gone.xml.gz.md5")):
        with pytest.raises(FileUnfinished, match=r"s3://emptied/x/gone\.xml\.gz.* is not there any more"):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_an_object_store_that_does_not_answer_is_unavailable_and_tells_no_secret(s3: str) -> None:
    options = {"aws_access_key_id": "key", "aws_secret_access_key": "s3cret", "aws_endpoint": s3, "aws_region": "us-east-1"}
    bounds = FetchBounds(attempts=QUICK["attempts"], wait=0.01, timeout=2.0, total=5.0)  # type: ignore[arg-type]
    with pytest.raises(SourceUnavailable, match="s3://nowhere/x/") as failed:
        ObjectPlace("s3://nowhere/x", options, bounds).entries()
    assert "s3cret" not in str(failed.value)
    away = {**options, "aws_endpoint": "http://127.0.0.1:9"}
    with pytest.raises(SourceUnavailable):
        ObjectPlace("s3://nowhere/x", away, bounds).entries()
