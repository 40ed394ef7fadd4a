"""Ontologies in OBO: terms with their names, exact and related synonyms; obsolete ones are passed over."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.files.opened_file import OpenedFile
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Row, Rows, TermOptions, term, text_lines

# Types of the biomedical ontology by the prefix of the ontology's own identifiers; others need --type.
_TYPES = {
    "DOID": "Disease", "MONDO": "Disease", "HP": "Disease", "ORPHANET": "Disease", "CHEBI": "Chemical", "NCBITAXON": "Species",
    "CVCL": "CellLine", "CLO": "CellLine",
}  # fmt: skip
# Not OMIM: what an ontology of diseases refers to there is often a gene, or one form of many.
_XREF = re.compile(r"(?:MSH|MESH):([DC]\d{6,9})\b", re.IGNORECASE)
_SYNONYM = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')
_ESCAPE = re.compile(r"\\(.)")
_SCOPES = {"EXACT", "RELATED", ""}


@dataclass
class _Stanza:
    """A [Term] as it is written."""

    place: str
    identifier: str = ""
    name: str = ""
    obsolete: bool = False
    synonyms: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # the same thing in MeSH


def read_obo(stream: OpenedFile, file: str, wanted: TermOptions) -> Rows:
    """A term for each stanza.

    One that refers to a single MeSH identifier, to which no other stanza refers, is given under that key, so that it is the same
    entity whichever vocabulary its name is in. Only stanzas that refer to MeSH wait for the end of the file.
    """
    waiting: list[_Stanza] = []
    named: Counter[str] = Counter()
    for item in _stanzas(stream, file):
        if isinstance(item, BadRow):
            yield item
        elif item.obsolete:
            yield Passed("obsolete terms")
        elif item.others:
            waiting.append(item)
            named.update(item.others)
        else:
            yield _term(item, item.identifier, file, wanted)
    for item in waiting:
        yield _term(item, _key(item, named), file, wanted)


def _key(stanza: _Stanza, named: Counter[str]) -> str:
    own = stanza.others
    return own[0] if len(own) == 1 and named[own[0]] == 1 else stanza.identifier


def _term(stanza: _Stanza, key: str, file: str, wanted: TermOptions) -> Row:
    prefix = stanza.identifier.partition(":")[0].upper()
    kind = wanted.type or _TYPES.get(prefix, "")
    return term(wanted.key(key), kind, stanza.name, stanza.synonyms, wanted, file, stanza.place)


def _stanzas(stream: OpenedFile, file: str) -> Iterator[_Stanza | BadRow]:
    stanza: _Stanza | None = None
    for number, line in text_lines(stream, file):
        if line is None:
            yield BadRow(file, f"line {number}", "the line is not UTF-8, or far too long")
        elif line.startswith("["):
            if stanza is not None:
                yield stanza
            stanza = _Stanza(f"line {number}") if line.strip() == "[Term]" else None
        elif stanza is not None:
            tag, _, value = line.partition(":")
            _take(stanza, tag.strip(), value.strip())
    if stanza is not None:
        yield stanza


def _take(stanza: _Stanza, tag: str, value: str) -> None:
    if tag == "id":
        stanza.identifier = value.partition(" ! ")[0].strip()
    elif tag == "name":
        stanza.name = _ESCAPE.sub(r"\1", value)
    elif tag == "is_obsolete":
        stanza.obsolete = value.lower().startswith("true")
    elif tag == "synonym" and (found := _SYNONYM.match(value)) is not None and found[2] in _SCOPES:
        stanza.synonyms.append(_ESCAPE.sub(r"\1", found[1]))
    elif tag == "xref" and (found := _XREF.match(value)) is not None:
        stanza.others.append(f"MESH:{found[1].upper()}")
