"""Our keys as other models of knowledge write them: Biolink's CURIEs, INDRA's groundings, addresses of the web; and back."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from pipeline.identifiers.document_ids import document_id
from schema.entity_names import is_provisional
from schema.errors import InvalidInput

OURS = "chronokg"
"""The prefix of what has none that others would take for one."""

_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
# KGX parts lists by bars and takes no reference with blanks, slashes or colons.
_PLAIN = "!$&'*+,;=@~#"
_BIOLINK = {"dbSNP": "DBSNP"}

_OBO = "http://purl.obolibrary.org/obo/"
_BASES = {
    "MESH": "http://id.nlm.nih.gov/mesh/",
    "NCBIGene": "http://identifiers.org/ncbigene/",
    "HGNC": "http://identifiers.org/hgnc/",
    "UMLS": "http://identifiers.org/umls/",
    "dbSNP": "http://identifiers.org/dbsnp/",
    "CVCL": "http://identifiers.org/cellosaurus/CVCL_",
    "EFO": "http://www.ebi.ac.uk/efo/EFO_",
    "PMID": "http://www.ncbi.nlm.nih.gov/pubmed/",
    "doi": "https://doi.org/",
    "arXiv": "https://arxiv.org/abs/",
    **{name: f"{_OBO}{name}_" for name in ("CHEBI", "DOID", "HP", "MONDO", "GO", "UBERON", "CL", "OMIM", "NCBITaxon")},
}
"""Where things with a prefix lie on the web, as Biolink's context has it."""

_INDRA = {
    "NCBIGene": "EGID",
    "NCBITaxon": "TAXONOMY",
    "dbSNP": "DBSNP",
    **{name: name for name in ("MESH", "CHEBI", "HGNC", "DOID", "HP", "MONDO", "GO", "UBERON", "CL", "EFO", "OMIM", "UMLS", "CVCL")},
}
_REPEATED = ("CHEBI", "DOID", "HP", "GO", "UBERON", "CL", "MONDO")
"""INDRA's namespaces whose identifiers have the prefix once more."""

_OF_INDRA = {theirs: ours for ours, theirs in _INDRA.items()} | {"NCBI": "NCBIGene", "UP": "UniProtKB", "PUBCHEM": "PUBCHEM.COMPOUND"}
_BEST_FIRST = ("EGID", "HGNC", "MESH", "CHEBI", "DOID", "MONDO", "OMIM", "HP", "EFO", "TAXONOMY", "CVCL", "DBSNP", "UMLS")
_NO_GROUNDING = ("TEXT", "TEXT_NORM", "NAME")


def biolink_curie(key: str) -> str:
    """The key of an entity as a CURIE of Biolink's; what a CURIE cannot hold is percent-encoded, and another prefix than ours is kept."""
    prefix, colon, rest = key.partition(":")
    if not colon or not rest or not _PREFIX.fullmatch(prefix):
        return f"{OURS}:{_encoded(key)}"
    return f"{_BIOLINK.get(prefix, prefix)}:{_encoded(rest)}"


def _encoded(text: str) -> str:
    # A lone half of a surrogate pair has no bytes of its own.
    return quote(text, safe=_PLAIN, errors="surrogatepass")


def key_in_curie(curie: str) -> str:
    """The key that `biolink_curie` made a CURIE of; of any other CURIE its text."""
    prefix, _, rest = curie.partition(":")
    if prefix == OURS:
        return unquote(rest, errors="surrogatepass")
    return f"{prefix}:{unquote(rest, errors='surrogatepass')}" if "%" in rest else curie


def publication_curie(document: str) -> str:
    """The id of a document as a CURIE of Biolink's: `PMC123` is `PMC:123` there."""
    if found := re.fullmatch(r"PMC([0-9]+)", document):
        return f"PMC:{found[1]}"
    return document.replace("|", "%7C") if _PREFIX.fullmatch(document.partition(":")[0]) and ":" in document else biolink_curie(document)


def publication_in_curie(curie: str) -> str:
    """The id of the document that a CURIE names."""
    return key_in_curie(curie) if curie.startswith(f"{OURS}:") else curie.replace("%7C", "|")


def web_address(key: str, kind: str) -> str:
    """The address of a thing (`kind` is entity or document), made by Biolink's rules where its prefix is known, else a URN of ours."""
    if kind == "document" and re.fullmatch(r"PMC[0-9]+", key):
        return f"http://europepmc.org/articles/{key}"
    prefix, _, rest = key.partition(":")
    if rest and (base := _BASES.get(prefix)) is not None:
        return base + quote(rest, safe="/!$&'*+,;=@~()", errors="surrogatepass")
    return f"urn:{OURS}:{kind}:{quote(key, safe=':', errors='surrogatepass')}"


def indra_refs(key: str, name: str) -> dict[str, str]:
    """The groundings of an entity (`db_refs`) as INDRA writes them: its name as TEXT, and its key under INDRA's namespace."""
    prefix, colon, rest = key.partition(":")
    if is_provisional(key):
        return {"TEXT": name}
    if not colon or not rest:
        return {"TEXT": name, OURS.upper(): key}
    space = _INDRA.get(prefix)
    if space is None:
        return {"TEXT": name, OURS.upper(): key}
    return {"TEXT": name, space: key if space in _REPEATED else rest}


def keys_in_refs(refs: Mapping[str, object]) -> Iterator[str]:
    """The keys that an agent's groundings name, the best first."""
    if isinstance(ours := refs.get(OURS.upper()), str):
        yield ours
    others = sorted(space for space in refs if space not in _BEST_FIRST and space not in (*_NO_GROUNDING, OURS.upper()))
    for space in (*_BEST_FIRST, *others):
        if isinstance(found := refs.get(space), str) and found:
            prefix = _OF_INDRA.get(space, space)
            yield found if found.startswith(f"{prefix}:") else f"{prefix}:{found}"


def indra_text_refs(document: str) -> dict[str, str]:
    """What INDRA calls a document (`text_refs`): its PMID, PMCID or DOI; nothing for any other."""
    prefix, _, rest = document.partition(":")
    if prefix in ("PMID", "doi") and rest:
        return {prefix.upper(): rest}
    return {"PMCID": document} if re.fullmatch(r"PMC[0-9]+", document) else {}


def document_in_refs(pmid: object, refs: Mapping[str, object]) -> str | None:
    """The document that a piece of INDRA's evidence comes from; None where it names none."""
    named = (("PMID:", pmid), ("PMID:", refs.get("PMID")), ("", refs.get("PMCID")), ("doi:", refs.get("DOI")))
    for prefix, found in named:
        if isinstance(found, str | int) and str(found).strip():
            try:
                return document_id(f"{prefix}{found}")
            except InvalidInput:
                continue
    return None
