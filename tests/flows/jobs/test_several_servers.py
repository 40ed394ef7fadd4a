"""Several model servers from the command line: by flag, environment and file; one that dies, and what stops a run at once."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.home.configuration.settings import load_settings
from schema.errors import WrongUse
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import chronokg, counts, run, write_lines
from tests.flows.jobs.test_plain_text import PAPERS, answer

READ = ("--reading", "votes", "--json")
VOTES = {"CHRONOKG_VOTES": "2"}


@pytest.fixture
def two() -> Iterator[tuple[FakeServer, FakeServer]]:
    with FakeServer(Dialect.VLLM) as one, FakeServer(Dialect.VLLM) as other:
        one.says = other.says = answer
        yield one, other


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lines(tmp_path_factory.mktemp("plain") / "papers.jsonl", PAPERS)


def asked(server: FakeServer) -> int:
    return server.counts["/v1/chat/completions"]


def test_the_graph_and_the_readers_name_are_those_of_one_server(two, documents, tmp_path):
    one, other = two
    chronokg("ingest", documents, "--model", one.url, *READ, **VOTES, home=tmp_path / "one")
    alone = asked(one)
    chronokg("ingest", documents, "--model", f"{other.url}, {one.url}", *READ, **VOTES, home=tmp_path / "two")
    assert asked(one) - alone + asked(other) == alone
    assert min(asked(one) - alone, asked(other)) > 0
    exports = [chronokg("export", home=tmp_path / home) for home in ("one", "two")]
    assert exports[0] == exports[1]
    readers = [
        {spent["reader"] for spent in json.loads(chronokg("status", "--json", home=tmp_path / home))["spent"]} for home in ("one", "two")
    ]
    assert readers[0] == readers[1]
    assert "org/tiny" in str(readers[0])


def test_a_list_in_the_file_and_commas_in_the_environment_mean_the_same(two, documents, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    urls = [server.url for server in two]
    (home / "chronokg.toml").write_text(f"model = {json.dumps(urls)}\n")
    assert load_settings(home, {})[0].model == ",".join(urls)
    monkeypatch.setenv("CHRONOKG_MODEL", ",".join(urls))
    assert load_settings(tmp_path, {})[0].model == ",".join(urls)
    assert counts(chronokg("ingest", documents, *READ, **VOTES, home=home))["committed"] == len(PAPERS)
    assert all(asked(server) for server in two)


@pytest.mark.parametrize("value", ['["http://a:1", 2]', '["http://a:1", ""]', '["http://a:1,http://b:1"]', "{}"])
def test_a_list_of_something_else_is_refused(tmp_path, value):
    (tmp_path / "chronokg.toml").write_text(f"model = {value}\n")
    with pytest.raises(WrongUse, match=r"model .*chronokg\.toml"):
        load_settings(tmp_path, {})


def test_one_that_is_no_address_is_named(documents, tmp_path):
    done = run("ingest", documents, "--model", "http://127.0.0.1:1,embedded", home=tmp_path / "home")
    assert done.returncode == 2
    assert "'embedded' is not the URL of a model server" in done.stderr


def test_a_server_killed_amid_the_run_changes_neither_counts_nor_graph(two, documents, tmp_path):
    one, other = two
    chronokg("ingest", documents, "--model", other.url, *READ, **VOTES, home=tmp_path / "clean")
    one.delay = other.delay = 0.02

    def kill() -> None:
        while asked(one) < 3:
            time.sleep(0.005)
        one.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    told = counts(chronokg("ingest", documents, "--model", f"{one.url},{other.url}", *READ, **VOTES, home=tmp_path / "home"))
    killer.join()
    assert (told["committed"], told["set_aside"]) == (len(PAPERS), {})
    assert chronokg("export", home=tmp_path / "home") == chronokg("export", home=tmp_path / "clean")


@pytest.mark.parametrize(("status", "words"), [(401, "bad key"), (404, "The model `org/tiny` does not exist.")])
def test_a_server_that_refuses_stops_the_run_in_one_sentence_and_sets_nothing_aside(two, documents, tmp_path, status, words):
    one, _ = two
    one.always["/v1/chat/completions"] = (status, {"Content-Type": "application/json"}, json.dumps({"error": {"message": words}}))
    home = tmp_path / "home"
    done = run("ingest", documents, "--model", one.url, "--reading", "votes", home=home)
    assert done.returncode == 2
    assert f"{one.url}/v1/chat/completions: HTTP {status}" in done.stderr
    assert words in done.stderr
    assert done.stderr.count("HTTP") == 1
    assert json.loads(chronokg("status", "--json", home=home))["set_aside"]["open"] == 0
    one.always.clear()
    assert counts(chronokg("ingest", documents, "--model", one.url, *READ, **VOTES, home=home))["committed"] == len(PAPERS)


def test_doctor_names_the_server_that_is_away(two, tmp_path):
    one, other = two
    one.kill()
    found = json.loads(chronokg("doctor", "--json", home=tmp_path / "home", CHRONOKG_MODEL=f"{one.url},{other.url}"))
    (model,) = [check for check in found["checks"] if check["name"] == "model"]
    assert model["ok"]
    assert "serves org/tiny" in model["detail"]
    assert f"{one.url}: no connection" in model["detail"]
