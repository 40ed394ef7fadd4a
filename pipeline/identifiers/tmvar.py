"""Variants as tmVar, PubTator and PubTator3 write them: several statements about one change, in any order."""

import re

# What is said of a variant beside the change itself; of these only dbSNP's number and the gene tell variants apart.
_STATED = re.compile(
    r"(tmVar|HGVS|VariantGroup|RS#?|RSIDs?|dbSNP|CA#|(?:Corresponding|Original)(?:Gene|Species)|Species|Gene|Tax)\s*:\s*(.*)", re.IGNORECASE
)
_OF_VARIANTS = re.compile(r"(?:^|;)\s*(?:tmVar|HGVS|VariantGroup|RSIDs?|RS#|(?:Corresponding|Original)(?:Gene|Species))\s*:", re.IGNORECASE)
_CHANGE = re.compile(r"[a-z]?\|(?:[a-z]+)\|[^;]*", re.IGNORECASE)
_KINDS = frozenset({"SUB", "DEL", "INS", "DUP", "INDEL", "FS"})
_NUMBER = re.compile(r"(?:rs)?0*([1-9][0-9]*)", re.IGNORECASE)
_GENES = re.compile(r"[1-9][0-9]*")
_HGVS = re.compile(r"([cgmnpr])\.\(?(?:([A-Z][a-z]{2}|[A-Z])([0-9]+)([A-Z][a-z]{2}|[A-Z*=])|([0-9_+*-]+)([ACGTU])>([ACGTU]))\)?")
_ACIDS = "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val Ter Sec Pyl Asx Glx Xaa"
_LETTERS = dict(
    zip(
        _ACIDS.split(),
        "ARNDCQEGHILKMFPSTWYV*UOBZX",
        strict=True,
    )
)


def is_tmvar(text: str) -> bool:
    """Whether a text says what tmVar says of a variant, or is the change alone (`p|SUB|V|600|E`)."""
    return _OF_VARIANTS.search(text) is not None or _CHANGE.fullmatch(text.strip()) is not None


def variant_key(text: str) -> str | None:
    """What tells a variant apart: dbSNP's number where it is given, else the change with its gene; None where neither is said.

    How variants of a document are grouped, their species and the order of the statements count for nothing.
    """
    if not is_tmvar(text):
        return None
    told: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        found = _STATED.fullmatch(part)
        name, value = (found[1].lower().removeprefix("corresponding"), found[2].strip()) if found else ("tmvar", part)
        told.setdefault(name, value)
    numbers = (_NUMBER.fullmatch(told.get(name, "")) for name in ("rs#", "rs", "rsid", "rsids", "dbsnp"))
    if number := next(filter(None, numbers), None):
        return f"dbSNP:rs{number[1]}"
    change = _as_change(told.get("hgvs", "")) if not _CHANGE.fullmatch(told.get("tmvar", "")) else _in_one_case(told["tmvar"])
    if not change:
        return None
    genes = sorted(set(_GENES.findall(told.get("gene") or told.get("originalgene") or "")), key=int)
    return f"{change};CorrespondingGene:{','.join(genes)}" if genes else change


def change_of_name(name: str) -> str | None:
    """The change that a variant's name in a text says, as tmVar writes it: `P29S`, `p.Pro29Ser`, `c.123A>G`; None for any other."""
    found = _as_change(name.strip()) or _as_change(f"p.{name.strip()}")
    return found if found and found.count("|") > 1 else None


def _in_one_case(change: str) -> str:
    level, kind, *rest = change.split("|")
    return "|".join((level.lower(), kind.upper() if kind.upper() in _KINDS else kind, *rest))


def _as_change(hgvs: str) -> str:
    """A plain substitution in tmVar's words; any other change as HGVS has it; empty where there is none."""
    found = _HGVS.fullmatch(hgvs)
    if found is None:
        return f"HGVS:{hgvs}" if re.fullmatch(r"[cgmnpr]\.\S+", hgvs) else ""
    level, before, place, after, at, base, other = found.groups()
    if at:
        return f"{level}|SUB|{base}|{at}|{other}"
    return f"{level}|SUB|{_LETTERS.get(before, before)}|{place}|{_LETTERS.get(after, after)}"
