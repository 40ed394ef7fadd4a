"""Which adapter a model reads with, by what a user says."""

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from agents.adapters import adapter as adapters
from agents.adapters import linear_part as linear
from agents.adapters.adapter import AUTO, WITHOUT, adapter_for_embedded, adapter_for_served, load_adapter, shipped
from agents.adapters.derived_files import file_hash
from agents.adapters.linear_part import Linear
from agents.asking.surface import VERSION
from agents.confidence.calibration import CalibrationMap, Curve, GoldData, calibrated_reader, map_for, store
from agents.models.choice import chosen_adapter, make_model
from agents.models.embedded_model import embedded_model_available
from agents.names.names_by_labels import LabelNames
from agents.names.names_by_votes import VoteNames
from agents.reader import make_extractor
from schema.errors import ModelRefused, WrongUse
from schema.observation import Reader
from tests.agents.adapters.made_adapters import NAME, write_adapter
from tests.agents.fakes import BIOMEDICAL, GENERAL, FakeServer, aspirin

READER = f"labels/{NAME}/labels-2/{BIOMEDICAL.reading_name}"
NAMES = {"names": "names-1", "kinds": {"none": "none", "Chemical": "drug", "Disease": "disease"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_adapter(tmp_path / "adapters" / NAME, {}, skills=NAMES)


@pytest.fixture
def ships(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "SHIPPED", folder.parent)


@pytest.fixture
def ships_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "SHIPPED", tmp_path / "nowhere")


def test_what_ships_is_whole_and_fits_the_default_ontology():
    for adapter in shipped():
        assert adapter.folder.name == adapter.name
        assert adapter.skills.fits(BIOMEDICAL)
        agent = make_extractor("embedded", reading="labels", ontology=BIOMEDICAL, adapter=str(adapter.folder))
        asyncio.run(agent.close())
        assert agent.calibration is not None, "its calibration map is of another reader"
        assert agent.calibration.cuts
        assert {path.name for path in adapter.folder.iterdir()} >= {"adapter_config.json", "adapter_model.safetensors", "README.md"}
        assert sum(path.stat().st_size for path in adapter.folder.iterdir()) <= 25_000_000


@pytest.mark.usefixtures("ships")
def test_the_embedded_model_reads_with_what_ships_where_it_has_the_ontologys_words(folder: Path):
    found = adapter_for_embedded(AUTO, BIOMEDICAL)
    assert found is not None
    assert (found.name, found.folder) == (NAME, folder)
    assert adapter_for_embedded(AUTO, GENERAL) is None
    assert adapter_for_embedded(WITHOUT, BIOMEDICAL) is None


@pytest.mark.usefixtures("ships")
def test_of_several_the_last_by_name_is_the_default(folder: Path):
    write_adapter(folder.parent / "tiny-reader-1", {}, skills={"name": "tiny-reader-1"})
    assert [adapter.name for adapter in shipped()] == ["tiny-reader-1", NAME]


@pytest.mark.usefixtures("ships_none")
def test_where_none_ships_nothing_changes(vllm: FakeServer):
    assert shipped() == ()
    assert adapter_for_embedded(AUTO, BIOMEDICAL) is None
    assert chosen_adapter(AUTO, vllm.url, reading="labels", ontology=BIOMEDICAL) is None
    assert not vllm.requests


def test_a_folder_given_is_used_or_refused_with_the_reason(folder: Path, tmp_path: Path):
    found = adapter_for_embedded(str(folder), BIOMEDICAL)
    assert found == load_adapter(folder)
    with pytest.raises(WrongUse, match=r"skills.json: No such file"):
        adapter_for_embedded(str(tmp_path / "nowhere"), BIOMEDICAL)
    with pytest.raises(WrongUse, match="can say nothing in the words of the ontology 'general'"):
        adapter_for_embedded(str(folder), GENERAL)


@pytest.mark.usefixtures("ships")
def test_a_served_model_has_the_adapter_that_it_is_called_after(folder: Path):
    assert adapter_for_served(AUTO, BIOMEDICAL, NAME) == load_adapter(folder)
    assert adapter_for_served(AUTO, BIOMEDICAL, "org/tiny") is None
    assert adapter_for_served(WITHOUT, BIOMEDICAL, NAME) is None
    with pytest.raises(WrongUse, match="can say nothing"):
        adapter_for_served(AUTO, GENERAL, NAME)


def test_an_adapter_given_for_another_model_is_refused(folder: Path):
    assert adapter_for_served(str(folder), BIOMEDICAL, NAME) is not None
    with pytest.raises(WrongUse, match=f"a model with it is called '{NAME}', and 'org/tiny' is asked"):
        adapter_for_served(str(folder), BIOMEDICAL, "org/tiny")


@pytest.mark.usefixtures("ships")
def test_the_reader_is_the_same_wherever_it_runs(vllm: FakeServer, llamacpp: FakeServer):
    names = {
        reader("embedded") if embedded_model_available() is None else READER,
        reader(vllm.url, name=NAME),
        reader(llamacpp.url, name=NAME),
        reader(llamacpp.url, name=f"/models/{NAME}.gguf"),
    }
    assert names == {READER}
    assert reader(vllm.url) == READER.replace(f"{NAME}/labels-2", "org/tiny/labels-1")


def reader(spec: str, **options: str) -> str:
    agent = make_extractor(spec, reading="labels", ontology=BIOMEDICAL, **options)
    asyncio.run(agent.close())
    return agent.reader.name


@pytest.mark.usefixtures("ships")
@pytest.mark.parametrize("server", ["vllm", "llamacpp"])
def test_an_adapter_is_asked_for_scores_and_the_model_under_it_for_answers(server: str, request: pytest.FixtureRequest):
    serving: FakeServer = request.getfixturevalue(server)
    serving.adapters = (NAME,)
    serving.likes = {" treats": 50.0}
    serving.answers = ['{"mentions":[]}']

    async def ask():
        agent = make_extractor(serving.url, reading="labels", ontology=BIOMEDICAL, name=NAME)
        answering = make_model(serving.url, name=NAME)
        try:
            await answering.sample("Who?", 1, {}, 10, 1)
            return await agent.read(aspirin())
        finally:
            await agent.close()
            await answering.close()

    assert {claim.relation for claim in asyncio.run(ask()).claims} == {"treat"}
    scored = serving.asked("/v1/completions" if server == "vllm" else "/completion")
    (sampled,) = serving.asked("/v1/chat/completions")
    assert all(prompt.startswith("\n\nText: On drugs. [C1] Aspirin") for body in scored for prompt in body["prompt"])
    assert {body.get("model", NAME) for body in scored} == {NAME}
    assert not any("lora" in body for body in scored)
    if server == "vllm":
        assert sampled["model"] == "org/tiny"
    else:
        assert sampled["lora"] == [{"id": 0, "scale": 0.0}]


@pytest.mark.usefixtures("ships")
def test_a_server_without_the_adapter_says_what_it_has(vllm: FakeServer):
    async def ask():
        agent = make_extractor(vllm.url, reading="labels", ontology=BIOMEDICAL, name=NAME)
        try:
            await agent.read(aspirin())
        finally:
            await agent.close()

    with pytest.raises(ModelRefused, match=f"has no model '{NAME}'; it has org/tiny"):
        asyncio.run(ask())


@pytest.mark.usefixtures("ships")
def test_names_are_found_by_labels_where_the_model_was_taught_to(vllm: FakeServer, folder: Path):
    def finder(name: str, ontology=BIOMEDICAL):
        agent = make_extractor(vllm.url, reading="labels", ontology=ontology, name=name)
        asyncio.run(agent.close())
        return type(agent.names)

    assert finder(NAME) is LabelNames
    assert finder("org/tiny") is VoteNames
    write_adapter(folder, {})
    assert finder(NAME) is VoteNames


def a_map(reader: str, low: float = 0.0) -> CalibrationMap:
    curve = Curve(method="platt", knots=((0.0, low), (1.0, 0.9)), claims=9, right=4, brier_before=0.2, brier_after=0.1)
    return CalibrationMap.of(Reader.parse(reader), date(2026, 1, 1), GoldData(files={}, documents=1), curve, {})


def prompt(home: Path | None, shipped: Path) -> str:
    return calibrated_reader(Reader.parse(READER), map_for(Reader.parse(READER), home, shipped)).prompt


def test_the_homes_map_counts_before_the_adapters(folder: Path, tmp_path: Path):
    map_of = load_adapter(folder).calibration
    assert prompt(tmp_path, map_of) == "labels-2"
    map_of.write_text(json.dumps(a_map(READER).model_dump(mode="json")))
    for home in (tmp_path, None):
        assert prompt(home, map_of) == f"labels-2+cal-{a_map(READER).version}"
    store(tmp_path, a_map(READER, 0.1))
    assert prompt(tmp_path, map_of) == f"labels-2+cal-{a_map(READER, 0.1).version}"


def test_a_map_for_another_reader_says_nothing(folder: Path, tmp_path: Path):
    map_of = load_adapter(folder).calibration
    other = replace(Reader.parse(READER), schema="biomedical-2")
    map_of.write_text(json.dumps(a_map(other.name).model_dump(mode="json")))
    assert map_for(Reader.parse(READER), tmp_path, map_of) is None
    map_of.write_text("{}")
    with pytest.raises(WrongUse, match="json: reader"):
        map_for(Reader.parse(READER), tmp_path, map_of)


@pytest.mark.usefixtures("ships")
def test_an_agent_takes_the_adapters_map(vllm: FakeServer, folder: Path, tmp_path: Path):
    load_adapter(folder).calibration.write_text(json.dumps(a_map(READER).model_dump(mode="json")))
    for home in (None, tmp_path):
        agent = make_extractor(vllm.url, reading="labels", ontology=BIOMEDICAL, name=NAME, home=home)
        asyncio.run(agent.close())
        assert agent.reader.prompt == f"labels-2+cal-{a_map(READER).version}"


def with_part(folder: Path, **told: object) -> Path:
    """An adapter with a linear part that says `treat` of everything."""
    folder.mkdir(parents=True)
    part = Linear(("none", "treat", "cause", "associate"), np.array([], np.uint32), np.zeros((0, 4), np.float32), np.array([0, 9, 0, 0]))
    linear.save_linear(part, folder)
    known = {"sha256": file_hash(folder / linear.FILE), "features": VERSION, "asked_from": 0.02, **told}
    return write_adapter(folder, {}, skills={"linear": known})


def test_a_linear_part_reads_alone_without_any_model(tmp_path: Path):
    folder = with_part(tmp_path / "with")
    agent = make_extractor("embedded", reading="linear", ontology=BIOMEDICAL, adapter=str(folder), home=tmp_path)
    found = asyncio.run(agent.read(aspirin()))
    assert agent.reader.method == "linear"
    assert {(claim.relation, round(claim.confidence, 2)) for claim in found.claims} == {("treat", 1.0)}
    assert found.usage.requests == 0


def test_reading_by_the_linear_part_alone_needs_one(folder: Path, vllm: FakeServer):
    with pytest.raises(WrongUse, match="--reading linear: 'tiny-reader-0' has no adapter with a linear part"):
        make_extractor("embedded", reading="linear", ontology=BIOMEDICAL, adapter=str(folder))
    with pytest.raises(WrongUse, match="has no adapter with a linear part"):
        make_extractor(vllm.url, reading="linear", ontology=BIOMEDICAL, adapter=WITHOUT)


def test_a_linear_part_that_is_not_the_one_trained_with_is_refused(tmp_path: Path):
    lost = with_part(tmp_path / "lost")
    (lost / linear.FILE).unlink()
    for folder, why in (
        (with_part(tmp_path / "other", sha256="0" * 64), r"linear.npz: not the file that the skills speak of"),
        (lost, r"linear.npz: not the file that the skills speak of"),
        (with_part(tmp_path / "older", features="surface-0"), "knows the features 'surface-0', and there are 'surface-1'"),
    ):
        with pytest.raises(WrongUse, match=why):
            make_extractor("embedded", reading="labels", ontology=BIOMEDICAL, adapter=str(folder))
