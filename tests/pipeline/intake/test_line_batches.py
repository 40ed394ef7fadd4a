"""Many lines at once are the same observations, with the same identities, as each line by itself."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import given as drawn
from hypothesis import strategies as st

from flows.home.configuration.settings import load_ontology
from graph_store.log.log_rows import from_frame, from_table, to_frame
from pipeline.files.date_table import read_date_table
from pipeline.files.opened_file import OpenedFile
from pipeline.grounding.given_values import Given
from pipeline.intake.batches import Intake, observe_lines
from pipeline.intake.line_batches import lines_in, take_again, take_lines, take_rows, unreadable
from schema.dates import PartialDate
from schema.observation import Observation
from schema.records import Tally

ONTOLOGY = load_ontology("biomedical")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATES = read_date_table(OpenedFile(io.BytesIO(b"1\t2001-05\n2\t2002\nDOC:x\t1998-12/1999-01\n")))
GIVENS = [
    Given(),
    Given("elsewhere", {"treat": 0.8, "*": 0.65}, None, PartialDate.parse("2001-05")),
    Given('else"where\\', {"treat": 0.8, "associate": 0.7}, DATES),
]

BLANKS = " \t\u2028"  # what counts as blank of the characters below
odd = st.text(alphabet='ab"\\\x00\x1f\x7f\u2028é😀|;, \t', max_size=6)
documents = st.sampled_from(["1", "PMID:1", "pmid:002", "000", "0", "3", "DOC:x", "DOC:y", " 2 ", "PMID:", ""]) | odd
keys = st.sampled_from(
    [
        *("MESH:D003924", "D003924", "mesh:d003924", "MESH:C1", "7157", "007", "0", "-", "", "MESH:D1;MESH:D2", "7157;672", "rs99"),
        *("RS#:99", "tmVar:p|SUB|V|600|E;HGVS:p.V600E;RS#:113488022", "CHEBI:CHEBI:15365", "CVCL_0030", "-;7157"),
        ";".join(map(str, range(1, 12))),
    ]
)
types = st.sampled_from(["Chemical", "Disease", "Gene", "gene", "Species", "Variant", "SNP", "CellLine", "Planet", "", " Gene"]) | odd
relations = st.sampled_from(["treat", "associate", "cause", "compare", "cotreat", "inhibit", "cures"]) | odd


plain_names = st.sampled_from(["a drug", 'the "drug" \\', "Ménière", ""])
sound_keys = st.sampled_from(["MESH:D003924", "D003925", "mesh:d000003", "MESH:C1", "7157", "007", "672", "rs99", "CHEBI:CHEBI:15365"])
KINDS = [
    ("Chemical", "treat", "Disease"),
    ("Gene", "associate", "Gene"),
    ("Chemical", "cotreat", "Chemical"),
    ("Disease", "associate", "Gene"),
]
dates = st.sampled_from(["2001", "2001-05", "2001-05-17", "1998-12/1999-01", "2001-23", " 2001 "])
sound = st.fixed_dictionaries(
    {
        "document": st.sampled_from(["1", "PMID:1", "pmid:002", "000", "DOC:x"]),
        "published": dates,
        "source": plain_names.filter(bool),
        "confidence": st.floats(0.0, 1.0) | st.sampled_from([0, 1, 0.0, -0.0, 0.1 + 0.2, 5e-324]),
    },
    optional={
        "polarity": st.sampled_from(["asserts", "denies"]),
        "quote": plain_names,
        "publication_types": st.lists(st.sampled_from(["Review", "Letter", 'a "kind"']), max_size=3),
        "journal": plain_names | st.none(),
        "stated": st.tuples(dates | st.none(), dates | st.none()).map(list),
        "more": st.just("that nothing reads"),
    },
)
ends = st.fixed_dictionaries({"key": keys | odd, "type": types}, optional={"name": odd | st.none()})
unusual = {
    "document": documents | st.just(7),
    "published": st.sampled_from(["2001-13", "soon", "", None, 2001]),
    "source": odd | st.none(),
    "head": ends,
    "relation": relations,
    "tail": ends,
    "confidence": st.sampled_from([-0.1, 1.1, "0.5", True, None]),
    "polarity": st.sampled_from(["maybe", None]),
    "quote": odd | st.just(5),
    "publication_types": st.lists(odd | st.none(), max_size=3) | st.none(),
    "journal": odd,
    "stated": st.lists(st.sampled_from(["2001", "soon", None]), min_size=1, max_size=3),
    "recorded_at": st.sampled_from([None, "2001-05-05", "2100-01-01"]),
}


@st.composite
def lines_of(draw: st.DrawFn) -> dict[str, Any]:
    """A sound line; in every second one a field is unusual, wrong or not there."""
    head, relation, tail = draw(st.sampled_from(KINDS))
    line = {**draw(sound), "relation": relation}
    for side, kind in (("head", head), ("tail", tail)):
        line[side] = {"key": draw(sound_keys), "type": kind, **draw(st.fixed_dictionaries({}, optional={"name": plain_names}))}
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(unusual)))
        line.pop(name, None)
        if draw(st.booleans()):
            line[name] = draw(unusual[name])
    return line


lines = lines_of()
texts = st.builds(json.dumps, lines, ensure_ascii=st.booleans()) | st.sampled_from(
    ["", "  ", "{", "[]", '{"document": "\\ud800"}', "\ufeff{}"]
)


def rows(intake: Intake) -> list[dict[str, Any]]:
    """All that the intake puts into the log, in an order of its own."""
    frame = to_frame(intake.batch, intake.records)
    if intake.observations is not None:
        frame = pl.concat([frame, from_table(intake.batch, intake.observations)])
    return sorted(frame.to_dicts(), key=lambda row: json.dumps(row, default=str))


def observed(intake: Intake) -> list[Observation]:
    assert intake.observations is not None
    return [recorded.record for recorded in from_frame(Observation, from_table(intake.batch, intake.observations))]


@drawn(st.lists(texts, max_size=8), st.sampled_from(GIVENS))
def test_json_lines_taken_together_are_what_they_are_one_by_one(lines: list[str], given: Given) -> None:
    together = take_lines(1, "\n".join(lines).encode(), "a file", ONTOLOGY, NOW, given)
    numbered = [(number, line.strip("\r\n \t\ufeff")) for number, line in enumerate(lines, 1)]
    one_by_one = observe_lines([(number, line) for number, line in numbered if line], "a file", ONTOLOGY, NOW, given)
    assert (together.batch, together.tallies) == (one_by_one.batch, one_by_one.tallies)
    assert rows(together) == rows(one_by_one)


def test_plain_lines_with_quotes_and_accents_go_in_as_a_table_and_not_one_by_one() -> None:
    said = {"head": {"key": "MESH:D1", "type": "Chemical", "name": 'a "drug" \\ é'}, "tail": {"key": "MESH:D2", "type": "Disease"}}
    line = json.dumps({"document": "1", "published": "2001", "source": "s", "relation": "treat", "confidence": 0.5, **said})
    intake = take_lines(1, line.encode(), "a file", ONTOLOGY, NOW, Given())
    assert intake.records == ()
    assert observed(intake)[0].head.name == 'a "drug" \\ é'


@drawn(st.lists(lines, min_size=1, max_size=6), st.sampled_from(GIVENS))
def test_rows_of_a_table_taken_together_are_what_they_are_one_by_one(said: list[dict[str, Any]], given: Given) -> None:
    usual = [line for line in said if _fits_a_table(line)]
    if not usual:
        return
    end = pl.Struct({"key": pl.String, "type": pl.String, "name": pl.String})
    kinds: dict[str, Any] = {
        "head": end,
        "tail": end,
        "confidence": pl.Float64,
        "publication_types": pl.List(pl.String),
        "stated": pl.List(pl.String),
    }
    names = sorted({name for line in usual for name in line})
    table = pl.DataFrame([{name: line.get(name) for name in names} for line in usual], schema={n: kinds.get(n, pl.String) for n in names})
    together = take_rows(table, 5, "a file", ONTOLOGY, NOW, given)
    filled = [(number, _without_nulls(row)) for number, row in enumerate(table.iter_rows(named=True), 5)]
    one_by_one = observe_lines(filled, "a file", ONTOLOGY, NOW, given)
    assert (together.batch, together.tallies) == (one_by_one.batch, one_by_one.tallies)
    assert rows(together) == rows(one_by_one)


def _fits_a_table(line: dict[str, Any]) -> bool:
    texts = all(isinstance(line.get(name), str | None) for name in ("document", "published", "quote"))
    return texts and isinstance(line.get("confidence"), float | None)


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _without_nulls(value) if isinstance(value, dict) else value for key, value in row.items() if value is not None}


def test_rows_that_cannot_be_read_are_counted_and_stay_set_aside() -> None:
    intake = unreadable("rows 5 to 9", 5, "the page is damaged", "a file", NOW)
    (aside,) = (recorded.record for recorded in intake.records)
    assert intake.tallies == (Tally("line", 0, {}, {"UnreadableRecord": 5}),)
    assert lines_in(aside) == 5
    assert take_again(aside, ONTOLOGY, NOW, Given()).tallies == intake.tallies
