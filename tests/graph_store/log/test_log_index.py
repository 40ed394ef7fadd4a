"""The log's index says what the log says: whoever wrote it, whatever was compacted, damaged or deleted."""

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from flows.home.settings import load_ontology
from graph_store.log import delta_log as evidence_log
from graph_store.log.delta_log import DeltaEvidenceLog
from pipeline.believing.gathering import all_evidence, evidence_about
from pipeline.linking.name_forms import forms_of
from schema.document import Document, Passage
from schema.entity_names import Forms, ShortForm
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.ports import EvidenceLog, Question
from schema.records import Deletion, Judgement, JudgementWithdrawal, Reading, Recorded, Restoration, Retraction, RetractionWithdrawal
from tests.conftest import examples
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.graph_store.log.plain_log import PlainEvidenceLog
from tests.histories import batch_of, histories
from tests.pipeline.believing.examples import AT, asserts

ONTOLOGY = load_ontology("biomedical")
History = list[tuple[Recorded[Any], ...]]


def answers(log: EvidenceLog) -> dict[str, Any]:
    """All that a log says, in a form that can be compared."""
    said = rows(log.table())
    ends = sorted(log.ends(keys={cell for row in said for cell in (row["head"], row["tail"])}))
    keys = {end for head, _, tail in ends for end in (head, tail)}
    documents = {row["document"] for row in said} | {r.record.document for r in log.records(Reading)}
    pairs = {Question(tuple(sorted((head, tail)))) for head, _, tail in ends}
    heads = {Question((head,), relation) for head, relation, _ in ends}
    votes = log.votes(keys)
    return {
        "table": said,
        "about pairs": rows(log.table(pairs)),
        "about heads": rows(log.table(heads)),
        "beside": [rows(log.table(keys=[key])) for key in sorted(keys)],
        "beside all": rows(log.table(keys=keys)),
        "of documents": told(r for d in documents for r in log.records(Observation, [d])),
        "judgements": rows(log.judgements()),
        "judgements on": [rows(log.judgements([key])) for key in sorted(keys)],
        "called": sorted(log.called(), key=repr),
        "keys": log.keys_spelled([*map(str.lower, sorted(keys)), "no key"]),
        "short forms": log.short_forms(["drug one", "d1"]),
        "lines": rows(log.lines()),
        "lines of": rows(log.lines(documents)),
        "editions": told(log.editions(documents)),
        "all editions": told(log.editions()),
        "votes": {key: (dict(votes[key].types), dict(votes[key].names)) for key in sorted(votes)},
        "all votes": {key: (dict(v.types), dict(v.names)) for key, v in sorted(log.votes().items())},
        "names": told(log.names(keys)),
        "names by": told(log.names(documents=documents)),
        "silenced": log.deleted_speakers(),
        "records": [told(log.records(kind, documents)) for kind in (Reading, Retraction, RetractionWithdrawal, Deletion, Restoration)],
        "judged": [told(log.records(kind)) for kind in (Judgement, JudgementWithdrawal)],
        "by notice": told(log.retractions_by(documents)),
        "touched": [touched(log, batch) for batch in sorted(log.batches())],
        "sizes": dict(sorted(log.sizes().items())),
    }


def told(records: Iterable[Recorded[Any]]) -> list[tuple[str, str]]:
    return sorted((repr(recorded.record), recorded.at.isoformat()) for recorded in records)


def rows(table: Any) -> list[dict[str, Any]]:
    frame = pl.DataFrame(table)
    return sorted(frame.select(sorted(frame.columns)).to_dicts(), key=repr)


def touched(log: EvidenceLog, batch: BatchId) -> Any:
    found = log.touched([batch])
    return sorted(found.documents), found.everything, sorted(found.pairs), sorted(found.names)


@given(histories(ONTOLOGY))
@settings(max_examples=examples(60), deadline=None)
def test_logs_with_an_index_answer_as_one_that_looks_at_each_record(history: History) -> None:
    directory = Path(tempfile.mkdtemp())
    try:
        plain, memory = PlainEvidenceLog(), MemoryEvidenceLog()
        delta, other = DeltaEvidenceLog(directory / "log"), DeltaEvidenceLog(directory / "log")
        for records in history:
            plain.append(batch_of(records), records)
            memory.append(batch_of(records), records)
            (delta if len(records) % 2 else other).append(batch_of(records), records)
            assert delta.position() == memory.position() == len(plain.batches())
        assert answers(delta) == answers(memory) == answers(other) == answers(plain)
        delta.close()
        other.close()
    finally:
        shutil.rmtree(directory)


def test_an_index_that_is_lost_or_damaged_is_made_anew(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    wanted = answers(log)
    log.close()
    index = tmp_path / "log-index.sqlite"
    index.unlink()
    assert answers(log) == wanted
    log.close()
    index.write_bytes(b"this is no database, but it is long enough to be taken for one" * 100)
    assert answers(log) == wanted


def test_an_index_of_another_log_is_not_believed(tmp_path: Path) -> None:
    first = a_log(tmp_path / "first")
    wanted = answers(first)
    first.close()
    (tmp_path / "second").mkdir()
    second = DeltaEvidenceLog(tmp_path / "second" / "log")
    shutil.copy(tmp_path / "first" / "log-index.sqlite", tmp_path / "second" / "log-index.sqlite")
    second.append(BatchId("one"), first_records())
    assert second.batches() == ["one"]
    assert answers(first) == wanted


def test_compaction_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_log, "_COMPACT_EVERY", 3)
    log = a_log(tmp_path)
    wanted = answers(log)
    behind = DeltaEvidenceLog(tmp_path / "log")
    (tmp_path / "log-index.sqlite").rename(tmp_path / "aside")
    assert answers(behind) == wanted


def test_what_an_index_holds_is_what_the_fold_needs(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    questions = {Question(tuple(sorted((head, tail)))) for head, _, tail in log.ends(documents={"PMID:1"})}
    some, everything_there = evidence_about(log, questions), all_evidence(log)
    told = {row["id"] for row in rows(some.table)}
    wanted = {row["id"] for row in rows(everything_there.table) if Question(tuple(sorted((row["head"], row["tail"])))) in questions}
    assert told == wanted
    assert wanted


def a_log(directory: Path) -> DeltaEvidenceLog:
    log = DeltaEvidenceLog(directory / "log")
    for number in range(10):
        log.append(BatchId(f"batch {number}"), first_records(number))
    return log


def first_records(number: int = 1) -> list[Recorded[Any]]:
    return [
        Recorded(asserts(f"PMID:{number % 4}", "2001-05", "treat", 0.7 + number / 100), AT),
        Recorded(asserts(f"PMID:{number}", "2003", "cause", kinds=("Review", 'with "quotes"')), AT),
        Recorded(Retraction(f"PMID:{number}", None, f"PMID:{number + 1}"), AT),  # type: ignore[arg-type]
    ]


def test_an_index_made_at_once_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = a_log(tmp_path)
    wanted = answers(log)
    log.close()
    (tmp_path / "log-index.sqlite").unlink()
    monkeypatch.setattr(evidence_log, "_FAR_BEHIND", 1)
    assert DeltaEvidenceLog(tmp_path / "log").position() == 10
    monkeypatch.undo()
    assert answers(DeltaEvidenceLog(tmp_path / "log")) == wanted


def test_names_are_found_by_forms_that_are_made_when_they_are_first_asked_for_and_again_for_what_comes_in(tmp_path: Path) -> None:
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(BatchId("one"), first_records())

    def found(version: str, salt: str = "") -> set[str]:
        def forms(kind: str, name: str) -> Forms:
            return forms_of(kind, name + salt)

        index = log.name_index(forms, version)
        wanted = {form for each in log.called() for form in forms(each.type, each.name).whole}
        return {named.text for names in index.whole(wanted).values() for named in names}

    assert found("1") == {each.name for each in log.called()}
    log.append(BatchId("two"), [Recorded(asserts("PMID:9", "2001", head=Entity(EntityKey("MESH:C9"), "Chemical", "late comer")), AT)])
    assert "late comer" in found("1")
    assert found("2", salt=" salt") == {each.name for each in log.called()}  # another way to make forms: all are made anew
    assert log.called(1) == []


def test_short_forms_are_known_from_texts_and_from_quotes(tmp_path: Path) -> None:
    passages = (Passage("Women took hormone replacement therapy (HRT)."), Passage("HRT raised the risk."))
    text = Document(DocumentId("PMID:1"), "On chronic renal failure (CRF)", passages)
    quoted = replace(asserts("PMID:2", "2001"), quote="A myocardial infarction [MI] followed.")
    log = DeltaEvidenceLog(tmp_path / "log")
    log.append(BatchId("one"), [Recorded(text, AT), Recorded(quoted, AT)])
    assert log.short_forms(["hrt"]) == {ShortForm("hrt", "hormone replacement therapy", text.id)}
    assert log.short_forms(["chronic renal failure"]) == {ShortForm("crf", "chronic renal failure", text.id)}
    assert {each.document for each in log.short_forms(["mi", "crf", "absent"])} == {"PMID:1", "PMID:2"}
