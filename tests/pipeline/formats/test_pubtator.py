"""PubTator: documents with their mentions, undated."""

from hypothesis import given
from hypothesis import strategies as st

from schema.document import Mention
from tests.pipeline.formats.helpers import document, documents, ids, refused, set_aside

ONE = "1|t|Zebra stripes\n1|a|Flies avoid stripes.\n1\t0\t5\tZebra\tOrganismTaxon\t9789\n1\t14\t19\tFlies\tSpecies\t7147\n"
TWO = "2|t|Aspirin\n2|a|\n2\t0\t7\tAspirin\tChemicalEntity\tD001241\n"


def test_text_and_mentions_are_read() -> None:
    found = document(ONE)
    assert (found.id, found.title, found.text) == ("PMID:1", "Zebra stripes", "Zebra stripes Flies avoid stripes.")
    assert found.published is None
    assert found.mentions == (
        Mention(0, 5, "Zebra", "Species", ("NCBITaxon:9789",)),
        Mention(14, 19, "Flies", "Species", ("NCBITaxon:7147",)),
    )


def test_line_ends_and_a_missing_last_one_change_nothing() -> None:
    data = f"{ONE}\n{TWO}\n"
    plain = documents(data)
    assert [found.id for found in plain] == ["PMID:1", "PMID:2"]
    assert documents(data.replace("\n", "\r\n")) == plain
    assert documents(data.rstrip("\n")) == plain
    assert documents("\ufeff" + data) == plain
    assert documents(data.replace("\n\n", "\n\n \n\n")) == plain


def test_an_empty_abstract_leaves_the_title() -> None:
    found = document(TWO)
    assert (found.text, found.passages) == ("Aspirin", ())
    assert found.mentions == (Mention(0, 7, "Aspirin", "Chemical", ("MESH:D001241",)),)


def test_a_mention_that_does_not_stand_at_its_offsets_is_dropped() -> None:
    wrong = "1\t1\t6\tZebra\tSpecies\t9789\n1\t900\t905\tZebra\tSpecies\t9789\n1\t5\t5\t\tSpecies\t1\n1\t5\t0\tZebra\tSpecies\t1\n"
    assert document(ONE + wrong).mentions == document(ONE).mentions


def test_a_composite_identifier_names_several_things() -> None:
    line = "1\t6\t13\tstripes\tDiseaseOrPhenotypicFeature\tD000001,D000002|D000003;-\n"
    assert document(ONE + line).mentions[1].identifiers == ("MESH:D000001", "MESH:D000002", "MESH:D000003")


def test_relation_lines_are_passed_over() -> None:
    assert document(ONE + "1\tAssociation\t9789\t7147\tNovel\n1\tCID\t9789\t7147\n") == document(ONE)


def test_remarks_before_a_document_are_passed_over() -> None:
    assert ids("## made by hand\n##  \n" + ONE) == ["PMID:1"]


def test_blocks_without_empty_lines_between_them_are_told_apart() -> None:
    assert documents(ONE + TWO) == documents(f"{ONE}\n{TWO}")


def test_bars_in_a_title_are_text() -> None:
    assert document("1|t|A|t|B | C\n1|a|D|a|E\n").text == "A|t|B | C D|a|E"


def test_bad_bytes_set_only_their_document_aside() -> None:
    data = f"{ONE}\n{TWO}\n".encode() + b"3|t|Caf\xe9\n3|a|x\n\n4|t|Last\n4|a|one\n"
    assert ids(data) == ["PMID:1", "PMID:2", "PMID:4"]
    (found,) = set_aside(data)
    assert "not UTF-8" in found.reason
    assert found.position == "line 10"


def test_a_block_without_text_is_set_aside_and_the_rest_goes_on() -> None:
    data = f"{ONE}\n7\t0\t5\tZebra\tSpecies\t1\n\n{TWO}"
    assert ids(data) == ["PMID:1", "PMID:2"]
    assert "no line id|t|title" in set_aside(data)[0].reason


def test_a_nul_in_a_text_is_refused() -> None:
    assert "which is no text" in refused("1|t|Zeb\x00ra\n1|a|x\n").reason


words = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=5), st.lists(words, max_size=5), st.data())
def test_every_mention_is_the_slice_of_the_text_that_it_names(title: list[str], abstract: list[str], data: st.DataObject) -> None:
    text = " ".join([*title, *abstract])
    starts = st.integers(-3, len(text) + 3)
    places = data.draw(st.lists(st.tuples(starts, starts, st.booleans()), max_size=6))
    lines = [f"1\t{a}\t{b}\t{text[max(a, 0) : max(b, 0)] if true else 'zebra'}\tGene\t1" for a, b, true in places]
    found = document("\n".join([f"1|t|{' '.join(title)}", f"1|a|{' '.join(abstract)}", *lines]))
    assert all(0 <= m.start < m.end and found.text[m.start : m.end] == m.text for m in found.mentions)
    true = {(a, b) for a, b, honest in places if honest and 0 <= a < b <= len(text)}
    assert true <= {(m.start, m.end) for m in found.mentions}


LONG = (
    "1|t|Lumorin and ash\n1|a|BACKGROUND: Ash is common.\nRESULTS: Lumorin cured ash.\n"
    "1\t0\t7\tLumorin\tChemical\tD900001\n1\t52\t59\tLumorin\tChemical\tD900001\n"
)


def test_an_abstract_may_go_on_in_further_lines() -> None:
    found = document(LONG)
    assert found.text == "Lumorin and ash BACKGROUND: Ash is common. RESULTS: Lumorin cured ash."
    assert [m.start for m in found.mentions] == [0, 52]
    assert found.unused == {}


def test_every_line_of_an_abstract_in_parts_is_kept() -> None:
    found = document(LONG.replace("RESULTS", "1|a|RESULTS"))
    assert [p.text for p in found.passages] == ["BACKGROUND: Ash is common.", "RESULTS: Lumorin cured ash."]
    assert [m.start for m in found.mentions] == [0, 52]


def test_carriage_returns_alone_end_lines_too() -> None:
    assert documents(f"{ONE}\n{TWO}".replace("\n", "\r")) == documents(f"{ONE}\n{TWO}")


def test_empty_lines_within_a_record_part_nothing() -> None:
    spread = ONE.replace("\n1|a", "\n\n1|a").replace("\n1\t0", "\n\n1\t0")
    assert documents(f"{spread}\n{TWO}") == documents(f"{ONE}\n{TWO}")


def test_the_number_of_dbsnp_and_a_change_in_the_place_of_the_type_are_read() -> None:
    change = "p|SUB|R|12|K"
    text = "1|t|R12K\n"
    lines = [
        f"ProteinMutation\t{change}\tRSID:77",
        f"{change}\tRSID:77",
        f"{change}\tRS#:77",
        f"SNP\t{change};CorrespondingGene:5\tRSID:77",
    ]
    assert {document(f"{text}1\t0\t4\tR12K\t{line}\n").mentions for line in lines} == {(Mention(0, 4, "R12K", "Variant", ("dbSNP:rs77",)),)}


def test_mention_lines_without_a_place_are_counted() -> None:
    assert document(ONE + "1\t-1\t-1\tZebra\tSpecies\t9789\n1\t2\t7\tZebra\tSpecies\t1\n").unused == {
        "mention: not at its place in the text": 2
    }
