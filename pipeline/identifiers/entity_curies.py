"""Identifiers of things as CURIEs: their many spellings, composites, and what says that there is none."""

import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.identifiers.entity_types import entity_type
from pipeline.identifiers.tmvar import is_tmvar, variant_key
from pipeline.identifiers.written_forms import cleaned, in_another_script, storable, whole_number
from schema.entity_names import is_provisional
from schema.errors import InvalidInput

_DIGITS = re.compile(r"[0-9]+")
_TAXON = re.compile(r"(?:txid)?[0-9]+", re.IGNORECASE)
_CUI = re.compile(r"C[0-9]{7}", re.IGNORECASE)

# Prefix as written, lower case, without blanks, dashes and underscores: the prefix we write, and the form of what follows it.
_FORMS = {
    "MESH": (re.compile(r"[A-Za-z][0-9]+"), "mesh msh meshid meshui meshcui"),
    "NCBIGene": (_DIGITS, "ncbigene ncbigeneid ncbigeneidentifier geneid gene entrezgene entrezgeneid entrez entrezid egid"),
    "OMIM": (_DIGITS, "omim mim omimid"),
    "NCBITaxon": (_TAXON, "ncbitaxon ncbitaxonomy ncbitaxid ncbitaxonid taxonomy taxonomyid taxid taxon taxonid txid species"),
    "dbSNP": (re.compile(r"(?:rs)?[0-9]+", re.IGNORECASE), "dbsnp rs# rsid snp"),
    "CVCL": (re.compile(r"[A-Za-z0-9_]+"), "cvcl cellosaurus"),
    "CHEBI": (_DIGITS, "chebi chebiid"),
    "HGNC": (_DIGITS, "hgnc hgncid"),
    "DOID": (_DIGITS, "doid"),
    "UMLS": (_CUI, "umls umlscui umlsid cui"),
    "HP": (_DIGITS, "hp hpo"),
    "MONDO": (_DIGITS, "mondo"),
    "GO": (_DIGITS, "go"),
    "UBERON": (_DIGITS, "uberon"),
    "CL": (_DIGITS, "cl"),
    "EFO": (_DIGITS, "efo"),
}
_PREFIXES = {written: (name, form) for name, (form, spellings) in _FORMS.items() for written in spellings.split()}
# NCBI numbers genes and species; which of them a bare `NCBI:` means says the type, or `txid`.
_NCBI = {"Gene": "NCBIGene", "Species": "NCBITaxon"}
# Words of annotators and programs for "not linked", without blanks, dashes and underscores.
_WORDS = frozenset(
    (
        *("na", "n/a", "#n/a", "<na>", "none", "null", "nan", "nil", "?", "."),
        *("cuiless", "conceptless", "idless", "nocui", "noid", "nocode", "nomatch", "noconcept", "notfound"),
        *("unknown", "undefined", "unspecified", "unassigned", "unlinked", "notlinked", "unmapped", "notmapped"),
        *("unnormalized", "unnormalised", "notnormalized", "notnormalised"),
    )
)
_NUMBERED_NIL = re.compile(r"nil[0-9]*")
_NO_NUMBER = re.compile(r"-[0-9]+(?:\.[0-9]*)?|0+(?:\.0*)?")
_BARE_MESH = re.compile(r"[CD][0-9]{6,}", re.IGNORECASE)
_RS = re.compile(r"rs[0-9]+", re.IGNORECASE)
_CVCL = re.compile(r"CVCL[_:]([A-Za-z0-9_]+)", re.IGNORECASE)
_OMIM = re.compile(r"O?MIM[ #]*([0-9]{6})", re.IGNORECASE)
_TXID = re.compile(r"txid([0-9]+)", re.IGNORECASE)
_OBO = re.compile(r"(?:https?://\S+/)?(CHEBI|DOID|HP|MONDO|GO|UBERON|CL|EFO|NCBITaxon|MESH|HGNC|OMIM|UMLS)_(\w+)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s_-]+")
_SPECIES_BEHIND = re.compile(r"\s*\(\s*tax(?:id|on|onomy)?\s*:\s*[0-9]+\s*\)\s*$", re.IGNORECASE)
# What a part of a composite can look like where its form is not known: no brackets, blanks, arrows.
_PLAIN = re.compile(r"[\w.:#+*/-]+")


@lru_cache(maxsize=1 << 16)
def curie(identifier: str, kind: str) -> str | None:
    """The CURIE of one thing, None where the text says that nothing is identified (`CUI-less`, `MESH:-`, gene 0); an unknown form is kept.

    A variant is its dbSNP number, else its change and gene. Raises InvalidInput for control characters, halves of surrogate pairs and
    mixed scripts.
    """
    if is_provisional(identifier):
        return storable(identifier.strip(), "identifier")
    text = cleaned(identifier, "identifier")
    if variant := variant_key(text):
        return variant
    if _says_nothing(text):
        return None
    text, kind = _SPECIES_BEHIND.sub("", text), entity_type(kind)
    return _bare(text, kind) or _prefixed(text, kind) or text


def curies(identifier: str | Iterable[str] | None, kind: str) -> tuple[str, ...]:
    """The CURIEs of all that a composite identifier names, each once, in the order given.

    `;`, `|`, `,` and `+` part identifiers where each part is one by its own form; `;` parts unknown forms too, unless a part has
    brackets or blanks: a chemical's name or a variant's description keeps its commas and semicolons.
    """
    if identifier is None:
        return ()
    texts = [identifier] if isinstance(identifier, str) else [str(each) for each in identifier]
    return tuple(dict.fromkeys(key for text in texts for key in _keys(text.strip(), entity_type(kind))))


@lru_cache(maxsize=1 << 16)
def _keys(text: str, kind: str) -> tuple[str, ...]:
    return tuple(key for part in _parts(text, kind) if (key := curie(part, kind)) is not None)


def is_identifier(text: str, kind: str) -> bool:
    """Whether a text is an identifier, or says that there is none, by its own form."""
    text = _SPECIES_BEHIND.sub("", text.strip())
    return not text or _says_nothing(text) or _bare(text, kind) is not None or _prefixed(text, kind) is not None


def _says_nothing(text: str) -> bool:
    """Whether an identifier says that nothing is identified: by a word or no number, also behind a prefix."""
    if _is_no_number(text) or _is_word(text):
        return True
    prefix, colon, rest = text.partition(":")
    if not colon:
        return False
    known = _SEPARATORS.sub("", prefix.lower()) in _PREFIXES or prefix.lower() == "ncbi"
    # A prefix that nobody here knows may well number from 0 on.
    return _is_word(rest) or rest.strip() == "-1" or (known and (_is_no_number(rest) or (":" in rest and _says_nothing(rest))))


def _is_word(text: str) -> bool:
    word = _SEPARATORS.sub("", text.strip(" ()[]*\u2010\u2011\u2012\u2013\u2014\u2212").lower())
    return (not word and not _DIGITS.search(text)) or word in _WORDS or _NUMBERED_NIL.fullmatch(word) is not None


def _is_no_number(text: str) -> bool:
    return _NO_NUMBER.fullmatch(text.strip()) is not None


def _bare(text: str, kind: str) -> str | None:
    if _CUI.fullmatch(text):
        return f"UMLS:{text.upper()}"
    if _BARE_MESH.fullmatch(text):
        return f"MESH:{text.upper()}"
    if _RS.fullmatch(text):
        return f"dbSNP:{text.lower()}"
    if cell := _CVCL.fullmatch(text):
        return f"CVCL:{cell[1].upper()}"
    if kind in _NCBI and (number := whole_number(text)) is not None:
        return f"{_NCBI[kind]}:{number}"
    if taxon := _TXID.fullmatch(text):
        return f"NCBITaxon:{whole_number(taxon[1])}"
    if omim := _OMIM.fullmatch(text):
        return f"OMIM:{omim[1]}"
    return None


def _prefixed(text: str, kind: str) -> str | None:
    prefix, colon, rest = text.partition(":")
    if obo := _OBO.fullmatch(text):
        prefix, colon, rest = obo[1], ":", obo[2]
    rest = rest.strip()
    plain = _SEPARATORS.sub("", prefix.lower())
    if plain == "ncbi":
        plain = "taxid" if _TXID.fullmatch(rest) else _NCBI.get(kind, "").lower()
    known = _PREFIXES.get(plain) if colon else None
    if known is None:
        return None
    name, form = known
    # Some write the prefix twice, CHEBI:CHEBI:15365, cellosaurus:CVCL_0030; some mark what is not exact by a star.
    if rest.lower().startswith((f"{name.lower()}:", f"{name.lower()}_")):
        rest = rest[len(name) + 1 :].strip()
    rest = rest.rstrip("*")
    if not form.fullmatch(rest):
        if in_another_script(rest):
            raise InvalidInput(f"the identifier {text!r} is none of {name}: {rest!r} holds letters of another script")
        return None
    if name == "dbSNP":
        return f"dbSNP:rs{rest.lower().removeprefix('rs')}"
    if name in {"NCBIGene", "NCBITaxon"}:
        return f"{name}:{whole_number(rest.lower().removeprefix('txid'))}"
    return f"{name}:{rest.upper()}"


def _parts(text: str, kind: str) -> list[str]:
    if is_tmvar(text):
        return [text]
    for pattern in (r"[;|,]", r"[;|,+]", r"[;|]", r";", r",", r"\+"):
        parts = [part.strip() for part in re.split(pattern, text)]
        if len(parts) > 1 and all(is_identifier(part, kind) for part in parts):
            return parts
    parts = [part.strip() for part in text.split(";") if part.strip()]
    return [piece for part in parts for piece in _by_comma(part, kind)] if all(_PLAIN.fullmatch(part) for part in parts) else [text]


def _by_comma(text: str, kind: str) -> list[str]:
    pieces = [piece.strip() for piece in text.split(",")]
    return pieces if len(pieces) > 1 and all(is_identifier(piece, kind) for piece in pieces) else [text]
