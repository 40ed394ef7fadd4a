"""Which reader a vocabulary file needs, by what it holds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from pipeline.vocabulary_files.hgnc import is_hgnc, read_hgnc
from pipeline.vocabulary_files.mesh_tables import is_mesh_table, read_mesh_table
from pipeline.vocabulary_files.mesh_xml import read_mesh_xml
from pipeline.vocabulary_files.obo import read_obo
from pipeline.vocabulary_files.term_rows import Rows, Wanted
from pipeline.vocabulary_files.term_tables import is_table, read_json_lines, read_parquet, read_table
from schema.errors import UnreadableRecord

Reader = Callable[[IO[bytes], str, Wanted], Rows]


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written. Those that need headings are read after all others: their types are those of loaded descriptors."""

    name: str
    read: Reader
    needs_headings: bool = False


def form_of(head: bytes, file: str) -> Form:
    """The form of a file that begins so (decompressed); raises UnreadableRecord where it is none that is known."""
    if head.startswith(b"PAR1"):
        return Form("Parquet", read_parquet)
    text = head.decode("utf-8", "replace").removeprefix("\ufeff").lstrip("\r\n")
    if text.startswith("<"):
        return _xml(text, file)
    first = text.split("\n", 1)[0].rstrip("\r")
    if text.startswith("{"):
        return Form("JSON lines", read_json_lines)
    if text.startswith("format-version:") or "\n[Term]" in text:
        return Form("OBO", read_obo)
    if is_hgnc(first):
        return Form("HGNC", read_hgnc)
    if is_mesh_table(first):
        return Form("MeSH labels", read_mesh_table, needs_headings=first.startswith("C"))
    if is_table(first):
        return Form("table", read_table)
    raise UnreadableRecord(
        f"{file} is no vocabulary: neither OBO, MeSH (XML or labels) nor HGNC, nor a table or JSON lines with the columns key and name"
    )


def _xml(text: str, file: str) -> Form:
    if "<DescriptorRecord" in text:
        return Form("MeSH descriptors", read_mesh_xml)
    if "<SupplementalRecord" in text:
        return Form("MeSH supplements", read_mesh_xml, needs_headings=True)
    raise UnreadableRecord(f"{file} is XML, but holds neither MeSH descriptors nor supplementary records")
