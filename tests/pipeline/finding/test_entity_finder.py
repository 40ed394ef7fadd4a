"""Finding entities by name: other ways to write them, abbreviations, slips, and what must not be found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest

from graph_store.vocabularies.vocabulary_store import SqliteVocabularies
from pipeline.believing.rules import Rules
from pipeline.finding.entity_finder import EntityFinder
from pipeline.finding.found_entities import NotOneEntity
from pipeline.finding.question_names import entities_asked, names_in_question
from pipeline.linking.name_forms import VERSION, forms_of
from pipeline.updating.graph_changes import current_names
from schema.entity_names import Term
from schema.ids import BatchId, DocumentId, EntityKey
from schema.observation import Entity
from schema.records import Recorded
from tests.graph_store.builders import ONTOLOGY
from tests.graph_store.cookbook.evidence import said
from tests.graph_store.log.memory_log import MemoryEvidenceLog
from tests.pipeline.believing.examples import AT

RULES = Rules(ONTOLOGY)
END = Entity(EntityKey("MESH:D0"), "Disease", "an end")


def entity(key: str, kind: str, name: str) -> Entity:
    return Entity(EntityKey(key), kind, name)


def finder_of(
    *named: Entity, texts: Sequence[tuple[str, str]] = (), terms: Sequence[Term] = (), silenced: Collection[str] = ()
) -> EntityFinder:
    """Of a log in which each of these is named by a document, with quotes by document, and a vocabulary."""
    log = MemoryEvidenceLog()
    for at, each in enumerate(named):
        _tell(log, f"PMID:{at + 100}", each)
    for document, quote in texts:
        _tell(log, document, entity("MESH:C0", "Chemical", "something"), quote=quote)

    def called(keys: Collection[EntityKey]) -> Mapping[EntityKey, Entity]:
        return {each.key: each for each in current_names(log, RULES, sorted(keys))}

    def deleted(documents: Collection[DocumentId]) -> Collection[DocumentId]:
        return {each for each in documents if each in silenced}

    vocabulary = SqliteVocabularies(":memory:", forms_of, VERSION)
    if terms:
        vocabulary.load("terms", "1", terms)
    return EntityFinder(log, called, deleted, ONTOLOGY.entity_types, vocabulary if terms else None)


def _tell(log: MemoryEvidenceLog, document: str, each: Entity, quote: str = "") -> None:
    told = replace(said(document, "2001", each, "associate", END), quote=quote)
    log.append(BatchId(f"{document} {each.key} {each.name}"), [Recorded(told, AT)])


NSCLC = entity("MESH:D002289", "Disease", "non-small-cell lung cancer")
DIABETES = entity("MESH:D003924", "Disease", "type 2 diabetes")
SEVERAL = (
    NSCLC,
    DIABETES,
    entity("MESH:D009369", "Disease", "neoplasms"),
    entity("MESH:D009203", "Disease", "myocardial infarction"),
    entity("MESH:D008687", "Chemical", "metformin"),
    entity("MESH:D013792", "Chemical", "thalidomide"),
    entity("MESH:D006886", "Chemical", "hydroxychloroquine"),
    entity("MESH:D011239", "Chemical", "prednisolone"),
    entity("NCBIGene:3552", "Gene", "IL-1"),
    entity("NCBIGene:2052", "Gene", "epoxide hydrolase"),
    entity("NCBIGene:3265", "Gene", "HRAS"),
    entity("dbSNP:rs113488022", "Variant", "BRAF V600E"),
)


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    return finder_of(*SEVERAL)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("MESH:D002289", "MESH:D002289"),
        ("mesh:d002289", "MESH:D002289"),
        ("non-small cell lung cancers", "MESH:D002289"),
        ("Lung cancer, non-small-cell", "MESH:D002289"),
        ("NON SMALL CELL LUNG CANCER", "MESH:D002289"),
        ("type II diabetes", "MESH:D003924"),
        ("myocardial infraction", "MESH:D009203"),
        ("hydroxycloroquine", "MESH:D006886"),
        ("metforrmin", "MESH:D008687"),
        ("hydraxychloroquine", "MESH:D006886"),
        ("hras", "NCBIGene:3265"),
        ("il1", "NCBIGene:3552"),
        ("braf v600e", "dbSNP:rs113488022"),
    ],
)
def test_an_entity_is_found_however_its_name_is_written(finder: EntityFinder, text: str, key: str) -> None:
    found = finder.the_one(text)
    assert found.key == key
    assert 0.7 <= found.score <= 1
    assert found.reason


@pytest.mark.parametrize(
    "text",
    [
        "soluble epoxide hydrolase",
        "IL-10",
        "IL-1 beta",
        "BRAF V600K",
        "type 1 diabetes",
        "prednisone",
        "prednisolane",
        "lung",
        "KRAS",
        "",
        "-",
    ],
)
def test_what_is_another_name_is_not_found(finder: EntityFinder, text: str) -> None:
    with pytest.raises(NotOneEntity, match="nothing is known of"):
        finder.the_one(text)


def test_what_lies_inside_a_longer_name_is_no_more_than_a_suggestion(finder: EntityFinder) -> None:
    with pytest.raises(NotOneEntity, match="did you mean 'epoxide hydrolase'") as error:
        finder.the_one("soluble epoxide hydrolase")
    assert [one.key for one in error.value.candidates] == ["NCBIGene:2052"]


def test_of_short_names_only_those_with_these_initials_are_suggested(finder: EntityFinder) -> None:
    assert [one.name for one in finder.like("MI")] == ["myocardial infarction"]
    assert finder.like("XQ") == []


def test_two_entities_of_one_name_are_told_and_not_guessed() -> None:
    both = finder_of(entity("MESH:D1", "Disease", "cold"), entity("MESH:D2", "Disease", "Cold"), entity("MESH:D2", "Disease", "cold"))
    with pytest.raises(NotOneEntity, match=r"more than one entity: MESH:D1 .*MESH:D2 .*give the key") as error:
        both.the_one("cold")
    assert {one.key for one in error.value.candidates} == {"MESH:D1", "MESH:D2"}
    assert both.the_one("MESH:D2").key == "MESH:D2"


def test_an_abbreviation_is_its_long_form_as_a_document_defines_it() -> None:
    texts = [("PMID:1", "Patients with non-small cell lung cancer (NSCLC) did well.")]
    found = finder_of(*SEVERAL, texts=texts).the_one("nsclc")
    assert found.key == NSCLC.key
    assert "short for 'non-small cell lung cancer'" in found.reason
    with pytest.raises(NotOneEntity):
        finder_of(*SEVERAL, texts=texts, silenced={"PMID:1"}).the_one("NSCLC")


def test_a_long_form_is_the_entity_that_its_document_calls_by_the_short_one() -> None:
    therapy, defined = entity("MESH:D015914", "Chemical", "HRT"), "Women took hormone replacement therapy (HRT) for years."
    found = finder_of(therapy, texts=[("PMID:100", defined)]).the_one("hormone replacement therapy")
    assert found.key == therapy.key
    assert finder_of(therapy, texts=[("PMID:1", defined)]).the_one("hormone replacement therapies").key == therapy.key
    otherwise = ("PMID:2", "The heart rate turbulence (HRT) was measured.")
    with pytest.raises(NotOneEntity):  # of a document that defines neither it may be either
        finder_of(therapy, texts=[("PMID:1", defined), otherwise]).the_one("hormone replacement therapy")


def test_an_abbreviation_of_two_things_is_told() -> None:
    named = (entity("MESH:D009203", "Disease", "myocardial infarction"), entity("MESH:D008944", "Disease", "mitral insufficiency"))
    texts = [("PMID:1", "A myocardial infarction (MI) it was."), ("PMID:2", "With mitral insufficiency (MI) it is worse.")]
    with pytest.raises(NotOneEntity, match="more than one entity"):
        finder_of(*named, texts=texts).the_one("MI")


TERMS = [
    Term(EntityKey("MESH:D009203"), "Disease", "Myocardial Infarction", ("heart attack",)),
    Term(EntityKey("NCBIGene:7157"), "Gene", "TP53", ("p53",)),
    Term(EntityKey("NCBIGene:2053"), "Gene", "EPHX2", ("soluble epoxide hydrolase",)),
    Term(EntityKey("MESH:D000241"), "Chemical", "hydroxychlorquine", ()),
    Term(EntityKey("DOID:9352"), "Disease", "type 2 diabetes mellitus", ("adult-onset diabetes",)),
]


def test_names_of_vocabularies_lead_to_entities_of_the_graph() -> None:
    finder = finder_of(*SEVERAL, entity("NCBIGene:7157", "Gene", "Trp53"), terms=TERMS)
    assert finder.the_one("heart attacks").key == "MESH:D009203"
    assert finder.the_one("p53").key == "NCBIGene:7157"


def test_an_entity_under_another_key_is_found_by_the_name_that_a_vocabulary_gives() -> None:
    named = entity("MESH:D003924", "Disease", "type 2 diabetes mellitus")
    assert finder_of(named, terms=TERMS).the_one("adult-onset diabetes").key == named.key


def test_what_a_vocabulary_knows_for_something_else_is_no_slip_and_is_told() -> None:
    finder = finder_of(*SEVERAL, terms=TERMS)
    with pytest.raises(NotOneEntity, match="which is EPHX2"):
        finder.the_one("soluble epoxide hydrolase")
    with pytest.raises(NotOneEntity, match="MESH:D000241"):
        finder.the_one("hydroxychlorquine")


@pytest.mark.parametrize(
    ("question", "keys"),
    [
        ("Does metformin help in type 2 diabetes?", ["MESH:D008687", "MESH:D003924"]),
        ("Is soluble epoxide hydrolase inhibited by metformin?", ["MESH:D008687"]),
        ("metformin, hydroxycloroquine", ["MESH:D008687", "MESH:D006886"]),
        ("What are neoplasms?", ["MESH:D009369"]),
        ("MESH:D008687", ["MESH:D008687"]),
        ("it was what it was", []),
        ("", []),
    ],
)
def test_names_in_a_question_are_found_in_their_order(finder: EntityFinder, question: str, keys: list[str]) -> None:
    assert entities_asked(names_in_question(question, finder)) == keys


def test_a_question_of_any_length_is_answered_in_bounded_time(finder: EntityFinder) -> None:
    names = names_in_question("metformin " + "zyxwv qqqq jjjj " * 2_000, finder)
    assert entities_asked(names) in ([], ["MESH:D008687"])
