"""A few terms of our own, in the store that users have."""

from collections.abc import Iterable

from graph_store.vocabularies.vocabulary_store import SqliteVocabularies
from pipeline.linking.linker import VocabularyLinker
from pipeline.linking.name_forms import VERSION, forms_of
from schema.entity_names import Link, NameInText, Term
from schema.ids import EntityKey


def term(key: str, kind: str, name: str, *synonyms: str) -> Term:
    return Term(EntityKey(key), kind, name, synonyms)


TERMS = (
    term("MESH:D001241", "Chemical", "Aspirin", "ASA", "Acetylsalicylic Acid"),
    term("MESH:D005492", "Chemical", "Folic Acid"),
    term("MESH:D002118", "Chemical", "Calcium"),
    term("MESH:C024565", "Chemical", "1,2-dichloroethane"),
    term("MESH:D008297", "Chemical", "Thiamine"),
    term("MESH:D000001", "Chemical", "Mexiletine", "Mexiletine Hydrochloride"),
    term("MESH:D008175", "Disease", "Lung Neoplasms", "Neoplasms, Lung", "Lung Cancer"),
    term("MESH:D002289", "Disease", "Carcinoma, Non-Small-Cell Lung", "NSCLC"),
    term("MESH:D003924", "Disease", "Diabetes Mellitus, Type 2", "Type 2 Diabetes"),
    term("MESH:D003922", "Disease", "Diabetes Mellitus, Type 1", "Type 1 Diabetes"),
    term("MESH:D003920", "Disease", "Diabetes Mellitus"),
    term("MESH:D006973", "Disease", "Hypertension", "High Blood Pressure"),
    term("MESH:D007022", "Disease", "Hypotension"),
    term("MESH:D007674", "Disease", "Kidney Diseases", "Disease, Kidney"),
    term("MESH:D005705", "Disease", "Gallstones"),
    term("NCBIGene:3586", "Gene", "IL10", "interleukin 10", "IL-10"),
    term("NCBIGene:3552", "Gene", "IL1A", "interleukin 1 alpha", "IL-1"),
    term("NCBIGene:1401", "Gene", "CRP", "C-reactive protein"),
    term("NCBIGene:7040", "Gene", "TGFB1", "transforming growth factor beta 1"),
    term("NCBIGene:7454", "Gene", "WAS", "IMD2"),
    term("NCBIGene:3845", "Gene", "KRAS", "p21"),
    term("NCBIGene:1026", "Gene", "CDKN1A", "p21"),
)


def store(*vocabularies: Iterable[Term]) -> SqliteVocabularies:
    """Vocabularies in memory: "first", "second", …; those above where none are given."""
    made = SqliteVocabularies(":memory:", forms_of, VERSION)
    for name, terms in zip(("first", "second", "third"), vocabularies or (TERMS,), strict=False):
        made.load(name, "1", terms)
    return made


def link(name: str, kind: str, long_form: str = "", *vocabularies: Iterable[Term]) -> Link:
    return VocabularyLinker(store(*vocabularies)).link([NameInText(name, kind, long_form)])[0]
