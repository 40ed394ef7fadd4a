"""The text of an element with markup: powers keep their sign, formulas their fractions, and what is only for programs is left out."""

import re
from collections.abc import Iterator

from lxml import etree

# What formulas carry beside themselves: the same once more, in TeX.
_BESIDE = frozenset({"annotation", "annotation-xml"})
_BASE = re.compile(r"(?:^|[^\w.])[0-9]+$")
_EXPONENT = re.compile("[-+\u2212\u2013]?[0-9]+")
_NAMESPACE = re.compile(r"\{[^}]*\}")


def all_text(element: etree._Element | None) -> str:
    """All text within, white space folded; `10<sup>6</sup>` is `10^6`, for 106 is another number."""
    if element is None:
        return ""
    if len(element) == 0:
        return " ".join((element.text or "").split())
    return " ".join("".join(_pieces(element, "")).split())


def _pieces(element: etree._Element, before: str) -> Iterator[str]:
    """The text within an element, piece by piece, `before` being what stands there already."""
    own = element.text or ""
    yield own
    before += own
    formula = _name(element)
    for at, child in enumerate(element):
        text = "" if _name(child) in _BESIDE else "".join(_pieces(child, before))
        raised = _name(child) == "sup" or (formula == "msup" and at == 1)
        if raised and _EXPONENT.fullmatch(text.strip()) and _BASE.search(before):
            text = f"^{text.strip()}"
        elif formula == "mfrac" and at == 1:
            text = f"/{text}"
        tail = child.tail or ""
        yield text + tail
        before += text + tail


def _name(element: etree._Element) -> str:
    return _NAMESPACE.sub("", str(element.tag))
