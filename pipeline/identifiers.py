"""Identifiers as CURIEs: one spelling for each thing, whatever its source writes."""

import re
from collections.abc import Iterable
from functools import lru_cache

from schema.errors import InvalidInput
from schema.ids import DocumentId

_TYPES = {
    "chemicalentity": "Chemical",
    "drug": "Chemical",
    "diseaseorphenotypicfeature": "Disease",
    "diseaseorphenotype": "Disease",
    "geneorgeneproduct": "Gene",
    "geneproduct": "Gene",
    "protein": "Gene",
    "sequencevariant": "Variant",
    "mutation": "Variant",
    "dnamutation": "Variant",
    "proteinmutation": "Variant",
    "dnaacidchange": "Variant",
    "proteinacidchange": "Variant",
    "dnaallele": "Variant",
    "proteinallele": "Variant",
    "acidchange": "Variant",
    "snp": "Variant",
    "organismtaxon": "Species",
    "organism": "Species",
    "taxon": "Species",
    "cell_line": "CellLine",
    "cell line": "CellLine",
}
_OWN = {name.lower(): name for name in ("Chemical", "Disease", "Gene", "Variant", "Species", "CellLine")}

# Lower-case prefix as written: the prefix we write, and the form of what follows it (None: anything).
_PREFIXES = {
    "mesh": ("MESH", re.compile(r"[A-Za-z]\d+")),
    "msh": ("MESH", re.compile(r"[A-Za-z]\d+")),
    "ncbigene": ("NCBIGene", re.compile(r"\d+")),
    "ncbi gene": ("NCBIGene", re.compile(r"\d+")),
    "entrezgene": ("NCBIGene", re.compile(r"\d+")),
    "entrez": ("NCBIGene", re.compile(r"\d+")),
    "egid": ("NCBIGene", re.compile(r"\d+")),
    "omim": ("OMIM", re.compile(r"\d+")),
    "mim": ("OMIM", re.compile(r"\d+")),
    "ncbitaxon": ("NCBITaxon", re.compile(r"\d+")),
    "taxonomy": ("NCBITaxon", re.compile(r"\d+")),
    "taxid": ("NCBITaxon", re.compile(r"\d+")),
    "dbsnp": ("dbSNP", re.compile(r"(?:rs)?\d+", re.IGNORECASE)),
    "rs#": ("dbSNP", re.compile(r"(?:rs)?\d+", re.IGNORECASE)),
    "cvcl": ("CVCL", re.compile(r"\w+")),
    "cellosaurus": ("CVCL", re.compile(r"\w+")),
    "chebi": ("CHEBI", re.compile(r"\d+")),
    "hgnc": ("HGNC", re.compile(r"\d+")),
    "doid": ("DOID", re.compile(r"\d+")),
}
_NOTHING = {"", "-", "none", "null", "nan", "-1"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BARE_MESH = re.compile(r"[CD]\d{6,}", re.IGNORECASE)
_RS = re.compile(r"rs\d+", re.IGNORECASE)
_CVCL = re.compile(r"CVCL[_:](\w+)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


def entity_type(name: str) -> str:
    """Our name of an entity type, for the names that BioRED, PubTator and PubTator3 give; another stays as it is."""
    plain = name.strip()
    return _OWN.get(plain.lower()) or _TYPES.get(plain.lower(), plain)


@lru_cache(maxsize=1 << 16)
def curie(identifier: str, kind: str) -> str | None:
    """The CURIE of one thing, None where the text stands for nothing; an unknown form is kept as it is.

    Raises InvalidInput for control characters and halves of surrogate pairs, which no store keeps faithfully.
    """
    text = identifier.strip()
    if text.lower() in _NOTHING:
        return None
    if _CONTROL.search(text) or _SURROGATE.search(text):
        raise InvalidInput(f"the identifier {text!r} holds a control character or half of a surrogate pair")
    return _bare(text, kind) or _prefixed(text) or text


def curies(identifier: str | Iterable[str] | None, kind: str) -> tuple[str, ...]:
    """The CURIEs of all that a composite identifier names, each once, in the order given.

    `;` and `|` part identifiers, and so does `,` where each part is an identifier by its own form: a chemical's name or a
    variant's description keeps its commas.
    """
    if identifier is None:
        return ()
    texts = [identifier] if isinstance(identifier, str) else [str(each) for each in identifier]
    found = [key for text in texts for part in _parts(text, kind) if (key := curie(part, kind)) is not None]
    return tuple(dict.fromkeys(found))


def document_id(text: str) -> DocumentId:
    """The CURIE of a document; bare digits are a PMID. Raises InvalidInput for an empty one."""
    plain = text.strip()
    if not plain or _CONTROL.search(plain) or _SURROGATE.search(plain):
        raise InvalidInput(f"the document id {text!r} is empty or holds a control character")
    if _DIGITS.fullmatch(plain):
        return DocumentId(f"PMID:{int(plain)}")
    prefix, colon, rest = plain.partition(":")
    if colon and prefix.lower() in {"pmid", "pubmed"} and _DIGITS.fullmatch(rest.strip()):
        return DocumentId(f"PMID:{int(rest)}")
    return DocumentId(plain)


def _bare(text: str, kind: str) -> str | None:
    if _BARE_MESH.fullmatch(text):
        return f"MESH:{text.upper()}"
    if _RS.fullmatch(text):
        return f"dbSNP:{text.lower()}"
    if cell := _CVCL.fullmatch(text):
        return f"CVCL:{cell[1].upper()}"
    if _DIGITS.fullmatch(text) and kind in {"Gene", "Species"}:
        return f"{'NCBIGene' if kind == 'Gene' else 'NCBITaxon'}:{int(text)}"
    return None


def _prefixed(text: str) -> str | None:
    prefix, colon, rest = text.partition(":")
    known = _PREFIXES.get(prefix.strip().lower()) if colon else None
    if known is None:
        return None
    name, form = known
    rest = rest.strip()
    # Some write the prefix twice, CHEBI:CHEBI:15365.
    if rest.lower().startswith(f"{name.lower()}:"):
        rest = rest[len(name) + 1 :]
    if not form.fullmatch(rest):
        return None
    if name == "dbSNP":
        return f"dbSNP:rs{rest.lower().removeprefix('rs')}"
    return f"{name}:{rest.upper()}"


def _parts(text: str, kind: str) -> list[str]:
    parts = [part for part in re.split(r"[;|]", text) if part.strip()]
    if any("(" in part or ">" in part for part in parts) or _looks_like_a_name(parts):
        parts = [text]
    return [piece for part in parts for piece in (_by_comma(part, kind))]


def _by_comma(text: str, kind: str) -> list[str]:
    pieces = [piece.strip() for piece in text.split(",")]
    return pieces if len(pieces) > 1 and all(_is_identifier(piece, kind) for piece in pieces) else [text]


def _is_identifier(text: str, kind: str) -> bool:
    return text.lower() in _NOTHING or _bare(text, kind) is not None or _prefixed(text) is not None


def _looks_like_a_name(parts: list[str]) -> bool:
    # tmVar writes one variant as p|SUB|V|600|E;HGVS:p.V600E;…: its bars and semicolons do not part several.
    return bool(parts) and parts[0].strip().lower() in {"p", "c", "g", "m", "n", "r", "tmvar:p", "tmvar:c", "tmvar:g"}
