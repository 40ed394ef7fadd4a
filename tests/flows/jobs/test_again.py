"""`ingest --again`: what is older is read again, and nothing else; both readings stay in the log."""

import json
from pathlib import Path

import pytest

from agents.serving.protocols import Dialect
from flows.engine.collecting import Ingestion
from flows.home.homes import Home
from flows.jobs.estimating import estimate
from flows.jobs.ingesting import run_ingestion
from schema.errors import WrongUse
from schema.ids import DocumentId
from schema.observation import Observation
from schema.ontology import Ontology
from schema.records import Reading
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import paper, script, write_lines
from tests.flows.jobs.reading_here import exported, home_at, ingest

PAPERS = [paper(number, f"{1990 + number}-03") for number in range(1, 5)]


def scripted(path: Path, relation: str) -> str:
    return f"scripted:{write_lines(path, [script(number, relation) for number in range(1, 9)])}"


def relations(home: Home) -> dict[str, str]:
    told = [json.loads(line) for line in exported(home)]
    return {each["relation"]: each["status"] for each in told if each["kind"] == "fact"}


def counted(home: Home, *paths: Path, **wanted: str) -> tuple[int, dict[str, int]]:
    documents = ingest(home, *paths, **wanted)[0]["document"]
    return documents.committed, dict(documents.skipped)


def test_only_what_another_model_read_is_read_again_and_both_readings_stay(tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    some = write_lines(tmp_path / "some.jsonl", PAPERS[:2])
    old, new = (home_at(tmp_path / "home", scripted(tmp_path / f"{name}.jsonl", name)) for name in ("treat", "prevent"))
    assert counted(old, some) == (2, {})
    wanted = Ingestion((papers,), again="model")
    assert (estimate(new, wanted)["to_read"], estimate(new, wanted)["skipped"]) == (2, {"never read": 2})
    assert counted(new, papers, again="model") == (2, {"never read": 2})
    assert relations(new) == {"prevent": "current", "treat": "withdrawn"}
    kept = {(r.record.document, r.record.relation) for r in new.log.records(Observation)}
    assert kept == {(f"PMID:{n}", relation) for n in (1, 2) for relation in ("treat", "prevent")}
    assert counted(new, papers, again="model") == (0, {"read before": 2, "never read": 2})
    assert counted(new, papers) == (2, {"read before": 2})
    # Back to the old one: nothing is read that it has read, and its readings come first again.
    assert counted(old, some, again="model") == (0, {"read before": 2})
    assert {r.record.relation for r in old.log.records(Observation, [DocumentId("PMID:1")])} == {"treat", "prevent"}
    assert relations(old)["treat"] == "current"


def test_prompt_and_schema_of_the_same_are_left_alone(tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    old, new = (home_at(tmp_path / "home", scripted(tmp_path / f"{name}.jsonl", name)) for name in ("treat", "prevent"))
    counted(old, papers)
    for part in ("prompt", "schema"):
        assert counted(new, papers, again=part) == (0, {f"read by this {part}": 4})
    assert relations(new) == {"treat": "current"}
    with pytest.raises(WrongUse, match="one of model, prompt, schema"):
        run_ingestion(new, Ingestion((papers,), again="weather"))


def test_another_way_of_reading_is_another_prompt_not_another_model(tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    with FakeServer(Dialect.VLLM) as server:
        server.likes = {" treats": 90.0}
        server.answers = ['{"claims":[{"head":"C1","relation":"prevent","tail":"D1","polarity":"asserts"}]}']
        assert counted(home_at(tmp_path / "home", server.url), papers) == (4, {})
        votes = home_at(tmp_path / "home", server.url, reading="votes", votes=5)
        assert counted(votes, papers, again="model") == (0, {"read by this model": 4})
        assert server.counts["/v1/chat/completions"] == 0
        assert counted(votes, papers, again="prompt") == (4, {})
        assert relations(votes)["prevent"] == "current"


def test_an_ontology_edited_without_a_new_version_is_another_schema(tmp_path: Path) -> None:
    papers, model = write_lines(tmp_path / "papers.jsonl", PAPERS), scripted(tmp_path / "treat.jsonl", "treat")
    home = home_at(tmp_path / "home", model)
    counted(home, papers)
    text = (tmp_path / "home" / "ontology.yaml").read_text()
    graded, told = tmp_path / "graded.yaml", tmp_path / "told.yaml"
    graded.write_text(text.replace("grades:", "grades:\n  Wholly New Kind: 0.1", 1))
    told.write_text(text.replace("the two are given together", "both are given at the same time", 1))
    other = home_at(tmp_path / "home", model, str(graded))
    assert other.rules.ontology.id != home.rules.ontology.id
    assert counted(other, papers, again="schema") == (0, {"read before": 4})
    assert counted(home_at(tmp_path / "home", model, str(told)), papers, again="schema") == (4, {})
    assert len({r.record.reader.schema for r in home.log.records(Reading)}) == 2


def test_a_text_that_changed_is_read_again_whatever_is_asked_for(tmp_path: Path) -> None:
    papers, model = write_lines(tmp_path / "papers.jsonl", PAPERS), scripted(tmp_path / "treat.jsonl", "treat")
    home = home_at(tmp_path / "home", model)
    counted(home, papers)
    longer = write_lines(tmp_path / "longer.jsonl", [paper(1, "1991-03", "Drug one relieves illness one. Slowly."), *PAPERS[1:]])
    assert counted(home, longer, again="prompt") == (1, {"read before": 3})


def test_what_failed_to_be_read_again_keeps_its_old_reading_until_it_is_replayed(tmp_path: Path) -> None:
    papers = write_lines(tmp_path / "papers.jsonl", PAPERS)
    old = home_at(tmp_path / "home", scripted(tmp_path / "treat.jsonl", "treat"))
    counted(old, papers)
    down = [{"document": f"PMID:{number}", "fail": "failed"} for number in range(1, 5)]
    new = home_at(tmp_path / "home", f"scripted:{write_lines(tmp_path / 'new.jsonl', down)}")
    documents = ingest(new, papers, again="model")[0]["document"]
    assert (documents.committed, documents.set_aside) == (0, {"ModelFailed": 4})
    assert relations(new) == {"treat": "current"}


def test_what_an_earlier_version_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    papers, model = write_lines(tmp_path / "papers.jsonl", PAPERS), scripted(tmp_path / "treat.jsonl", "treat")
    with monkeypatch.context() as before:
        before.setattr(Ontology, "reading_name", property(lambda ontology: f"{ontology.name}-{ontology.version}"))
        counted(home_at(tmp_path / "home", model), papers)
    home = home_at(tmp_path / "home", model)
    assert counted(home, papers) == (0, {"read before": 4})
    assert counted(home, papers, again="schema") == (0, {"read before": 4})
    assert relations(home) == {"treat": "current"}
