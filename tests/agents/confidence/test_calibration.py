"""Calibration maps: what a raw score is worth, files that cannot be trusted, and who reads with which map."""

import asyncio
import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.confidence.calibration import (
    CalibrationMap,
    Curve,
    GoldData,
    calibrated_claims,
    calibrated_reader,
    load_map,
    map_for,
    store,
    stored,
    uncalibrated,
    version_of,
)
from agents.reader import ReadingAgent, make_extractor
from schema.errors import WrongUse
from schema.observation import Claim, Polarity, Reader
from schema.ports import Extraction
from tests.agents.fakes import BIOMEDICAL, FakeServer, aspirin

READER = Reader("labels", "org/tiny", "labels-1", "biomedical-1")
GOLD = GoldData(files={"train.txt": "ab12"}, documents=9)


def curve(*knots: tuple[float, float]) -> Curve:
    return Curve(method="isotonic", knots=((0.0, 0.0), *knots), claims=500, right=50, brier_before=0.2, brier_after=0.1)


HALF = curve((0.5, 0.2), (1.0, 0.6))
LOW = curve((1.0, 0.1))


def a_map(reader: Reader = READER, pooled: Curve = HALF, **relations: Curve) -> CalibrationMap:
    return CalibrationMap.of(reader, date(2026, 1, 31), GOLD, pooled, relations)


class Saying:
    reader = READER
    settings = ""

    def __init__(self, *claims: Claim) -> None:
        self.claims = claims

    async def read(self, document):
        return Extraction(self.claims)


def test_a_score_between_two_knots_lies_on_the_line_between_them() -> None:
    assert [HALF(score) for score in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx([0.0, 0.1, 0.2, 0.4, 0.6])
    assert (HALF(-1.0), HALF(7.0), HALF(math.nan), HALF(math.inf)) == (0.0, 0.6, 0.0, 0.6)


@given(
    st.lists(st.tuples(st.floats(0.001, 0.999), st.floats(0, 1)), max_size=12, unique_by=lambda knot: knot[0]),
    st.floats(0, 1),
    st.floats(allow_nan=True),
    st.floats(allow_nan=True),
)
def test_a_curve_rises_and_stays_between_0_and_1_whatever_the_score(knots, last, one, other) -> None:
    shares = sorted([share for _, share in knots] + [last])
    line = curve(*zip(sorted(score for score, _ in knots), shares[:-1], strict=True), (1.0, shares[-1]))
    low, high = sorted((one, other)) if one == one and other == other else (one, other)
    assert 0.0 <= line(low) <= 1.0
    assert 0.0 <= line(high) <= 1.0
    if low <= high:
        assert line(low) <= line(high)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"knots": [[0.0, 0.0], [0.5, 0.4], [1.0, 0.3]]}, "pooled: Value error, knots rise"),
        ({"knots": [[0.0, 0.0], [0.5, 0.4], [0.5, 0.5], [1.0, 0.6]]}, "pooled: Value error, knots rise"),
        ({"knots": [[0.1, 0.0], [1.0, 0.3]]}, "from the raw score 0 to 1"),
        ({"knots": [[0.0, 0.0]]}, "pooled.knots: Tuple should have at least 2"),
        ({"knots": [[0.0, 0.0], [1.0, 1.5]]}, "pooled.knots.1.1: Input should be less than or equal to 1"),
        ({"knots": [[0.0, 0.0], [1.0, "0.5"]]}, "pooled.knots.1.1: Input should be a valid number"),
        ({"method": "magic"}, "pooled.method"),
        ({"more": 1}, "pooled.more: Extra inputs"),
        ({"knots": [[0.0, 0.0], [1.0, 0.9]]}, "the file was changed"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_file_key_and_rule(change, told, tmp_path: Path) -> None:
    path = store(tmp_path, a_map())
    value = json.loads(path.read_text())
    value["pooled"] |= change
    path.write_text(json.dumps(value))
    with pytest.raises(WrongUse, match=path.name) as caught:
        load_map(path)
    assert told in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"knots": NaN}', "null", '{"form": "other"}', "[" * 100_000])
def test_a_file_of_anything_else_is_refused(content: str, tmp_path: Path) -> None:
    path = store(tmp_path, a_map())
    path.write_text(content)
    with pytest.raises(WrongUse, match=path.name):
        stored(tmp_path, READER)


def test_a_home_has_one_map_for_each_reader_and_keeps_the_earlier_ones(tmp_path: Path) -> None:
    assert stored(tmp_path, READER) is None
    first, second, other = a_map(), a_map(pooled=LOW), a_map(replace(READER, model="org_tiny"))
    path = store(tmp_path, first)
    assert store(tmp_path, other) != path
    assert store(tmp_path, second) == path
    assert (stored(tmp_path, READER), stored(tmp_path, replace(READER, model="org_tiny"))) == (second, other)
    assert stored(tmp_path, replace(READER, prompt="labels-2")) is None
    assert [load_map(file) for file in (path.parent / "earlier").iterdir()] == [first]


def test_a_map_under_the_name_of_another_reader_is_refused(tmp_path: Path) -> None:
    path = store(tmp_path, a_map())
    path.write_text(json.dumps(a_map(replace(READER, prompt="labels-2")).model_dump(mode="json")))
    with pytest.raises(WrongUse, match=r"the map is of the reader labels/org/tiny/labels-2/biomedical-1"):
        stored(tmp_path, READER)


def test_the_version_is_what_the_curves_say_not_when_they_were_fitted() -> None:
    later = CalibrationMap.of(READER, date(2027, 1, 1), GoldData(files={}, documents=1), HALF, {})
    assert later.version == a_map().version
    assert a_map(treat=LOW).version != a_map().version
    assert a_map(treat=LOW).version != a_map(cause=LOW).version
    assert a_map(replace(READER, model="x")).version != a_map().version


def test_each_relation_has_its_curve_and_all_others_and_denials_the_pooled_one() -> None:
    known = a_map(treat=LOW)
    say = Claim("a", "treat", "b", 0.95, raw_score=1.0)
    assert known.confidence(say) == 0.1
    assert known.confidence(replace(say, relation="cause")) == 0.6
    assert known.confidence(replace(say, polarity=Polarity.DENIES)) == 0.6
    assert known.confidence(replace(say, raw_score=None)) == pytest.approx(0.095)


def test_the_raw_score_stays_beside_the_confidence_and_nothing_else_changes() -> None:
    claims = (Claim("a", "treat", "b", 0.5, quote="so", raw_score=0.5), Claim("c", "treat", "d", 0.25))
    read = asyncio.run(ReadingAgent(Saying(*claims), calibration=a_map()).read(aspirin()))
    assert read.claims == (replace(claims[0], confidence=0.2), replace(claims[1], confidence=0.1, raw_score=0.25))


def test_what_is_read_with_another_map_is_another_reading() -> None:
    plain, first, second = (ReadingAgent(Saying(), calibration=known) for known in (None, a_map(), a_map(pooled=LOW)))
    assert len({one.reader.name for one in (plain, first, second)}) == 3
    assert first.reader.prompt == f"labels-1+cal-{a_map().version}"
    assert Reader.parse(first.reader.name) == first.reader
    # Readers that nobody put in an order count by name: what is calibrated counts before what is not.
    assert first.reader.name < plain.reader.name
    assert [version_of(one.reader) for one in (plain, first)] == [None, a_map().version]
    assert uncalibrated(first.reader) == READER
    # Reading plain text adds its own prompt.
    both = replace(first.reader, prompt=f"{first.reader.prompt}+mentions-1")
    assert (version_of(both), uncalibrated(both).prompt) == (a_map().version, "labels-1+mentions-1")


def test_without_a_home_or_a_map_scores_stay_as_they_are(tmp_path: Path) -> None:
    claim = Claim("a", "treat", "b", 0.5, raw_score=0.5)
    assert map_for(READER, None) is map_for(READER, tmp_path) is None
    assert (calibrated_reader(READER, None), calibrated_claims([claim], None)) == (READER, (claim,))
    store(tmp_path, a_map())
    assert calibrated_reader(READER, map_for(READER, tmp_path)).prompt == f"labels-1+cal-{a_map().version}"


def test_a_new_map_pays_for_nothing_again(vllm: FakeServer, tmp_path: Path) -> None:
    vllm.likes = {" none": 1.0, " treats": 90.0}

    async def read():
        agent = make_extractor(vllm.url, reading="labels", ontology=BIOMEDICAL, home=tmp_path)
        try:
            return agent.reader, await agent.read(aspirin())
        finally:
            await agent.close()

    reader, raw = asyncio.run(read())
    asked = vllm.counts["/v1/completions"]
    store(tmp_path, a_map(reader))
    calibrated_reader, after = asyncio.run(read())
    assert vllm.counts["/v1/completions"] == asked
    assert uncalibrated(calibrated_reader) == reader != calibrated_reader
    assert [claim.raw_score for claim in after.claims] == [claim.confidence for claim in raw.claims]
    assert [claim.confidence for claim in after.claims] == [HALF(claim.confidence) for claim in raw.claims]
    assert any(claim.confidence != claim.raw_score for claim in after.claims)
