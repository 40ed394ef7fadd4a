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

# Prefix as written, lower case, without blanks, dashes and underscores: the prefix we write, and the form of what follows it.
_PREFIXES = {
    "mesh": ("MESH", re.compile(r"[A-Za-z][0-9]+")),
    "msh": ("MESH", re.compile(r"[A-Za-z][0-9]+")),
    "ncbigene": ("NCBIGene", re.compile(r"[0-9]+")),
    "ncbigeneid": ("NCBIGene", re.compile(r"[0-9]+")),
    "geneid": ("NCBIGene", re.compile(r"[0-9]+")),
    "entrezgene": ("NCBIGene", re.compile(r"[0-9]+")),
    "entrez": ("NCBIGene", re.compile(r"[0-9]+")),
    "egid": ("NCBIGene", re.compile(r"[0-9]+")),
    "omim": ("OMIM", re.compile(r"[0-9]+")),
    "mim": ("OMIM", re.compile(r"[0-9]+")),
    "ncbitaxon": ("NCBITaxon", re.compile(r"[0-9]+")),
    "ncbitaxonomy": ("NCBITaxon", re.compile(r"[0-9]+")),
    "taxonomy": ("NCBITaxon", re.compile(r"[0-9]+")),
    "taxid": ("NCBITaxon", re.compile(r"[0-9]+")),
    "dbsnp": ("dbSNP", re.compile(r"(?:rs)?[0-9]+", re.IGNORECASE)),
    "rs#": ("dbSNP", re.compile(r"(?:rs)?[0-9]+", re.IGNORECASE)),
    "cvcl": ("CVCL", re.compile(r"\w+")),
    "cellosaurus": ("CVCL", re.compile(r"\w+")),
    "chebi": ("CHEBI", re.compile(r"[0-9]+")),
    "hgnc": ("HGNC", re.compile(r"[0-9]+")),
    "doid": ("DOID", re.compile(r"[0-9]+")),
}
_MISSING = {"", "-", "n/a", "none", "null", "nan", "<na>"}
_NOTHING = _MISSING | {"-1"}  # not `NA`, which can be somebody's key
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BARE_MESH = re.compile(r"[CD][0-9]{6,}", re.IGNORECASE)
_RS = re.compile(r"rs[0-9]+", re.IGNORECASE)
_CVCL = re.compile(r"CVCL[_:](\w+)", re.IGNORECASE)
_OMIM = re.compile(r"O?MIM[ #]*([0-9]{6})", re.IGNORECASE)
_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
_SEPARATORS = re.compile(r"[\s_-]+")
# One variant as tmVar and PubTator3 write it: several statements about it, in any order.
_VARIANT = re.compile(r"(?:^|;)(?:tmVar|HGVS|VariantGroup|(?:Corresponding|Original)(?:Gene|Species)):")
_VARIANT_RS = re.compile(r"(?:^|;)RS#:(?:rs)?([0-9]+)(?=;|$)", re.IGNORECASE)
# What a part of a composite can look like where its form is not known: no brackets, blanks, arrows.
_PLAIN = re.compile(r"[\w.:#+*/-]+")


def is_missing(text: str) -> bool:
    """Whether a cell says that it has no value."""
    return text.strip().lower() in _MISSING | {"na"}


def whole_number(text: str) -> str | None:
    """The digits of a whole number, without zeros before them, also of one written as a fraction (`1999.0`); None where it is none."""
    found = _WHOLE.fullmatch(text)
    # Not by way of int, which refuses thousands of digits.
    return (found[1].lstrip("0") or "0") if found else None


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
    return _bare(text, entity_type(kind)) or _prefixed(text) or _variant(text) or text


def curies(identifier: str | Iterable[str] | None, kind: str) -> tuple[str, ...]:
    """The CURIEs of all that a composite identifier names, each once, in the order given.

    `;`, `|` and `,` part identifiers where each part is one by its own form; `;` parts unknown forms too, unless a part has
    brackets or blanks: a chemical's name or a variant's description keeps its commas and semicolons.
    """
    if identifier is None:
        return ()
    texts = [identifier] if isinstance(identifier, str) else [str(each) for each in identifier]
    found = [key for text in texts for part in _parts(text.strip(), entity_type(kind)) if (key := curie(part, kind)) is not None]
    return tuple(dict.fromkeys(found))


def document_id(text: str) -> DocumentId:
    """The CURIE of a document; a bare number is a PMID. Raises InvalidInput for an empty or missing one."""
    plain = text.strip()
    prefix, colon, rest = plain.rpartition(":")
    if is_missing(rest) or _CONTROL.search(plain) or _SURROGATE.search(plain):
        raise InvalidInput(f"the document id {text!r} is empty, says that there is none, or holds a control character")
    if (not colon or prefix.lower() in {"pmid", "pubmed"}) and (number := whole_number(rest.strip())) is not None:
        return DocumentId(f"PMID:{number}")
    return DocumentId(plain)


def _bare(text: str, kind: str) -> str | None:
    if _BARE_MESH.fullmatch(text):
        return f"MESH:{text.upper()}"
    if _RS.fullmatch(text):
        return f"dbSNP:{text.lower()}"
    if cell := _CVCL.fullmatch(text):
        return f"CVCL:{cell[1].upper()}"
    if kind in {"Gene", "Species"} and (number := whole_number(text)) is not None:
        return f"{'NCBIGene' if kind == 'Gene' else 'NCBITaxon'}:{number}"
    if omim := _OMIM.fullmatch(text):
        return f"OMIM:{omim[1]}"
    return None


def _prefixed(text: str) -> str | None:
    prefix, colon, rest = text.partition(":")
    known = _PREFIXES.get(_SEPARATORS.sub("", prefix.lower())) if colon else None
    if known is None:
        return None
    name, form = known
    rest = rest.strip()
    # Some write the prefix twice, CHEBI:CHEBI:15365, cellosaurus:CVCL_0030.
    if rest.lower().startswith((f"{name.lower()}:", f"{name.lower()}_")):
        rest = rest[len(name) + 1 :]
    if not form.fullmatch(rest):
        return None
    if name == "dbSNP":
        return f"dbSNP:rs{rest.lower().removeprefix('rs')}"
    if name in {"NCBIGene", "NCBITaxon"}:
        return f"{name}:{whole_number(rest)}"
    return f"{name}:{rest.upper()}"


def _variant(text: str) -> str | None:
    """The dbSNP number within what tmVar says of a variant; without one the text stays as it is."""
    known = _VARIANT_RS.search(text) if _VARIANT.search(text) else None
    return f"dbSNP:rs{known[1]}" if known else None


def _parts(text: str, kind: str) -> list[str]:
    if _VARIANT.search(text):
        return [text]
    for pattern in (r"[;|,]", r"[;|]", r";", r","):
        parts = [part.strip() for part in re.split(pattern, text)]
        if len(parts) > 1 and all(_is_identifier(part, kind) for part in parts):
            return parts
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return [piece for part in parts for piece in _by_comma(part, kind)] if all(_PLAIN.fullmatch(part) for part in parts) else [text]


def _by_comma(text: str, kind: str) -> list[str]:
    pieces = [piece.strip() for piece in text.split(",")]
    return pieces if len(pieces) > 1 and all(_is_identifier(piece, kind) for piece in pieces) else [text]


def _is_identifier(text: str, kind: str) -> bool:
    return text.lower() in _NOTHING or _bare(text, kind) is not None or _prefixed(text) is not None
