"""Files as they come: packed in any way, in any of the encodings that a mark tells, whole or not."""

import gzip
import io
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files import opened_file
from pipeline.files.opened_file import HEAD, OpenedFile

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Pack = Callable[[bytes], bytes]
PACKED: dict[str, Pack] = {
    "plain": bytes,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": zstd.compress,
    "two members of gzip": lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:]),
    "two frames of zstd": lambda data: zstd.compress(data[:7]) + zstd.compress(data[7:]),
    "a frame to skip, then zstd": lambda data: b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstd.compress(data),
}
LONG = b"".join(str(n * 7919**9).encode() for n in range(40_000))
assert len(LONG) > 4 * HEAD


@given(st.binary(max_size=60) | st.just(LONG), st.sampled_from(sorted(PACKED)), st.integers(1, 3_000_000))
def test_the_content_is_the_same_however_it_is_packed_and_read(data: bytes, how: str, size: int) -> None:
    data = b"#" + data  # so that it is not taken for something packed or marked
    found = OpenedFile(io.BytesIO(PACKED[how](data)))
    assert found.head == data[:HEAD]
    assert b"".join(iter(lambda: found.read(size), b"")) == data
    assert found.broken is None
    assert OpenedFile(io.BytesIO(PACKED[how](data))).sought().read() == data


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_what_comes_before_a_break_is_read_and_the_break_is_told_afterwards(how: str) -> None:
    packed = PACKED[how](LONG)
    found = OpenedFile(io.BytesIO(packed[: len(packed) // 2]))
    assert found.broken is None
    read = found.read()
    assert read == LONG[: len(read)]
    assert len(read) > len(LONG) // 4
    assert found.broken == (f"byte {len(read)} (decompressed)", "the compressed file is broken: it is cut off")


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_garbage_within_or_after_what_is_packed_is_a_break_and_zeros_after_it_are_none(how: str) -> None:
    packed = PACKED[how](b"text")
    for data, expected in ((packed[:4] + b"\xff" * 60, b""), (packed + b"rest", b"text")):
        found = OpenedFile(io.BytesIO(data))
        assert found.read() == expected
        assert found.broken is not None
    padded = OpenedFile(io.BytesIO(packed + bytes(600)))
    assert (padded.read(), padded.broken) == (b"text", None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_mark_tells_the_encoding_and_is_left_out(encoding: str) -> None:
    text = "Zèbre 斑馬 🦓\n" * 30_000
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    for pack in PACKED.values():
        found = OpenedFile(io.BytesIO(pack(mark + text.encode(encoding))))
        assert found.has_mark
        assert found.read() == text.encode()
        assert found.broken is None


def test_utf_16_that_is_cut_off_or_no_text_is_not_passed_off_as_text() -> None:
    cut = OpenedFile(io.BytesIO("ab".encode("utf-16")[:-1]))
    assert (cut.read(), cut.broken) == (b"a", ("its end", "the file is broken: its last character is cut off"))
    with pytest.raises(UnicodeDecodeError):
        OpenedFile(io.BytesIO(b"\xff\xfe\x00\xd8a\x00")).read().decode("utf-8")


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_file_that_unpacks_to_any_number_of_bytes_is_unpacked_a_piece_at_a_time(how: str) -> None:
    found = OpenedFile(io.BytesIO(PACKED[how](bytes(300_000_000))))
    assert found._unpacked is not None
    assert found._unpacked.given <= 2 * HEAD + opened_file._PIECE
