"""Plain text from end to end: names found by a model server, linked, read, quoted; and what becomes of its nonsense."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from typer.testing import CliRunner

from agents.serving.protocols import Dialect
from flows.commands.chronokg import app
from graph_store.log.delta_log import DeltaEvidenceLog
from schema.entity_names import provisional_key
from schema.records import SetAside
from tests.agents.fakes import FakeServer, Refused
from tests.flows.commands.running import counts, write_lines

KNOWN = {"drugaline": "Chemical", "fexol": "Chemical", "headache": "Disease", "low mood": "Disease"}
PAPERS: list[dict[str, Any]] = [
    {
        "id": f"PMID:{number}",
        "title": f"Paper {number} on {drug}.",
        "abstract": f"Nobody knew what to expect. {drug.capitalize()} relieved {illness} in {number + 40} of them. All went home.",
        "published": f"{1990 + number}-03",
        "source": "pubmed",
    }
    for number, (drug, illness) in enumerate([("drugaline", "headache"), ("fexol", "low mood")] * 5, 1)
]


def answer(prompt: str, _: int) -> str:
    """What an honest model says: the names that it knows, and that the first drug treats the first illness."""
    if prompt.startswith("List the names"):
        text = prompt.rsplit("\nText: ", 1)[1].lower()
        return json.dumps({"mentions": [{"type": kind, "text": name} for name, kind in KNOWN.items() if name in text]})
    tags = re.findall(r"^(\w\d+) (Chemical|Disease) ", prompt.rsplit("Things:", 1)[1], re.MULTILINE)
    ends = [next(tag for tag, kind in tags if kind == wanted) for wanted in ("Chemical", "Disease")]
    return json.dumps({"claims": [{"head": ends[0], "relation": "treat", "tail": ends[1], "polarity": "asserts"}]})


def paper(prompt: str) -> str:
    """Which paper a prompt is about."""
    return re.findall(r"Paper \d+", prompt)[-1]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(Dialect.VLLM) as server:
        server.says = answer
        yield server


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lines(tmp_path_factory.mktemp("plain") / "papers.jsonl", PAPERS)


@pytest.fixture(scope="module")
def clean(documents: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The export of a run that nothing disturbs."""
    home = tmp_path_factory.mktemp("clean") / "home"
    with FakeServer(Dialect.VLLM) as server:
        server.says = answer
        ingest(documents, server, home)
    return chronokg("export", home=home)


def chronokg(*arguments: object, home: Path, expect: int = 0, **environment: str) -> str:
    """A command in this process: what it does outside of it is not what these tests are about."""
    words = [*map(str, arguments), "--home", str(home), *([] if arguments[0] == "vocab" else ["--graph", "memory:"])]
    done = CliRunner().invoke(app, words, env={"CHRONOKG_ORCHESTRATION": "direct", "CHRONOKG_VOTES": "2", **environment})
    assert done.exit_code == expect, f"exit {done.exit_code}\n{done.output}\n{done.exception}"
    return done.stdout


def ingest(documents: Path, server: FakeServer, home: Path, expect: int = 0, **environment: str) -> str:
    words = ("ingest", documents, "--model", server.url, "--reading", "votes", "--json")
    return chronokg(*words, home=home, expect=expect, **environment)


def read_by(lines: str, kind: str) -> list[dict[str, Any]]:
    return [told for told in map(json.loads, lines.splitlines()) if told["kind"] == kind]


def test_names_are_found_and_their_relations_read_and_quoted(clean: str) -> None:
    drug, illness = provisional_key("Chemical", "drugaline"), provisional_key("Disease", "headache")
    facts = {(fact["head"], fact["relation"], fact["tail"]): fact["support"] for fact in read_by(clean, "fact")}
    assert facts == {
        (drug, "treat", illness): 5,
        (provisional_key("Chemical", "fexol"), "treat", provisional_key("Disease", "low mood")): 5,
    }
    assert {entity["key"]: entity["type"] for entity in read_by(clean, "entity")}[drug] == "Chemical"


def test_each_claim_has_its_sentence_and_a_second_run_asks_nothing(documents: Path, server: FakeServer, tmp_path: Path) -> None:
    assert counts(ingest(documents, server, tmp_path / "home"))["committed"] == len(PAPERS)
    asked = len(server.requests)
    assert counts(ingest(documents, server, tmp_path / "home"))["skipped"] == {"read before": len(PAPERS)}
    assert len([where for where, _, _ in server.requests[asked:] if "completions" in where]) == 0
    keys = provisional_key("Chemical", "drugaline"), "treat", provisional_key("Disease", "headache")
    told = json.dumps(json.loads(chronokg("why", *keys, "--json", home=tmp_path / "home")))
    assert "Drugaline relieved headache in 41 of them." in told
    assert "votes-2+mentions-1" in json.dumps(json.loads(chronokg("status", "--json", home=tmp_path / "home")))


def nonsense(share: int, about: str = "") -> Callable[[str, int], str]:
    """A model that answers nonsense about so many of ten papers, of a kind that depends on the paper, to questions that begin so."""
    kinds = ["", "<think>hm", '{"mentions":[{"type":"Chemical","te', '{"properties":{"claims":{}}}', "\n \t" * 5000, "{" * 3000]

    def said(prompt: str, seed: int) -> str:
        number = crc32(paper(prompt).encode())
        return kinds[number % len(kinds)] if number % 10 < share and prompt.startswith(about) else answer(prompt, seed)

    return said


def refusing(share: int) -> Callable[[str, int], str]:
    """A server that refuses to answer about so many of ten papers."""

    def said(prompt: str, seed: int) -> str:
        if crc32(paper(prompt).encode()) % 10 < share:
            raise Refused
        return answer(prompt, seed)

    return said


FAULTS = {
    "nonsense about three of ten": nonsense(3),
    "nonsense": nonsense(10),
    "nonsense instead of claims": nonsense(10, "List what"),
    "three of ten refused": refusing(3),
    "all refused": refusing(10),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_a_failing_server_leaves_is_counted_kept_and_replayed_to_the_graph_of_a_clean_run(
    fault: Callable[[str, int], str], documents: Path, clean: str, server: FakeServer, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server.says = fault
    told = counts(ingest(documents, server, home, expect=1, CHRONOKG_BATCH="4"))
    failed = sum(told["set_aside"].values())
    assert (told["submitted"], told["committed"]) == (len(PAPERS), len(PAPERS) - failed)
    assert failed >= 2
    assert json.loads(chronokg("status", "--json", home=home))["set_aside"]["open"] == failed
    server.says = answer
    again = counts(chronokg("replay", "--json", home=home))
    assert again["committed"] == failed
    assert chronokg("export", home=home) == clean
    assert json.loads(chronokg("status", "--json", home=home))["set_aside"]["open"] == 0


def test_the_reply_that_was_of_no_use_is_kept_with_what_is_set_aside(documents: Path, server: FakeServer, tmp_path: Path) -> None:
    server.says = lambda prompt, _: f"I am sorry, I cannot read {paper(prompt)}. " + "x" * 100_000
    ingest(documents, server, tmp_path / "home", expect=1)
    log = DeltaEvidenceLog(tmp_path / "home" / "log")
    asides = [recorded.record for recorded in log.records(SetAside)]
    assert {aside.reply[:33] for aside in asides} == {f"I am sorry, I cannot read Paper {n}."[:33] for n in range(1, 11)}
    assert all(len(aside.reply) > 100_000 and len(aside.reason) < 1000 for aside in asides)
    log.close()
    examples = json.loads(chronokg("status", "--json", home=tmp_path / "home"))["set_aside"]["examples"]
    assert all(example["reply"].startswith("I am sorry") and len(example["reply"]) == 2000 for example in examples)


def test_a_server_that_is_busy_some_of_the_time_is_asked_again(documents: Path, clean: str, server: FakeServer, tmp_path: Path) -> None:
    server.faults["/v1/chat/completions"] = [(503, {"Retry-After": "0"}, "busy"), (429, {}, "slow down"), (500, {}, "oops")]
    assert counts(ingest(documents, server, tmp_path / "home"))["committed"] == len(PAPERS)
    assert chronokg("export", home=tmp_path / "home") == clean


def test_labels_read_plain_text_too(documents: Path, server: FakeServer, tmp_path: Path) -> None:
    server.likes = {" none": 1.0, " treats": 90.0}
    told = chronokg("ingest", documents, "--model", server.url, "--json", home=tmp_path / "home")
    assert counts(told)["committed"] == len(PAPERS)
    facts = {(fact["relation"], fact["support"]) for fact in read_by(chronokg("export", home=tmp_path / "home"), "fact")}
    assert ("treat", 5) in facts


def test_names_that_a_vocabulary_knows_are_its_entities(documents: Path, server: FakeServer, tmp_path: Path) -> None:
    terms = tmp_path / "drugs.tsv"
    terms.write_text(
        "key\tname\tsynonyms\ttype\nMADE:1\tDrugaline\tDRG|drugaline sodium\tChemical\nMADE:2\tcephalalgia\theadache\tDisease\n"
    )
    home = tmp_path / "home"
    chronokg("vocab", "load", terms, home=home)
    ingest(documents, server, home)
    told = chronokg("export", home=home)
    facts = {(fact["head"], fact["tail"]) for fact in read_by(told, "fact")}
    assert facts == {("MADE:1", "MADE:2"), (provisional_key("Chemical", "fexol"), provisional_key("Disease", "low mood"))}
    assert {entity["key"]: entity["name"] for entity in read_by(told, "entity")}["MADE:2"] == "cephalalgia"
