"""Every file of the shared real data: how much each gives, and why something is set aside."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from pipeline.formats.documents import Item, read
from schema.document import Document
from schema.ids import DocumentId
from schema.records import Deletion, Retraction, SetAside

FOLDERS = ("biored", "bc5cdr", "pubmed_xml", "pubtator3", "dated_abstracts")

# Documents, retractions, deletions, set aside, of each file that holds more than one document; `*` for all files that match.
COUNTS = {
    "biored/Dev.PubTator": (100, 0, 0, 0),
    "biored/Dev.BioC.XML": (100, 0, 0, 0),
    "biored/Dev.BioC.JSON": (100, 0, 0, 0),
    "biored/Train.PubTator": (400, 0, 0, 0),
    "bc5cdr/CDR_DevelopmentSet.PubTator.txt": (500, 0, 0, 0),
    "bc5cdr/CDR_TrainingSet.PubTator.txt": (500, 0, 0, 0),
    "pubmed_xml/titipata/medline16n0902.xml.gz": (604, 0, 1, 0),
    "pubmed_xml/titipata/test_current_medline.xml.gz": (4, 0, 0, 0),
    "pubmed_xml/ncbiutils/pubmed22n1313.xml": (4, 0, 559, 0),
    "pubmed_xml/ncbiutils/pubmed.xml": (5, 0, 0, 0),
    "pubmed_xml/ncbiutils/no_pubmedarticleset.xml": (0, 0, 0, 1),
    "pubmed_xml/nlm_medsample/medsample1.xml": (170, 5, 7, 0),
    "pubmed_xml/julielab/pubmedsample18n0001.xml.gz": (177, 5, 0, 0),
    "pubmed_xml/factoid/pmid_9500320.xml": (1, 1, 0, 0),
    "pubmed_xml/metapub/37909814.xml": (0, 0, 0, 0),  # an empty set
    "dated_abstracts/ACEInhibitors.csv.gz": (2518, 0, 0, 26),
    "dated_abstracts/Estrogens.csv.gz": (354, 0, 0, 14),
    "dated_abstracts/NSAIDS.csv.gz": (381, 0, 0, 12),
    "dated_abstracts/OralHypoglycemics.csv.gz": (490, 0, 0, 13),
    "dated_abstracts/ProtonPumpInhibitors.csv.gz": (1289, 0, 0, 44),
}
TOTALS = {
    "biored": {"Document": 700, "SetAside": 1},
    "bc5cdr": {"Document": 1000, "SetAside": 1},
    "pubmed_xml": {"Document": 1352, "Retraction": 16, "Deletion": 567, "SetAside": 6},
    "pubtator3": {"Document": 35, "SetAside": 3},
    "dated_abstracts": {"Document": 5032, "SetAside": 109},
}
# Files that are no documents at all, and records that say nothing: a number in a list of deletions or one whose text was withdrawn.
UNDERSTOOD = ("neither PubMed XML", "has neither title nor text", "is no number", "<rss>")


@cache
def contents(path: Path) -> tuple[Item, ...]:
    with path.open("rb") as stream:
        return tuple(read(stream, path.name))


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def documents(path: Path) -> list[Document]:
    return [item for item in contents(path) if isinstance(item, Document)]


@pytest.mark.parametrize(("name", "counts"), COUNTS.items())
def test_each_file_gives_as_much_as_it_holds(data: Path, name: str, counts: tuple[int, int, int, int]) -> None:
    found = Counter(type(item) for item in contents(data / name))
    assert tuple(found[kind] for kind in (Document, Retraction, Deletion, SetAside)) == counts


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_left_out(data: Path, folder: str) -> None:
    assert Counter(type(item).__name__ for path in files(data / folder) for item in contents(path)) == TOTALS[folder]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_mention_is_the_slice_of_its_text(data: Path, folder: str) -> None:
    for path in files(data / folder):
        for found in documents(path):
            assert all(found.text[m.start : m.end] == m.text for m in found.mentions), (path, found.id)


@pytest.mark.parametrize("folder", FOLDERS)
def test_whatever_is_set_aside_has_a_reason_that_is_understood(data: Path, folder: str) -> None:
    for path in files(data / folder):
        for item in contents(path):
            if isinstance(item, SetAside):
                assert any(reason in item.reason for reason in UNDERSTOOD), (path, item.reason)


@pytest.mark.parametrize("folder", ["pubmed_xml", "dated_abstracts"])
def test_every_record_of_a_dated_source_is_dated(data: Path, folder: str) -> None:
    assert [found.id for path in files(data / folder) for found in documents(path) if found.published is None] == []


def test_biored_says_the_same_in_three_formats(data: Path) -> None:
    told = [
        {found.id: (found.text, found.mentions) for found in documents(data / "biored" / name)}
        for name in ("Dev.PubTator", "Dev.BioC.XML", "Dev.BioC.JSON")
    ]
    assert len(told[0]) == 100
    assert told[0] == told[1] == told[2]
    assert sum(len(mentions) for _, mentions in told[0].values()) == 3533


@pytest.mark.parametrize("name", ["biored/Dev.PubTator", "biored/Train.PubTator", "bc5cdr/CDR_TrainingSet.PubTator.txt"])
def test_no_mention_line_is_lost(data: Path, name: str) -> None:
    lines = {tuple(line.split("\t")) for line in (data / name).read_text("utf-8").splitlines() if line.count("\t") >= 5}
    told = {(cells[0], int(cells[1]), int(cells[2]), cells[4]) for cells in lines if cells[1].isdigit() and cells[2].isdigit()}
    assert sum(len({(m.start, m.end, m.type) for m in found.mentions}) for found in documents(data / name)) == len(told)


def test_the_deletions_of_an_update_file_are_those_that_it_lists(data: Path) -> None:
    path = data / "pubmed_xml/ncbiutils/pubmed22n1313.xml"
    text = path.read_text("utf-8")
    assert text[text.index("<DeleteCitation>") :].count("<PMID ") == 559
    assert len({item.document for item in contents(path) if isinstance(item, Deletion)}) == 559


def test_xml_that_is_not_pubmeds_is_refused_by_its_root(data: Path) -> None:
    (item,) = contents(data / "pubmed_xml/ncbiutils/no_pubmedarticleset.xml")
    assert isinstance(item, SetAside)
    assert "<rss>" in item.reason


@pytest.mark.parametrize(
    ("name", "document", "notice"),
    [
        ("nlm_medsample/medsample1.xml", "PMID:11543891", "PMID:11600210"),
        ("julielab/pubmedsample18n0001.xml.gz", "PMID:11543891", "PMID:11600210"),
        ("factoid/pmid_9500320.xml", "PMID:9500320", "PMID:20137807"),
    ],
)
def test_a_retracted_paper_is_known_as_such(data: Path, name: str, document: str, notice: str) -> None:
    found = [item for item in contents(data / "pubmed_xml" / name) if isinstance(item, Retraction)]
    assert (DocumentId(document), DocumentId(notice)) in {(item.document, item.notice) for item in found}
    assert all(item.on is not None for item in found)
