"""Formats of exchange from a home: each read back by the library that reads it, and by `observe`."""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.answers.answers_from_log import export_lines
from flows.answers.exchange_exports import EXCHANGED
from flows.answers.export_files import export_to
from flows.home.configuration.settings import load_ontology
from flows.home.homes import Home, now, open_home
from flows.home.names_for_others import with_names_for_others
from flows.jobs.keeping import retract_document
from flows.jobs.observing import given_by, observe_file
from schema.errors import WrongUse
from tests.conftest import ROOT
from tests.flows.commands.running import chronokg, line, write_lines

DEMO = ROOT / "examples" / "demo"
CKG = "urn:chronokg:ns:"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("demo"), {"graph": "memory:"})
    for name in ("curated.jsonl", "curated_late.jsonl"):
        observe_file(home, DEMO / name, into_graph=False)
    retract_document(home, "DEMO:hcq-registry-2020", "2020-06-05")
    return home


def facts_of(home: Home, **limits: Any) -> list[Mapping[str, Any]]:
    return [told for each in export_lines(home, **limits) if (told := json.loads(each))["kind"] == "fact"]


def new_home(path: Path, **settings: Any) -> Home:
    return open_home(path, {"graph": "memory:", **settings})


@pytest.mark.parametrize("form", ["kgx", "indra"])
def test_the_demo_comes_back_line_for_line_but_for_what_was_withdrawn(form: str, demo: Home, tmp_path: Path) -> None:
    export_to(demo, form, tmp_path / form, every_status=True)
    other = new_home(tmp_path / "home")
    tally = observe_file(other, tmp_path / form)[0]
    assert tally.committed == tally.submitted > 100
    wanted = [json.loads(each) for each in export_lines(demo)]
    kept = [each for each in wanted if each.get("status") != "withdrawn" and not each.get("retracted")]
    assert len(wanted) - len(kept) == 2
    assert [json.loads(each) for each in export_lines(other)] == kept
    assert observe_file(other, tmp_path / form)[0].skipped == {"recorded before": tally.submitted}


@pytest.mark.parametrize("form", ["kgx", "indra"])
def test_without_all_the_facts_that_hold_come_back_with_belief_and_documents(form: str, demo: Home, tmp_path: Path) -> None:
    day = date(1985, 1, 1)
    told = export_to(demo, form, tmp_path / form, as_of=day)
    assert told["edges" if form == "kgx" else "statements"] == 9
    other = new_home(tmp_path / "home")
    observe_file(other, tmp_path / form)
    said = [{key: fact[key] for key in ("head", "relation", "tail", "belief", "support", "status")} for fact in facts_of(other)]
    held = [fact for fact in facts_of(demo, as_of=day) if fact["status"] == "current"]
    assert said == [{key: fact[key] for key in said[0]} for fact in held]


def test_what_was_known_before_a_retraction_is_exported_as_it_was_known(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    observe_file(home, write_lines(tmp_path / "said.jsonl", [line("PMID:1", "2001")]), into_graph=False)
    then = now()
    retract_document(home, "PMID:1", "2005")
    for form in EXCHANGED:
        before = export_to(home, form, tmp_path / f"then-{form}", known_at=then)
        after = export_to(home, form, tmp_path / f"now-{form}")
        size = "edges" if form in ("kgx", "cx2") else "facts" if form == "rdf" else "statements"
        assert (before[size], after[size]) == (1, 0), form


def test_rdf_has_the_facts_and_conforms_to_its_shapes(demo: Home, tmp_path: Path) -> None:
    rdflib, pyshacl = pytest.importorskip("rdflib"), pytest.importorskip("pyshacl")
    told = export_to(demo, "rdf", tmp_path / "rdf", every_status=True)
    graph = rdflib.Graph().parse(tmp_path / "rdf" / "graph.nt", format="nt")
    assert len(graph) == told["triples"]
    conforms, _, text = pyshacl.validate(graph, shacl_graph=str(tmp_path / "rdf" / "shapes.ttl"))
    assert conforms, text
    rows = graph.query(_READ_BACK)
    read = {(str(r.head), str(r.relation), str(r.tail), float(r.belief), str(r.status), int(r.support)) for r in rows}
    keys = ("head", "relation", "tail", "belief", "status", "support")
    assert read == {tuple(fact[key] for key in keys) for fact in facts_of(demo)}
    held = {
        (str(r.fact), str(r.since), None if r.until is None else str(r.until)) for r in graph.query(_INTERVALS)
    }  # fmt: skip
    assert {(since, until) for _, since, until in held} == {tuple(span) for fact in facts_of(demo) for span in fact["intervals"]}
    assert len(held) == sum(len(fact["intervals"]) for fact in facts_of(demo))
    closed = {(str(r.on), str(r.document)) for r in graph.query(_CLOSURES)}
    assert closed == {(each["on"], document) for fact in facts_of(demo) for each in fact["closed"] for document in each["because"]}
    for fact in graph.subjects(rdflib.RDF.type, rdflib.URIRef(CKG + "Fact")):
        head, relation, tail = (graph.value(fact, getattr(rdflib.RDF, end)) for end in ("subject", "predicate", "object"))
        assert ((head, relation, tail) in graph) == (str(graph.value(fact, rdflib.URIRef(CKG + "status"))) == "current")


_READ_BACK = """
PREFIX ckg: <urn:chronokg:ns:> PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?head ?relation ?tail ?belief ?status ?support WHERE {
  ?fact a ckg:Fact ; rdf:subject/dcterms:identifier ?head ; rdf:predicate/rdfs:label ?relation ; rdf:object/dcterms:identifier ?tail ;
        ckg:belief ?belief ; ckg:status ?status ; ckg:support ?support }
"""
_INTERVALS = """
PREFIX ckg: <urn:chronokg:ns:> PREFIX time: <http://www.w3.org/2006/time#>
SELECT ?fact ?since ?until WHERE {
  ?fact ckg:holding ?holding . ?holding time:hasBeginning/time:inXSDDate ?since .
  OPTIONAL { ?holding time:hasEnd/time:inXSDDate ?until } }
"""
_CLOSURES = """
PREFIX ckg: <urn:chronokg:ns:> PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?on ?document WHERE { ?fact ckg:closure ?closure . ?closure ckg:on ?on ; ckg:because/dcterms:identifier ?document }
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"current"', '"held"'),
        ('ns:belief> "0.39"', 'ns:belief> "1.39"'),
        ("<http://www.w3.org/1999/02/22-rdf-syntax-ns#object>", "<urn:chronokg:ns:nothing>"),
        ("<http://www.w3.org/ns/prov#wasDerivedFrom>", "<urn:chronokg:ns:nothing>"),
        ("<http://www.w3.org/2006/time#hasBeginning>", "<urn:chronokg:ns:nothing>"),
    ],
)
def test_the_shapes_find_what_is_wrong(before: str, after: str, demo: Home, tmp_path: Path) -> None:
    rdflib, pyshacl = pytest.importorskip("rdflib"), pytest.importorskip("pyshacl")
    export_to(demo, "rdf", tmp_path / "rdf", as_of=date(2003, 1, 1))
    text = (tmp_path / "rdf" / "graph.nt").read_text(encoding="utf-8")
    assert before in text
    graph = rdflib.Graph().parse(data=text.replace(before, after, 1), format="nt")
    assert not pyshacl.validate(graph, shacl_graph=str(tmp_path / "rdf" / "shapes.ttl"))[0]


def test_rdf_writes_any_text_and_reads_it_back(tmp_path: Path) -> None:
    rdflib = pytest.importorskip("rdflib")
    quote = 'a\tb\nc "d" \\ <e> \u2028 🧬 \x0b end\\'
    home = new_home(tmp_path / "home")
    observe_file(home, write_lines(tmp_path / "said.jsonl", [line("PMID:1", "2001", quote=quote)]), into_graph=False)
    export_to(home, "rdf", tmp_path / "rdf")
    graph = rdflib.Graph().parse(tmp_path / "rdf" / "graph.nt", format="nt")
    assert [str(each) for each in graph.objects(predicate=rdflib.PROV.value)] == [quote]


def test_cx2_is_what_cytoscape_reads(demo: Home, tmp_path: Path) -> None:
    told = export_to(demo, "cx2", tmp_path / "net.cx2", every_status=True)
    network = json.loads((tmp_path / "net.cx2").read_text(encoding="utf-8"))
    assert network[0] == {"CXVersion": "2.0", "hasFragments": False}
    assert network[-1] == {"status": [{"success": True, "error": ""}]}
    aspects = {name: elements for part in network[1:-1] for name, elements in part.items()}
    sizes = {each["name"]: each["elementCount"] for each in aspects.pop("metaData")}
    assert sizes == {name: len(elements) for name, elements in aspects.items()}
    assert (sizes["nodes"], sizes["edges"]) == (told["nodes"], told["edges"])
    declared = aspects["attributeDeclarations"][0]
    kinds = {"string": str, "double": float, "integer": int, "list_of_string": list}
    for part in ("nodes", "edges"):
        for each in aspects[part]:
            assert all(isinstance(value, kinds[declared[part][name]["d"]]) for name, value in each["v"].items())
    nodes = {each["id"]: each["v"]["name"] for each in aspects["nodes"]}
    edges = {(nodes[each["s"]], each["v"]["interaction"], nodes[each["t"]]): each["v"] for each in aspects["edges"]}
    fell = edges["flecainide", "prevent", "cardiac arrhythmias"]
    assert (fell["status"], fell["valid_from"], fell["valid_to"]) == ("superseded", "1981-08-27", "1989-08-10")


@pytest.mark.parametrize("form", EXCHANGED)
def test_the_same_knowledge_gives_the_same_bytes(form: str, demo: Home, tmp_path: Path) -> None:
    other = new_home(tmp_path / demo.path.name)
    retract_document(other, "DEMO:hcq-registry-2020", "2020-06-05", anyway=True)
    for name in ("curated_late.jsonl", "curated.jsonl"):
        lines = (DEMO / name).read_text(encoding="utf-8").splitlines()
        (tmp_path / name).write_text("\n".join(reversed(lines)), encoding="utf-8")
        observe_file(other, tmp_path / name, into_graph=False)
    written = []
    for home in (demo, other):
        target = tmp_path / f"{form}{len(written)}"
        export_to(home, form, target, every_status=True)
        written.append([each.read_bytes() for each in (sorted(target.iterdir()) if target.is_dir() else [target])])
    assert written[0] == written[1] != []


def test_what_a_format_has_no_word_for_is_said_and_an_older_homes_ontology_has_the_words_of_today(demo: Home, tmp_path: Path) -> None:
    told = export_to(demo, "kgx", tmp_path / "kgx")
    assert told["unmapped"] == {"without a predicate of Biolink's, told as biolink:related_to": ["compare", "cotreat"]}
    assert "told as biolink:related_to: compare, cotreat" in str(told["text"])
    shipped = load_ontology("biomedical")
    plain = {name: each.model_copy(update={"biolink": None, "indra": None}) for name, each in shipped.relations.items()}
    older = shipped.model_copy(update={"relations": plain, "categories": {}})
    assert not older.names_for_others
    assert older.id == shipped.id
    assert with_names_for_others(older) == shipped
    own = older.model_copy(update={"name": "ours"})
    assert with_names_for_others(own) is own


def test_a_users_own_ontology_names_its_predicates(tmp_path: Path) -> None:
    text = (
        'name: kitchen\nversion: "1"\nentity_types: [Dish, Spice]\ncategories: {Spice: [Food]}\nrelations:\n'
        "  goes_with:\n    pairs: [[Dish, Spice]]\n    biolink: {predicate: has_part, also: [has_food_component]}\n"
        "    indra: {type: Influence}\n"
    )
    (tmp_path / "kitchen.yaml").write_text(text, encoding="utf-8")
    home = open_home(tmp_path / "home", {"graph": "memory:"}, ontology=str(tmp_path / "kitchen.yaml"))
    said = line(
        "X:1", "2001", "goes_with", head={"key": "D:1", "type": "Dish", "name": "d"}, tail={"key": "S:1", "type": "Spice", "name": "s"}
    )
    observe_file(home, write_lines(tmp_path / "said.jsonl", [said]), into_graph=False)
    export_to(home, "kgx", tmp_path / "kgx")
    assert "\tbiolink:has_part\t" in (tmp_path / "kgx" / "edges.tsv").read_text(encoding="utf-8")
    nodes = (tmp_path / "kgx" / "nodes.tsv").read_text(encoding="utf-8")
    assert "D:1\tbiolink:NamedThing\t" in nodes
    assert "S:1\tbiolink:Food\t" in nodes
    assert json.loads(_exported(home, tmp_path / "indra"))[0]["type"] == "Influence"


def _exported(home: Home, target: Path) -> str:
    export_to(home, "indra", target)
    return target.read_text(encoding="utf-8")


def test_the_commands_write_and_take_each_format(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chronokg("observe", DEMO / "curated.jsonl", home=home)
    for form in EXCHANGED:
        told = chronokg("export", "--format", form, "--all", "--to", tmp_path / form, "--json", home=home)
        assert json.loads(told)["format"] == form
        chronokg("export", "--format", form, "--to", tmp_path / form, home=home, expect=2)
        chronokg("export", "--format", form, "--to", tmp_path / form, "--force", "--all", home=home)
        chronokg("export", "--format", form, home=home, expect=2)
    for form in ("kgx", "indra"):
        chronokg("observe", tmp_path / form, home=tmp_path / f"{form}-home")
        assert chronokg("export", home=tmp_path / f"{form}-home") == chronokg("export", home=home)
    chronokg("export", "--format", "csv", "--all", "--to", tmp_path / "csv", home=home, expect=2)


def test_the_folder_without_its_nodes_and_other_folders_are_told(demo: Home, tmp_path: Path) -> None:
    export_to(demo, "kgx", tmp_path / "kgx")
    other = new_home(tmp_path / "home")
    with pytest.raises(WrongUse, match="give the file of edges"):
        observe_file(other, tmp_path / "kgx" / "nodes.tsv")
    shutil.move(tmp_path / "kgx" / "nodes.tsv", tmp_path / "elsewhere.tsv")
    with pytest.raises(WrongUse, match=r"nodes\.tsv, where the types and names of their ends would be, is not there"):
        observe_file(other, tmp_path / "kgx")
    with pytest.raises(WrongUse, match=r"one KGX file of edges such as edges\.tsv \(here: none\)"):
        observe_file(other, tmp_path / "home")
    with pytest.raises(WrongUse, match="is not a file"):
        observe_file(other, tmp_path / "nothing", given_by(other))
