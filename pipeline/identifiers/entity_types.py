"""Names of entity types, as annotators and programs give them, in one spelling."""

import re

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
# Semantic types of the UMLS, by which MedMentions calls what it names.
_SEMANTIC = {
    f"T{number:03}": name
    for name, numbers in {
        "Chemical": (103, 104, 109, 121, 122, 123, 125, 127, 129, 130, 131, 167, 195, 196, 197, 200),
        "Disease": (19, 20, 37, 46, 47, 48, 49, 50, 184, 190, 191),
        "Gene": (28, 87, 116, 126, 192),
        "Species": (1, 2, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 194, 204),
    }.items()
    for number in numbers
}
_SEVERAL = re.compile(r"T[0-9]{3}(?:,T[0-9]{3})*")


def entity_type(name: str) -> str:
    """Our name of an entity type, for the names that BioRED, PubTator, PubTator3 and MedMentions give; another stays as it is."""
    plain = name.strip()
    if _SEVERAL.fullmatch(plain):
        meant = {_SEMANTIC.get(each, plain) for each in plain.split(",")}
        return meant.pop() if len(meant) == 1 else plain
    return _OWN.get(plain.lower()) or _TYPES.get(plain.lower(), plain)
