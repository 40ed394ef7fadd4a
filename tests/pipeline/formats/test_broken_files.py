"""One bad record, one bad byte, one bad file: set aside with file, position and reason, and the rest goes on."""

import io
import tracemalloc
import zlib

import pytest

from pipeline.formats.documents import read
from schema.document import Document
from schema.records import SetAside
from tests.pipeline.formats.helpers import article, article_set, gz, ids, items, refused, set_aside


def test_a_malformed_record_between_good_ones_costs_only_itself() -> None:
    bad = article("2").replace("</ArticleTitle>", "</ArticleTitel>")
    data = article_set(article("1"), bad, article("3"))
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data, "stripes.xml")
    assert found.file == "stripes.xml"
    assert found.position == f"record 2, byte {data.index(bad)}"
    assert "not well-formed" in found.reason
    assert found.payload == bad
    assert found.complete


def test_positions_count_bytes_of_the_file_whatever_lies_before() -> None:
    good = [article(str(number), abstract="<AbstractText>" + "Ä" * 5_000 + "</AbstractText>") for number in range(1, 400)]
    bad = article("x")
    data = article_set(*good, bad, article("500")).encode()
    assert len(data) > 3 << 20
    (found,) = set_aside(data)
    assert found.position == f"record 400, byte {data.index(bad.encode())}"
    assert len(ids(data)) == 400


def test_a_record_without_its_end_does_not_take_the_next_one_with_it() -> None:
    open_ended = article("2").removesuffix("</PubmedArticle>")
    data = article_set(article("1"), open_ended, article("3"))
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data)
    assert found.payload.strip() == open_ended


def test_a_truncated_file_keeps_what_is_whole() -> None:
    data = article_set(article("1"), article("2"), article("3"))
    cut = data[: data.index("Stripes keep", data.index('<PMID Version="1">3'))]
    assert ids(cut) == ["PMID:1", "PMID:2"]
    (found,) = set_aside(cut)
    assert found.position.startswith("record 3, byte ")
    assert "cut off" in found.reason


def many(count: int) -> str:
    # Texts that do not compress away.
    texts = [zlib.crc32(str(n).encode()) * 7919**9 for n in range(count)]
    return article_set(*(article(str(n + 1), abstract=f"<AbstractText>{text} {n}</AbstractText>") for n, text in enumerate(texts)))


def test_a_truncated_gzip_keeps_what_came_before_and_says_where_it_ends() -> None:
    data = gz(many(3_000))
    found = ids(data[: len(data) // 2])
    assert 1_000 < len(found) < 2_000
    last = set_aside(data[: len(data) // 2])[-1]
    assert last.unit == "file"
    assert "cut off" in last.reason
    assert last.position.startswith("byte ")


def test_a_gzip_that_is_cut_right_after_its_header_is_refused() -> None:
    assert "compressed file is broken" in refused(gz(many(10))[:12]).reason


def test_gzip_with_garbage_inside_is_set_aside_where_it_breaks() -> None:
    data = bytearray(gz(many(3_000)))
    middle = len(data) // 2
    data[middle : middle + 64] = b"\xff" * 64
    found = items(bytes(data))
    assert sum(isinstance(item, Document) for item in found) > 1_000
    assert isinstance(found[-1], SetAside)
    assert "compressed file is broken" in found[-1].reason


def test_garbage_that_begins_like_gzip_is_refused() -> None:
    assert "compressed file is broken" in refused(b"\x1f\x8b" + b"\xfe" * 100).reason


def test_zeros_after_a_gzip_are_padding_and_anything_else_is_not() -> None:
    data = gz(article_set(article("1")))
    assert items(data + b"\x00" * 512) == items(data)
    assert ids(data + b"rest") == ["PMID:1"]
    assert "compressed file is broken" in set_aside(data + b"rest")[0].reason


def test_a_gzip_of_nothing_but_blanks_is_read_in_pieces() -> None:
    tracemalloc.start()
    try:
        found = items(gz(article_set(article("1")) + " " * 60_000_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == 1
    assert peak < 150_000_000  # 120 of them are the test's own text and bytes


def test_an_entity_bomb_in_the_prolog_is_refused_before_it_is_read() -> None:
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
    found = refused(article_set(article(title="&b;"), prolog=bomb))
    assert "entities" in found.reason
    assert found.unit == "file"


def test_an_entity_that_reads_a_file_is_refused() -> None:
    prolog = '<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet [<!ENTITY x SYSTEM "file:///etc/hostname">]>\n'
    assert "entities" in refused(article_set(article(title="&x;"), prolog=prolog)).reason


def test_an_entity_bomb_behind_a_long_remark_expands_nothing() -> None:
    prolog = f'<?xml version="1.0"?>\n<!--{"x" * 100_000}--><!DOCTYPE PubmedArticleSet [<!ENTITY a "ha">]>\n'
    assert ids(article_set(article(title="&a;"), prolog=prolog)) == []


def test_an_undeclared_entity_sets_only_its_record_aside() -> None:
    data = article_set(article("1"), article("2", title="5 &mu;g"), article("3"))
    assert ids(data) == ["PMID:1", "PMID:3"]
    assert "mu" in set_aside(data)[0].reason


def test_an_undecodable_byte_sets_only_its_record_aside() -> None:
    data = article_set(article("1"), article("2", title="Caf@"), article("3")).encode().replace(b"Caf@", b"Caf\xe9")
    assert ids(data) == ["PMID:1", "PMID:3"]
    (found,) = set_aside(data)
    assert found.position.startswith("record 2, ")
    assert "\ufffd" in found.payload


def test_an_abstract_of_50_megabytes_is_passed_over_in_bounded_memory() -> None:
    before, after = article_set(article("1"), article("2", abstract="<AbstractText>@</AbstractText>"), article("3")).encode().split(b"@")

    class Long(io.BytesIO):
        def __init__(self) -> None:
            super().__init__()
            self.parts = [before, *[b"stripe " * 150_000] * 48, after]

        def read(self, size: int | None = -1) -> bytes:
            part, self.parts = (self.parts[0], self.parts[1:]) if self.parts else (b"", [])
            if size is not None and 0 <= size < len(part):
                part, self.parts = part[:size], [part[size:], *self.parts]
            return part

    tracemalloc.start()
    try:
        found = list(read(Long(), "long.xml"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [item.id for item in found if isinstance(item, Document)] == ["PMID:1", "PMID:3"]
    (long,) = [item for item in found if isinstance(item, SetAside)]
    assert "longer than" in long.reason
    assert not long.complete
    assert len(long.payload) <= 1_000_000
    assert peak < 40_000_000


def test_xml_of_another_kind_is_refused_by_the_name_of_its_root() -> None:
    found = refused('<?xml version="1.0"?>\n<!-- PubmedArticleSet -->\n<rss version="2.0"><channel/></rss>', "feed.xml")
    assert "<rss>" in found.reason
    assert found.unit == "file"


def test_an_encoding_that_nobody_knows_is_named() -> None:
    found = refused(article_set(article("1"), prolog='<?xml version="1.0" encoding="zebra-1"?>\n'))
    assert "'zebra-1'" in found.reason


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf", gz("")])
def test_an_empty_file_is_named_as_such(data: bytes) -> None:
    assert refused(data, "nothing.xml").reason == "the file is empty"


@pytest.mark.parametrize("data", [b"%PDF-1.7\n...", b"hello, world\n", b"PMID- 123\nOWN - NLM\n", b"\x00\x01\x02\x03" * 100])
def test_a_file_of_no_known_kind_is_refused_with_its_beginning(data: bytes) -> None:
    found = refused(data)
    assert "the file begins with" in found.reason
    assert found.unit == "file"


def test_a_record_with_neither_title_nor_text_is_set_aside() -> None:
    assert "neither title nor text" in refused(article_set(article(title="", abstract=""))).reason


def test_the_same_thing_set_aside_twice_is_one() -> None:
    data = article_set(article("x"))
    assert set_aside(data)[0].id == set_aside(data)[0].id
