"""Which reader a vocabulary file needs, by what it holds."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.hgnc import is_hgnc, read_hgnc
from pipeline.vocabulary_files.mesh import is_mesh_table, read_mesh_table, read_mesh_xml
from pipeline.vocabulary_files.obo import read_obo
from pipeline.vocabulary_files.term_rows import Rows, TermOptions
from pipeline.vocabulary_files.term_tables import is_term_table, read_json_lines, read_table, read_term_parquet
from schema.errors import UnreadableRecord


@dataclass(frozen=True, slots=True)
class VocabularyFormat:
    """How a file is written. Those that need headings are read after all others: their types are those of loaded descriptors."""

    name: str
    read: Callable[[OpenedFile, str, TermOptions], Rows]
    needs_headings: bool = False


def vocabulary_format(opened: OpenedFile, file: str) -> VocabularyFormat:
    """The form that a file's content is in; raises UnreadableRecord where it is none that is known."""
    if not opened.head and opened.broken is not None:
        raise UnreadableRecord(f"{file} is broken: {opened.broken.reason}")
    if opened.head.startswith(b"PAR1"):
        return VocabularyFormat("Parquet", read_term_parquet)
    text = opened.head.decode("utf-8", "replace").lstrip("\r\n")
    if text.startswith("<"):
        return _xml(text, file)
    first = text.split("\n", 1)[0].rstrip("\r")
    if text.startswith("{"):
        return VocabularyFormat("JSON lines", read_json_lines)
    if text.startswith("format-version:") or "\n[Term]" in text:
        return VocabularyFormat("OBO", read_obo)
    if is_hgnc(first):
        return VocabularyFormat("HGNC", read_hgnc)
    if is_mesh_table(first):
        return VocabularyFormat("MeSH labels", read_mesh_table, needs_headings=first.startswith("C"))
    if is_term_table(first):
        return VocabularyFormat("table", read_table)
    raise UnreadableRecord(
        f"{file} is no vocabulary: neither OBO, MeSH (XML or labels) nor HGNC, nor a table or JSON lines with the columns key and name"
    )


def _xml(text: str, file: str) -> VocabularyFormat:
    if "<DescriptorRecord" in text:
        return VocabularyFormat("MeSH descriptors", read_mesh_xml)
    if "<SupplementalRecord" in text:
        return VocabularyFormat("MeSH supplements", read_mesh_xml, needs_headings=True)
    raise UnreadableRecord(f"{file} is XML, but holds neither MeSH descriptors nor supplementary records")
