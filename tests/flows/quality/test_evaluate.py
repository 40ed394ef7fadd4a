"""`evaluate reading` and `calibrate`, as a user runs them."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.models.embedded_model import embedded_model_available
from agents.serving.protocols import Dialect
from flows.answers.export_files import shown_lines
from flows.engine.collecting import Ingestion
from flows.home.homes import open_home
from flows.jobs.ingesting import run_ingestion
from flows.quality.evaluate import EvaluationRequest, calibrate_reader, evaluate_reading
from flows.quality.gold_sets import gold_set
from flows.wiring.home_vocabularies import Loading, load_vocabularies
from flows.wiring.readers import relation_reader
from pipeline.evaluating.evaluation_page import evaluation_summary, reliability_picture
from pipeline.evaluating.judged_claims import judge
from schema.errors import ModelUnavailable, WrongUse
from schema.ontology import Ontology
from tests.agents.fakes import FakeServer
from tests.flows.commands.running import chronokg, run, write_lines
from tests.flows.quality.gold_texts import pubtator, world

Files = dict[str, Path]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return world(tmp_path_factory.mktemp("gold"))


@pytest.fixture(scope="module")
def calibrated(files: Files, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A home with a map, and what `calibrate` told."""
    home = tmp_path_factory.mktemp("home")
    return home, json.loads(chronokg("calibrate", "--gold", files["train"], "--model", f"scripted:{files['script']}", "--json", home=home))


def opened(home: Path, files: Files) -> Any:
    return open_home(home, {"model": f"scripted:{files['script']}", "graph": "memory:", "orchestration": "direct"})


def test_a_map_fitted_on_one_half_makes_the_confidences_of_the_other_mean_what_they_say(
    calibrated: tuple[Path, dict[str, Any]], files: Files, tmp_path: Path
) -> None:
    home, fitted = calibrated
    told = evaluate_reading(opened(home, files), EvaluationRequest((files["dev"],)), tmp_path)
    raw, after = told["raw"]["reliability"], told["calibrated"]["reliability"]
    assert raw["claims"] == after["claims"] == 40 * 12
    assert raw["ece"] > 0.3
    assert after["ece"] < 0.06
    assert after["skill"] > 0.0 > raw["skill"]
    assert told["calibration"] == fitted["version"]
    assert fitted["curves"]["treat"]["brier_after"] < fitted["curves"]["treat"]["brier_before"]
    assert fitted["held_out"]["calibrated"]["ece"] < 0.08 < fitted["held_out"]["raw"]["ece"]


def test_the_report_is_written_as_data_as_a_page_and_as_a_picture_and_says_that_a_script_is_no_model(
    calibrated: tuple[Path, dict[str, Any]], files: Files, tmp_path: Path
) -> None:
    home, _ = calibrated
    command = ("evaluate", "reading", "--gold", files["dev"], "--model", f"scripted:{files['script']}", "--limit", 20)
    shown = chronokg(*command, "--out", tmp_path / "out", home=home)
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    page = (tmp_path / "out" / "report.md").read_text()
    assert shown.strip() in page
    assert "SCRIPTED" in page
    assert told["scripted"]
    assert told["documents"] == {"evaluated": 20, "failed": {}}
    assert told["gold"][0]["file"] == "dev.pubtator"
    assert len(told["gold"][0]["sha256"]) == 64
    assert (tmp_path / "out" / "reliability.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "reliability.svg").read_text().startswith("<svg")


def test_what_is_read_after_calibration_carries_the_calibrated_confidence_and_what_was_read_before_can_be_read_again(
    files: Files, tmp_path: Path
) -> None:
    home = opened(tmp_path / "home", files)
    reading = Ingestion((files["dev"],), published="2001")

    def beliefs() -> list[float]:
        facts = [json.loads(line) for line in shown_lines(home, "jsonl", None, None)]
        return [fact["belief"] for fact in facts if fact["kind"] == "fact" and fact["status"] == "current"]

    run_ingestion(home, reading)
    assert max(beliefs()) > 0.9
    calibrate_reader(home, EvaluationRequest((files["train"],)))
    run_ingestion(home, replace(reading, again="prompt"))
    assert max(beliefs(), default=0.0) < 0.7  # nothing is worth more than 0.4, as far as 480 claims tell
    most: dict[str, float] = {}
    for row in home.log.table().select("reader", "confidence").iter_rows(named=True):
        most[row["reader"]] = max(most.get(row["reader"], 0.0), row["confidence"])
    raw, worth = (next(value for name, value in most.items() if ("+cal-" in name) is told) for told in (False, True))
    assert (len(most), raw) == (2, pytest.approx(1.0, abs=0.01))
    assert 0.2 < worth < 0.7


def test_calibrating_again_by_the_same_data_is_the_same_map_and_raw_scores_are_what_it_is_fitted_on(
    calibrated: tuple[Path, dict[str, Any]], files: Files
) -> None:
    home, first = calibrated
    again = calibrate_reader(opened(home, files), EvaluationRequest((files["train"],)))
    assert again["version"] == first["version"]
    assert again["held_out"] == first["held_out"]
    assert "+cal-" not in again["reader"]


def test_a_map_that_was_tampered_with_stops_the_reading_and_names_the_file(
    calibrated: tuple[Path, dict[str, Any]], files: Files, tmp_path: Path
) -> None:
    _, first = calibrated
    path = tmp_path / "home" / "calibrations" / Path(first["path"]).name
    path.parent.mkdir(parents=True)
    path.write_text(Path(first["path"]).read_text().replace('"right": ', '"right": -'))
    with pytest.raises(WrongUse, match=path.name):
        relation_reader(opened(tmp_path / "home", files))


def test_documents_that_fail_are_counted_and_found_nothing_in(files: Files, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in files["script"].read_text().splitlines()]
    broken = [{"document": each["document"], "fail": "failed"} if number % 2 else each for number, each in enumerate(lines)]
    model = f"scripted:{write_lines(tmp_path / 'broken.jsonl', broken)}"
    done = run("evaluate", "reading", "--gold", files["dev"], "--model", model, "--json", home=tmp_path / "home")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert list(told["documents"]["failed"].values()) == [20]
    assert told["documents"]["evaluated"] == 40
    whole = evaluate_reading(opened(tmp_path / "whole", files), EvaluationRequest((files["dev"],)))
    pair, all_of_it = (each["raw"]["extraction"]["pair"] for each in (told, whole))
    assert pair["gold"] == all_of_it["gold"]
    assert pair["recall"] < all_of_it["recall"]
    assert told["calibrated"] is None


def test_a_model_that_does_not_answer_at_all_is_an_error_not_a_bad_report(files: Files, tmp_path: Path) -> None:
    down = write_lines(tmp_path / "down.jsonl", [{"document": f"PMID:{number}", "fail": "unavailable"} for number in range(41, 81)])
    home = open_home(tmp_path / "home", {"model": f"scripted:{down}"})
    for command in (evaluate_reading, calibrate_reader):
        with pytest.raises(ModelUnavailable, match="for none of 40 documents"):
            command(home, EvaluationRequest((files["dev"],)))


def test_gold_in_json_lines_relates_documents_of_other_files(files: Files, tmp_path: Path) -> None:
    lines = [
        {"document": "PMID:41", "head": "MESH:D015032", "relation": "treat", "tail": "MESH:D014860"},
        {"document": "42"},
        {"document": "PMID:4711"},
    ]
    gold = write_lines(tmp_path / "gold.jsonl", lines)
    told = evaluate_reading(opened(tmp_path / "home", files), EvaluationRequest((gold,), (files["dev"],)))
    assert told["documents"]["evaluated"] == 2
    assert told["gold"][0]["scheme"] == "biomedical"
    assert told["raw"]["reliability"]["claims"] == 24
    assert told["problems"] == {"count": 1, "first": ["gold.jsonl: PMID:4711 is in no file of --documents"]}


def test_a_compressed_file_says_the_same_and_a_broken_one_is_refused(files: Files, tmp_path: Path, biomedical: Ontology) -> None:
    packed = tmp_path / "dev.pubtator.gz"
    packed.write_bytes(gzip.compress(files["dev"].read_bytes()))
    plain, found = gold_set([files["dev"]], [], biomedical), gold_set([packed], [], biomedical)
    assert [case.related for case in found.cases] == [case.related for case in plain.cases]
    assert [case.document.text for case in found.cases] == [case.document.text for case in plain.cases]
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(WrongUse, match="cannot be read"):
        gold_set([packed], [], biomedical)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (pubtator(range(1, 3), {}), "relates nothing"),
        ("7|t|Zinc.\n7\tHeals\tD015032\tD014860\n", "'Heals', which is in no scheme known here"),
        ("", "relates nothing"),
        ("<collection><document>", "the file is cut off"),
    ],
)
def test_a_file_that_is_no_gold_is_refused_with_the_reason(content: str, told: str, tmp_path: Path, biomedical: Ontology) -> None:
    path = tmp_path / "gold.txt"
    path.write_text(content)
    with pytest.raises(WrongUse, match=told):
        gold_set([path], [], biomedical)
    with pytest.raises(WrongUse, match="No such file"):
        gold_set([tmp_path / "nowhere"], [], biomedical)


def test_a_document_in_two_files_counts_once_and_is_told(files: Files, biomedical: Ontology) -> None:
    found = gold_set([files["dev"], files["dev"]], [], biomedical)
    assert len(found.cases) == 40
    assert len(found.problems) == 40


def test_too_little_gold_to_calibrate_by_is_wrong_use(files: Files, tmp_path: Path) -> None:
    command = ("calibrate", "--gold", files["train"], "--limit", 2, "--model", f"scripted:{files['script']}")
    done = run(*command, home=tmp_path / "home")
    assert done.returncode == 2
    assert "24 claims" in done.stderr
    assert "too few to calibrate by" in done.stderr


def test_a_reader_that_finds_nothing_gets_a_report_without_a_picture(files: Files, tmp_path: Path) -> None:
    (tmp_path / "silent.jsonl").write_text("")
    home = open_home(tmp_path / "home", {"model": f"scripted:{tmp_path / 'silent.jsonl'}"})
    told = evaluate_reading(home, EvaluationRequest((files["dev"],)), tmp_path / "out")
    assert reliability_picture(told) is None
    assert "No claim has a raw score" in evaluation_summary(told)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.json", "report.md"]


@pytest.mark.skipif(embedded_model_available() is not None, reason="the embedded model cannot run here")
def test_the_embedded_model_is_measured_and_paid_for_once(files: Files, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", {})
    first, again = (evaluate_reading(home, EvaluationRequest((files["dev"],), limit=2)) for _ in range(2))
    assert not first["scripted"]
    assert first["cost"]["paid_documents"] == 2
    assert first["cost"]["prompt_tokens"] > 100
    assert first["cost"]["seconds_per_document"] > 0
    assert again["cost"]["paid_documents"] == again["cost"]["prompt_tokens"] == 0
    assert again["raw"] == first["raw"]


def test_every_relation_of_biored_and_bc5cdr_finds_its_entities_in_the_documents(shared: Path, biomedical: Ontology) -> None:
    data = shared / "data"
    for name in ("biored/Train.PubTator", "biored/Dev.PubTator", "bc5cdr/CDR_DevelopmentSet.PubTator.txt"):
        found = gold_set([data / name], [], biomedical)
        judged = [judge(case.document, (), case.related, case.scheme, biomedical) for case in found.cases]
        assert found.problems == []
        assert [problem for one in judged for problem in one.problems] == []
        lost = sum(sum(one.not_judged.values()) for one in judged)
        assert sum(len(one.worded) for one in judged) >= found.files[0]["relations"] - lost - 5  # the same said twice


FINDS = {"Chemical": ["Zinc", "Copper"], "Disease": ["gout", "scurvy", "tried"]}
"""What a model that finds names names: two of three drugs, two of four illnesses and one that is none."""


def finding(prompt: str, _: int) -> str:
    if prompt.startswith("List the names"):
        return json.dumps({"mentions": [{"type": kind, "text": name} for kind, names in FINDS.items() for name in names]})
    tags = dict(re.findall(r"^(\w\d+) \w+ (\w+)$", prompt.rsplit("Things:", 1)[1], re.MULTILINE))
    pairs = [
        (tag, other) for tag, name in tags.items() for other, end in tags.items() if (name, end) in {("Zinc", "gout"), ("Copper", "scurvy")}
    ]
    return json.dumps({"claims": [{"head": tag, "relation": "treat", "tail": other, "polarity": "asserts"} for tag, other in pairs]})


def test_plain_text_is_measured_by_the_names_that_the_reader_finds_and_links_itself(tmp_path: Path) -> None:
    gold = tmp_path / "gold.pubtator"
    gold.write_text(
        pubtator(
            range(1, 3),
            {
                1: [("Negative_Correlation", "D015032", "D006073"), ("Association", "D007501", "D014860")],
                2: [("Negative_Correlation", "D003300", "D012614")],
            },
        )
    )
    mesh = tmp_path / "mesh.tsv"
    mesh.write_text("D015032\tZinc\t\tD01.1\t\nD999999\tCopper\t\tD01.1\t\nD006073\tGout\t\tC05.1\t\n", encoding="utf-8")
    home = tmp_path / "home"
    load_vocabularies(open_home(home, {}), [mesh], Loading())
    with FakeServer(Dialect.VLLM) as server:
        server.says = finding
        settings = {"model": server.url, "reading": "votes", "graph": "memory:", "orchestration": "direct", "votes": 2}
        opened = open_home(home, settings)
        told = evaluate_reading(opened, EvaluationRequest((gold,), plain_text=True), tmp_path / "out")
        again = evaluate_reading(opened, EvaluationRequest((gold,), plain_text=True), tmp_path / "out")
        with_gold = evaluate_reading(opened, EvaluationRequest((gold,)), tmp_path / "gold")
    assert "votes-2+mentions-1" in told["reader"]
    names, placed = told["plain_text"]["names"], told["plain_text"]["by_place"]
    exact = names["exact"]
    assert (exact["found_right"], exact["found"], exact["gold"]) == (8, 10, 14)
    assert names["of_type"]["Disease"]["precision"] == pytest.approx(2 / 3)
    links = names["links"]
    assert (links["found"], links["linked"], links["on_gold"], links["right"]) == (10, 6, 6, 4)
    pair = told["raw"]["extraction"]["pair and type"]
    # Twice zinc for gout, once right; twice copper for scurvy, which is right once but has another key in the vocabulary.
    assert (pair["hits"], pair["said"], pair["gold"]) == (1, 4, 3)
    assert [placed["raw"]["pair and type"][part] for part in ("hits", "said", "gold")] == [2, 4, 3]
    assert "pair and type, ends by place" in (tmp_path / "out" / "report.md").read_text()
    assert "names, exact span and type" in (tmp_path / "out" / "report.md").read_text()
    assert (told["cost"]["paid_documents"], again["cost"]["paid_documents"]) == (2, 0)
    assert again["plain_text"] == told["plain_text"]
    assert with_gold["plain_text"] is None
    assert "names, exact" not in evaluation_summary(with_gold)


def test_a_script_finds_no_names_and_so_reads_no_plain_text(files: Files, tmp_path: Path) -> None:
    command = ("evaluate", "reading", "--gold", files["dev"], "--plain-text", "--model", f"scripted:{files['script']}")
    done = run(*command, home=tmp_path / "home")
    assert done.returncode == 2
    assert "a script answers by document and finds no names" in done.stderr
