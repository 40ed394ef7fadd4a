"""Files of lines in blocks: every line once, with its number, whatever the size of the blocks."""

import gzip
import io

from hypothesis import given
from hypothesis import strategies as st

from pipeline.files import line_blocks
from pipeline.files.items import RECORD_LIMIT
from pipeline.files.line_blocks import blocks, numbered
from pipeline.files.opened_file import OpenedFile


@given(st.text(alphabet="ab\r\n \té", max_size=60), st.integers(1, 9))
def test_every_line_that_says_something_comes_once_with_its_number(text: str, size: int) -> None:
    found = [row for number, block in blocks(OpenedFile(io.BytesIO(text.encode())), size) for row in numbered(number, block).iter_rows()]
    expected = [(n, line.strip("\r"), False) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    assert found == expected


def test_bytes_that_are_no_text_are_marked_in_their_line_only() -> None:
    assert numbered(7, b"good\n\xffbad\n\ngood\xc3\xa9\n").rows() == [(7, "good", False), (8, "\ufffdbad", True), (10, "goodé", False)]


def test_a_line_longer_than_any_is_cut_and_marked_so_that_nothing_takes_it_for_whole() -> None:
    stream = OpenedFile(io.BytesIO(b"x" * (RECORD_LIMIT + line_blocks.BLOCK * 2) + b"\nshort\n"))
    text = b"".join(block for _, block in blocks(stream))
    long, short, rest = text.split(b"\n")
    assert (b"\x00" in long, short, rest) == (True, b"short", b"")
    assert len(long) <= RECORD_LIMIT + line_blocks.BLOCK + 1


def test_the_line_in_which_a_broken_stream_ends_is_left_out() -> None:
    packed = gzip.compress(b"one\ntw", 0)
    whole, broken = ([block for _, block in blocks(OpenedFile(io.BytesIO(data)))] for data in (packed, packed[:-1]))
    assert (whole, broken) == ([b"one\n", b"tw"], [b"one\n"])
