"""Exports for analysts' tools: GraphML, Parquet, CSV, NetworkX; whole or not at all, the same bytes for the same knowledge."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import networkx as nx
import polars as pl
import pytest

from flows.answers.answers_from_log import export_lines
from flows.answers.export_files import FORMS, TABLES, export_to, in_one_piece, networkx_of, shown_lines, tables_of
from flows.home.homes import Home, open_home
from graph_store.memory_store import MemoryStore
from pipeline.believing.fold import fold
from pipeline.believing.gathering import all_evidence
from pipeline.exports.analysis import multigraph
from pipeline.line import bring_up_to_date
from schema.dates import PartialDate
from schema.errors import WrongUse
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity, Observation
from schema.records import Recorded, Retraction
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, line, write_lines
from tests.graph_store.cookbook.evidence import chance, ending, said, stories

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2004, 1, 1)
ODD = Entity(EntityKey("MESH:C\x02\ufffd"), "Chemical", 'a\x01b\ufffe <&> "q"\nand 🧬')
WHERE_XML_ENDS = said("PMID:900", "2003-03-03", ODD, "treat", ending("Disease", 1))


def home_with(path: Path, observations: Iterable[Observation], *, at: datetime = AT, parts: int = 1) -> Home:
    home = open_home(path, {"graph": "memory:"})
    all_of_it = list(observations)
    for part in range(parts):
        home.log.append(BatchId(f"part {part}"), [Recorded(each, at) for each in all_of_it[part::parts]])
    home.log.append(BatchId("retracted"), [Recorded(Retraction(DocumentId("PMID:19"), PartialDate.parse("2012"), None), at)])
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home_with(tmp_path_factory.mktemp("home"), [*stories(), *chance(40), WHERE_XML_ENDS])


def test_graphml_reads_back_as_the_graph_of_the_day(home: Home, tmp_path: Path) -> None:
    told = export_to(home, "graphml", tmp_path / "then.graphml", as_of=DAY)
    back = nx.read_graphml(tmp_path / "then.graphml", force_multigraph=True)
    graph = networkx_of(home, DAY)
    assert (told["nodes"], told["edges"]) == (graph.number_of_nodes(), graph.number_of_edges()) == (len(back), back.number_of_edges())
    assert graph.number_of_edges() > 20
    wanted = {
        key: (edge["type"], edge["belief"], edge["support"], str(edge["valid_from"]), edge["valid_to"])
        for _, _, key, edge in graph.edges(keys=True, data=True)
    }
    read = {
        key: (edge["type"], edge["weight"], edge["support"], edge["valid_from"], edge.get("valid_to"))
        for _, _, key, edge in back.edges(keys=True, data=True)
    }
    assert read == wanted
    assert back.nodes["MESH:C1"] == {"label": "chemical 1", "key": "MESH:C1", "type": "Chemical", "name": "chemical 1", "aliases": ""}


def test_what_xml_cannot_write_is_replaced_and_keys_stay_apart(home: Home, tmp_path: Path) -> None:
    export_to(home, "graphml", tmp_path / "x.graphml")
    back = nx.read_graphml(tmp_path / "x.graphml", force_multigraph=True)
    assert back.nodes["MESH:C\ufffd0002\ufffdfffd"]["name"] == 'a\ufffdb\ufffd <&> "q"\nand 🧬'
    assert len(back) == len(networkx_of(home))


def test_networkx_has_the_facts_that_held_as_of_the_day_and_as_known_at_the_moment(tmp_path: Path) -> None:
    early, late = (said(f"PMID:{n}", "2001", ending("Chemical", n), "treat", ending("Disease", 1)) for n in (1, 2))
    home = home_with(tmp_path, [early])
    home.log.append(BatchId("later"), [Recorded(late, AT + timedelta(days=9))])
    assert set(networkx_of(home)) == {"MESH:C1", "MESH:C2", "MESH:D1"}
    assert set(networkx_of(home, known_at=AT)) == {"MESH:C1", "MESH:D1"}
    assert set(networkx_of(home, date(2000, 12, 31))) == set()
    assert next(iter(networkx_of(home, date(2001, 1, 1)).edges(data="valid_from"))) == ("MESH:C1", "MESH:D1", date(2001, 1, 1))


def test_networkx_of_a_home_is_what_the_graph_has(home: Home) -> None:
    store = MemoryStore()
    bring_up_to_date(home.log, store, home.rules)
    kept = multigraph(store.facts(), store.entities())
    graph = networkx_of(home)
    assert dict(graph.nodes(data=True)) == dict(kept.nodes(data=True))
    assert sorted(graph.edges(keys=True, data="belief")) == sorted(kept.edges(keys=True, data="belief"))
    assert graph.number_of_edges() == store.counts()["edges"] > 3
    held = {(f.triple.head, f.triple.tail, f.triple.relation.upper()) for f in store.facts() if f.holds_on(DAY)}
    assert {(head, tail, edge["type"]) for head, tail, edge in networkx_of(home, DAY).edges(data=True)} == held


def test_parquet_holds_what_the_canonical_export_holds_with_days_as_dates(home: Home, tmp_path: Path) -> None:
    export_to(home, "parquet", tmp_path / "tables")
    tables = {name: pl.read_parquet(tmp_path / "tables" / f"{name}.parquet") for name in TABLES}
    assert sorted(each.name for each in (tmp_path / "tables").iterdir()) == sorted(f"{name}.parquet" for name in TABLES)
    lines = [json.loads(each) for each in export_lines(home)]
    by_kind = {kind: [each for each in lines if each["kind"] == kind] for kind in ("fact", "entity", "document")}
    assert {tuple(row) for row in tables["facts"].select("head", "relation", "tail", "belief", "status", "support").iter_rows()} == {
        tuple(fact[name] for name in ("head", "relation", "tail", "belief", "status", "support")) for fact in by_kind["fact"]
    }
    intervals = {(fact["head"], fact["relation"], fact["tail"], *interval) for fact in by_kind["fact"] for interval in fact["intervals"]}
    days = [pl.col("valid_from").cast(pl.String), pl.col("valid_to").cast(pl.String)]
    assert {tuple(row) for row in tables["edges"].select("head", "relation", "tail", *days).iter_rows()} == intervals
    assert tables["closures"].height == sum(len(fact["closed"]) for fact in by_kind["fact"]) > 3
    assert tables["entities"]["key"].to_list() == sorted(each["key"] for each in by_kind["entity"])
    assert tables["documents"]["id"].to_list() == sorted(each["id"] for each in by_kind["document"])
    assert tables["edges"].schema["valid_from"] == tables["documents"].schema["published"] == tables["closures"].schema["on"] == pl.Date
    assert tables["documents"].schema["publication_types"] == pl.List(pl.String)


def test_reports_lead_from_documents_to_facts_and_count_as_support(home: Home) -> None:
    tables = tables_of(home)
    asserting = tables["reports"].filter(pl.col("polarity") == "asserts")
    support = asserting.join(tables["documents"], left_on="document", right_on="id").group_by("fact").len()
    joined = tables["facts"].filter(pl.col("status") != "withdrawn").join(support, left_on="id", right_on="fact", how="left")
    assert joined["len"].to_list() == joined["support"].to_list()


def test_csv_holds_what_parquet_holds(home: Home, tmp_path: Path) -> None:
    export_to(home, "parquet", tmp_path / "p", as_of=DAY)
    export_to(home, "csv", tmp_path / "c", as_of=DAY)
    for name in TABLES:
        wanted = pl.read_parquet(tmp_path / "p" / f"{name}.parquet")
        lists = [column for column, kind in wanted.schema.items() if kind == pl.List]
        read = pl.read_csv(tmp_path / "c" / f"{name}.csv", schema_overrides={**wanted.schema, **dict.fromkeys(lists, pl.String)})
        for column in lists:
            assert [json.loads(cell) for cell in read[column]] == wanted[column].to_list()
        # CSV has one sign for no text and for empty text.
        plain = [frame.drop(lists).with_columns(pl.col(pl.String).fill_null("")) for frame in (read, wanted)]
        assert plain[0].rows() == plain[1].rows(), name


@pytest.mark.parametrize("form", ["graphml", "csv", "jsonl"])
def test_the_same_knowledge_gives_the_same_bytes_whenever_and_however_it_came(form: str, home: Home, tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(all_of_it := [*stories(), *chance(40), WHERE_XML_ENDS], len(all_of_it))
    other = home_with(tmp_path / "home", shuffled, at=AT + timedelta(days=400), parts=7)
    export_to(home, form, tmp_path / "one")
    export_to(other, form, tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two") != b""


def test_an_empty_home_gives_empty_exports(tmp_path: Path) -> None:
    empty = open_home(tmp_path / "home", {"graph": "memory:"})
    for form in FORMS:
        assert sum(size for size in export_to(empty, form, tmp_path / form).values() if isinstance(size, int)) == 0
    assert len(nx.read_graphml(tmp_path / "graphml")) == 0
    assert pl.read_parquet(tmp_path / "parquet" / "facts.parquet").height == 0
    assert (tmp_path / "csv" / "facts.csv").read_text().startswith("id,head,relation,tail,belief,")


def test_what_is_there_is_not_replaced_unless_asked(home: Home, tmp_path: Path) -> None:
    for form in FORMS:
        target = tmp_path / form
        export_to(home, form, target)
        before = bytes_of(target)
        with pytest.raises(WrongUse, match="--force"):
            export_to(home, form, target, as_of=DAY)
        assert bytes_of(target) == before
        export_to(home, form, target, as_of=DAY, force=True)
        assert bytes_of(target) != before
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(FORMS)


def test_a_folder_with_other_things_in_it_is_never_replaced(home: Home, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for form in FORMS:
        with pytest.raises(WrongUse, match=r"thesis\.txt"):
            export_to(home, form, tmp_path / "mine", force=True)
    assert bytes_of(tmp_path / "mine") == b"years of work"


@pytest.mark.parametrize("problem", [KeyboardInterrupt, MemoryError, OSError(28, "No space left on device")])
def test_what_is_cut_short_leaves_what_was_there_and_nothing_half(problem: BaseException, tmp_path: Path) -> None:
    def write(target: Path, *, force: bool) -> None:
        with in_one_piece(target, force=force) as place:
            place.write_text("half of")
            raise problem

    (tmp_path / "old").write_text("whole")
    for name, force in (("old", True), ("new", False)):
        with pytest.raises((KeyboardInterrupt, MemoryError, WrongUse)):
            write(tmp_path / name, force=force)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("old", "whole")]


def test_wrong_uses_are_told(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="none of jsonl, graphml, parquet, csv"):
        export_to(home, "xls", tmp_path / "x")
    with pytest.raises(WrongUse, match="there is no folder"):
        export_to(home, "csv", tmp_path / "no" / "x")
    with pytest.raises(WrongUse, match="needs --to"):
        shown_lines(home, "parquet")
    (tmp_path / "file").write_text("x")
    with pytest.raises(WrongUse, match="could not be written"):
        export_to(home, "csv", tmp_path / "file", force=True)
    assert (tmp_path / "file").read_text() == "x"


def test_the_command_writes_each_format(tmp_path: Path) -> None:
    chronokg("observe", write_lines(tmp_path / "lines.jsonl", [line("PMID:1", "2001"), line("PMID:2", "2005")]), home=tmp_path / "home")
    for form in FORMS:
        chronokg("export", "--format", form, "--to", tmp_path / form, home=tmp_path / "home")
    assert (tmp_path / "jsonl").read_text() == chronokg("export", home=tmp_path / "home")
    graph = nx.read_graphml(tmp_path / "graphml", force_multigraph=True)
    assert [edge for *_, edge in graph.edges(data="label")] == ["treat"]
    told = chronokg(
        "export", "--format", "csv", "--to", tmp_path / "csv", "--force", "--as-of", "2003-01-01", "--json", home=tmp_path / "home"
    )
    assert json.loads(told)["documents"] == 1
    chronokg("export", "--format", "csv", home=tmp_path / "home", expect=2)


def test_the_fold_of_the_home_is_what_is_exported(home: Home) -> None:
    facts = fold(all_evidence(home.log), home.rules, as_of=DAY).facts
    assert [tuple(row) for row in tables_of(home, DAY)["facts"].select("head", "relation", "tail").iter_rows()] == [f.triple for f in facts]


def test_the_program_on_the_page_runs(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "how-to" / "export-for-analysis.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    exec(program.replace('Path("my-graph")', f"Path({str(home.path)!r})"), {})
    told = capsys.readouterr().out
    assert told.startswith("[('")
    assert "superseded" in told


def bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b"".join(each.read_bytes() for each in sorted(path.iterdir()))


FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1")


def test_no_cell_of_a_csv_file_is_a_formula_unless_it_is_wanted_raw(tmp_path: Path) -> None:
    made = [
        said(f"PMID:{at}", "2001", Entity(EntityKey(f"MESH:C{at}"), "Chemical", each), "treat", ending("Disease", 1))
        for at, each in enumerate(FORMULAS)
    ]
    made.append(said("PMID:9", "2001", Entity(EntityKey("MESH:C9"), "Chemical", "-5.2"), "treat", ending("Disease", 1)))
    home = home_with(tmp_path / "home", made)
    export_to(home, "csv", tmp_path / "guarded")
    export_to(home, "csv", tmp_path / "raw", raw=True)
    guarded, raw = (pl.read_csv(tmp_path / name / "entities.csv", infer_schema=False)["name"].to_list() for name in ("guarded", "raw"))
    assert set(guarded) >= {f"'{each}" for each in FORMULAS}
    assert "-5.2" in guarded
    assert set(raw) >= set(FORMULAS)
    edges = pl.read_csv(tmp_path / "guarded" / "edges.csv")
    assert edges["belief"].dtype == pl.Float64
    with pytest.raises(WrongUse, match="--raw is about CSV"):
        export_to(home, "parquet", tmp_path / "tables", raw=True)
