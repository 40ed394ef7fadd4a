"""The description of the API is what the API does: found by trying, and by a client that is made from it."""

import json
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flows.answers.facts_asked")
pytest.importorskip("flows.answers.documents_told")
schemathesis = pytest.importorskip("schemathesis")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis.errors import Unsatisfiable  # noqa: E402

from flows.api.app import make_app  # noqa: E402
from flows.home.homes import Home, open_home  # noqa: E402
from flows.jobs.observing import observe_file  # noqa: E402
from tests.conftest import ROOT, examples  # noqa: E402
from tests.flows.api.conftest import KEYS, WRITE_KEY, WRITES, asking, filled  # noqa: E402
from tests.flows.api.test_http_server import serving  # noqa: E402

OPERATIONS = {
    "search_entities", "entity", "entity_facts", "entity_timeline", "paths", "fact", "context", "context_for_question", "changes",
    "document", "status", "digest", "export", "alive", "ready", "record_observations", "record_retraction",
}  # fmt: skip


@pytest.fixture(scope="session")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The description of an app of its own, which may be written to."""
    home = open_home(tmp_path_factory.mktemp("tried") / "home", graph="memory:", serve_keys=KEYS, serve_rate=0)
    observe_file(home, ROOT / "examples" / "demo" / "curated.jsonl")
    return schemathesis.openapi.from_asgi("/openapi.json", make_app(home, writes=True))


def test_every_operation_has_a_name_and_every_error_its_form(demo: Home) -> None:
    described = make_app(demo).openapi()
    assert described["openapi"].startswith("3.1")
    operations = {op["operationId"]: op for methods in described["paths"].values() for op in methods.values()}
    assert operations.keys() == OPERATIONS
    for operation in operations.values():
        assert all("$ref" not in each["schema"] for each in operation.get("parameters", ())), "a parameter is no object"
        for status, told in operation["responses"].items():
            if int(status) >= 400:
                assert told["content"]["application/problem+json"]["schema"]["$ref"].endswith("/ProblemShape")
    for pointer in {each for each in json.dumps(described).split('"') if each.startswith("#/")}:
        place: Any = described
        for part in pointer.split("/")[1:]:
            place = place[part]


def test_keys_are_described_where_they_are_needed(demo: Home, own: Home) -> None:
    without, keyed = make_app(demo).openapi()["paths"], make_app(own).openapi()["paths"]
    assert "security" not in without["/status"]["get"]
    assert keyed["/status"]["get"]["security"] == without["/observations"]["post"]["security"] == [{"bearer": []}, {"key": []}]
    assert "security" not in keyed["/healthz"]["get"]


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # of how schemathesis draws
def test_what_is_described_holds_for_examples_of_every_operation(tried: Any) -> None:
    try_all(tried, examples(8), heavy=False)


@pytest.mark.nightly
def test_schemathesis_finds_nothing(tried: Any) -> None:
    try_all(tried, examples(80), heavy=True)


def try_all(schema: Any, number: int, *, heavy: bool) -> None:
    """By requests that the description allows, and by such as it does not."""
    modes = list(schemathesis.GenerationMode)
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in modes if heavy else modes[:1]:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            def hold(case: Any) -> None:
                case.call_and_validate(headers=WRITES)

            with nullcontext() if mode is modes[0] else suppress(Unsatisfiable):  # what takes nothing, takes nothing wrong
                hold()


@pytest.mark.nightly
def test_a_client_made_from_the_description_asks_and_is_answered(tmp_path: Path) -> None:
    pytest.importorskip("openapi_python_client")
    home = filled(tmp_path / "home", ROOT / "examples" / "demo" / "curated.jsonl")
    (tmp_path / "openapi.json").write_text(json.dumps(make_app(home).openapi()), encoding="utf-8")
    make = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--path", "openapi.json", "--output-path", "made"]
    made = subprocess.run([*make, "--meta", "none"], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    program = """
import sys
from made import Client
from made.api.entities import entity_facts, search_entities
from made.api.facts import fact
client = Client(base_url=sys.argv[1])
found = search_entities.sync(client=client, q="flecainide")
print(found.entities[0].key)
print(entity_facts.sync(found.entities[0].key, client=client).total)
print(fact.sync(client=client, head="flecainide", relation="prevent", tail="cardiac arrhythmias").fact.status)
"""
    with serving(home.path) as (_, address):
        done = subprocess.run(
            [sys.executable, "-c", program, address], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.stdout.split() == ["MESH:D005424", "2", "superseded"], done.stderr


def test_answers_of_the_common_layer_are_those_of_its_functions(demo: Home) -> None:
    from datetime import date

    from flows.answers.documents_told import document_told
    from flows.answers.facts_asked import changes_between, entity_card, facts_about, paths_between

    day = date(1988, 1, 1)
    with asking(demo) as client:
        assert client.get("/entities/flecainide?as_of=1988-01-01").json() == entity_card(demo, "flecainide", as_of=day)
        assert client.get("/entities/flecainide/facts?as_of=1988-01-01").json() == facts_about(demo, "flecainide", as_of=day)
        paths = client.get("/paths", params={"from": "rofecoxib", "to": "myocardial infarction"}).json()
        assert paths == paths_between(demo, "rofecoxib", "myocardial infarction")
        assert client.get("/documents/DEMO:cast-1989").json() == document_told(demo, "DEMO:cast-1989")
        changes = client.get("/changes", params={"since": "1989-01-01", "until": "1993-01-01"}).json()
        assert changes == changes_between(demo, date(1989, 1, 1), date(1993, 1, 1))
        assert client.get("/documents/NO:1").status_code == 404


def test_pages_follow_one_another_and_nothing_is_told_twice(demo: Home) -> None:
    query = "status=current&status=superseded"
    with asking(demo) as client:
        whole = client.get(f"/entities/rofecoxib/facts?{query}").json()
        told, after = [], ""
        while True:
            page = client.get(f"/entities/rofecoxib/facts?{query}&limit=1{after}").json()
            told += page["facts"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert told == whole["facts"]
        assert whole["total"] == len(told) > 1
        assert client.get("/entities/rofecoxib/facts?after=zzz").status_code == 409
        assert client.get("/entities/rofecoxib/facts?relation=nonsense").status_code == 404
        assert WRITE_KEY


def test_no_closed_fact_is_told_as_one_that_holds(demo: Home) -> None:
    with asking(demo) as client:
        for key in ("flecainide", "rofecoxib", "rosiglitazone", "hydroxychloroquine"):
            for fact in client.get(f"/entities/{key}/facts").json()["facts"]:
                assert fact["status"] == "current"
                assert fact["intervals"][-1]["to"] is None
