"""Names worked through by a person: listed, decided, taken back, on a terminal and without one."""

import json
import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.answers.answers_from_log import context_for, export_lines, timeline_of, why_of
from flows.answers.entities import entity_called
from flows.home.homes import Home, open_home
from flows.people.name_review import decide_name, more_candidates, names_in_review, take_back, work_through
from flows.wiring.home_vocabularies import Loading, load_vocabularies
from schema.entity_names import provisional_key
from schema.errors import WrongUse
from schema.ids import BatchId
from schema.observation import Entity
from schema.records import Judgement, Recorded, Sameness
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, environ, run
from tests.pipeline.believing.examples import AT, DRUG, ILLNESS, asserts

WHEEZING, SICKNESS = (Entity(provisional_key("Disease", name), "Disease", name) for name in ("wheezing", "sickness"))


def unsure(entity: Entity, key: str = ILLNESS.key, **more: Any) -> Judgement:
    judged = {"sameness": Sameness.UNSURE, "by": "names 1", "score": 0.7, "reason": "two names are alike", "label": "Asthma", **more}
    return Judgement(name=entity.name, type=entity.type, key=key, **judged)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two papers use one name, one another; of both a vocabulary was not sure."""
    opened = open_home(tmp_path / "home", {"graph": "memory:"})
    said = [asserts("PMID:1", "2001"), asserts("PMID:2", "2002", tail=WHEEZING), asserts("PMID:3", "2003", tail=WHEEZING)]
    said += [asserts("PMID:4", "2004", "cause", tail=SICKNESS)]
    judged = [unsure(WHEEZING), unsure(WHEEZING, "MESH:D9", by="names 0", score=0.8, label="Bronchitis"), unsure(SICKNESS)]
    judged += [unsure(Entity(DRUG.key, "Chemical", "aspro"), DRUG.key, sameness=Sameness.SAME, label="Aspirin")]
    opened.log.append(BatchId("read"), [Recorded(record, AT) for record in [*judged, *said]])
    return opened


def facts(home: Home) -> list[tuple[str, str, int]]:
    told = map(json.loads, export_lines(home))
    return sorted((fact["relation"], fact["tail"], fact["support"]) for fact in told if fact["kind"] == "fact")


def test_names_that_are_not_sure_are_listed_most_used_first_with_candidates_and_sentences(home: Home) -> None:
    first, second = names_in_review(home)
    assert [(one.name, one.documents) for one in (first, second)] == [("wheezing", 2), ("sickness", 1)]
    assert [(c.key, c.score, c.reason) for c in first.candidates] == [
        ("MESH:D9", 0.8, "two names are alike"),
        ("MESH:D1", 0.7, "two names are alike"),
    ]
    assert first.sentences == ("sentence of PMID:2 [PMID:2]", "sentence of PMID:3 [PMID:3]")
    assert [one.name for one in names_in_review(home, limit=1)] == ["wheezing"]
    assert {one.name for one in names_in_review(home, everything=True)} == {"wheezing", "sickness", "aspro"}


def test_a_decision_moves_the_facts_and_taking_it_back_leaves_the_same_export(home: Home) -> None:
    before = list(export_lines(home))
    told = decide_name(home, "Wheezing", "disease", Sameness.SAME, " MESH:D1", by="Ines Holm", reason="same thing")
    assert "'Wheezing' (Disease): the same as MESH:D1 (Asthma), says Ines Holm; before, it was unsure" in told["text"]
    assert facts(home) == [("cause", SICKNESS.key, 1), ("treat", ILLNESS.key, 3)]
    assert [one.name for one in names_in_review(home)] == ["sickness"]
    undone = take_back(home, "wheezing", "Disease", by="Ines Holm")
    assert undone["text"].endswith("is taken back; now it is unsure, perhaps MESH:D9, says names 0")
    assert list(export_lines(home)) == before
    assert [one.name for one in names_in_review(home)] == ["wheezing", "sickness"]


def test_a_person_keeps_a_name_apart_whatever_programs_say_later(home: Home) -> None:
    decide_name(home, "wheezing", "Disease", Sameness.DIFFERENT, by="person")
    later = Recorded(unsure(WHEEZING, sameness=Sameness.SAME, by="names 2"), AT.replace(year=2027))
    home.log.append(BatchId("later"), [later])
    assert ("treat", WHEEZING.key, 2) in facts(home)
    take_back(home, "wheezing", "Disease", by="person")
    assert ("treat", ILLNESS.key, 3) in facts(home)


def test_deciding_the_same_twice_records_it_once(home: Home) -> None:
    first, second = (decide_name(home, "wheezing", "Disease", Sameness.SAME, ILLNESS.key, by="person") for _ in range(2))
    assert (first["recorded"], second["recorded"]) == (True, False)
    assert second["text"].endswith("as was recorded before")
    assert len([r for r in home.log.records(Judgement) if r.record.by_person]) == 1


def test_a_name_can_be_another_name_of_a_name(home: Home) -> None:
    decide_name(home, "wheezing", "Disease", Sameness.SAME, "NAME:Disease/Sickness", by="person")
    assert facts(home) == [("cause", SICKNESS.key, 1), ("treat", ILLNESS.key, 1), ("treat", SICKNESS.key, 2)]


def test_what_cannot_be_decided_is_refused_with_the_reason(home: Home) -> None:
    for arguments, reason in [
        (("wheezing", "Illness", Sameness.SAME, "MESH:D1"), "type 'Illness' is not one"),
        (("wheezing", "Disease", Sameness.SAME, ""), "the same as what"),
        (("wheezing", "Disease", Sameness.SAME, WHEEZING.key), "is the name itself"),
        ((" ", "Disease", Sameness.SAME, "MESH:D1"), "the name is empty"),
    ]:
        with pytest.raises(WrongUse, match=reason):
            decide_name(home, *arguments, by="person")
    with pytest.raises(WrongUse, match="--by cannot be empty"):
        decide_name(home, "wheezing", "Disease", Sameness.DIFFERENT, by=" ")
    with pytest.raises(WrongUse, match="no person has decided"):
        take_back(home, "wheezing", "Disease", by="person")
    told = decide_name(home, "never read", "Disease", Sameness.DIFFERENT, by="person")
    assert told["text"].endswith("nothing in the log uses that name yet")


def test_every_answer_follows_the_name_to_its_entity(home: Home) -> None:
    assert entity_called(home, "wheezing") == WHEEZING.key
    with pytest.raises(WrongUse, match="nothing is known of 'Asthma'"):
        entity_called(home, "Asthma")
    decide_name(home, "wheezing", "Disease", Sameness.SAME, ILLNESS.key, by="person")
    assert {entity_called(home, name) for name in ("wheezing", "asthma", "an illness", ILLNESS.key, WHEEZING.key)} == {ILLNESS.key}
    assert entity_called(home, "wheezing", AT) == WHEEZING.key
    answer = why_of(home, "a drug", "treat", "wheezing")
    assert [each["document"] for each in answer["evidence"]] == ["PMID:1", "PMID:2", "PMID:3"]
    assert timeline_of(home, "Asthma")["facts"][0]["support"] == 3
    assert timeline_of(home, "wheezing", known_at=AT)["facts"][0]["support"] == 2
    told = context_for(home, "What helps against wheezing?", None, None, 10)
    assert [entity["key"] for entity in told["entities"]] == [ILLNESS.key]
    assert told["facts"][0]["support"] == 3


def answers(*given: str) -> Iterator[str]:
    yield from given
    raise KeyboardInterrupt


def test_names_are_worked_through_one_after_the_other(home: Home) -> None:
    given, told = answers("what?", "2", "d"), list[str]()
    assert work_through(home, names_in_review(home), lambda _: next(given), told.append, by="Ines Holm") == 2
    assert facts(home) == [("cause", SICKNESS.key, 1), ("treat", ILLNESS.key, 3)]
    assert any("Bronchitis  MESH:D9  0.80  two names are alike" in line for line in told)
    given = answers("s", "k", "MESH:D9")
    decide_name(home, "wheezing", "Disease", Sameness.UNSURE, by="person")
    take_back(home, "sickness", "Disease", by="person")
    assert work_through(home, names_in_review(home), lambda _: next(given), told.append, by="person") == 1
    assert ("cause", "MESH:D9", 1) in facts(home)


def test_an_interruption_keeps_what_was_decided(home: Home) -> None:
    given = answers("2")
    with pytest.raises(KeyboardInterrupt):
        work_through(home, names_in_review(home), lambda _: next(given), lambda _: None, by="person")
    assert ("treat", ILLNESS.key, 3) in facts(home)


def test_the_commands_work_together_as_a_user_types_them(home: Home) -> None:
    at = home.path
    assert [one["name"] for one in json.loads(chronokg("review", "list", "--json", home=at))["names"]] == ["wheezing", "sickness"]
    changed = json.loads(chronokg("review", "same", "wheezing", "Disease", "MESH:D1", "--by", "Ines Holm", "--json", home=at))
    assert (changed["key"], changed["label"], changed["by"], changed["documents"]) == ("MESH:D1", "Asthma", "Ines Holm", 2)
    assert "is taken back" in chronokg("review", "undo", "wheezing", "Disease", home=at)
    done = run("review", "undo", "wheezing", "Disease", home=at)
    assert (done.returncode, "nothing to take back" in done.stderr) == (2, True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_person_is_asked(home: Home) -> None:
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        arguments = ["-m", "flows", "review", "--home", str(home.path), "--graph", "memory:"]
        os.execve(sys.executable, [sys.executable, *arguments], dict(environ(TERM="dumb", COLUMNS="200")))
    shown = typed(terminal, [("'wheezing' is", "2\n"), ("'sickness' is", "q\n"), ("1 decided", "")])
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0, shown
    assert ("treat", ILLNESS.key, 3) in facts(home)


def typed(terminal: int, exchanges: list[tuple[str, str]]) -> str:
    """Type an answer when each question has appeared; returns all that was shown."""
    shown, until = "", time.monotonic() + 120
    for question, answer in exchanges:
        while question not in shown:
            if not select.select([terminal], [], [], until - time.monotonic())[0]:
                pytest.fail(f"{question!r} was not asked: {shown}")
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                pytest.fail(f"the command ended before {question!r}: {shown}")
        os.write(terminal, answer.encode())
    return shown


def test_the_vocabularies_of_the_home_add_what_a_name_may_be(home: Home, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("key,name,synonyms\nMESH:D7,Wheezing,noisy breathing\n", encoding="utf-8")
    load_vocabularies(home, [table], Loading(type="Disease"))
    (first, _) = names_in_review(home)
    assert {c.key for c in more_candidates(home, first)} == {"MESH:D7", "MESH:D9", "MESH:D1"}
    given = answers("1", "q")
    work_through(home, [first], lambda _: next(given), lambda _: None, by="person")
    assert ("treat", "MESH:D7", 2) in facts(home)
    named = {told["key"]: told["name"] for told in map(json.loads, export_lines(home)) if told["kind"] == "entity"}
    assert named["MESH:D7"] == "Wheezing"
