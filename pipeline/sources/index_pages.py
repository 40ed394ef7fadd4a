"""Pages on which web servers list a folder, in the styles of Apache, nginx and Python."""

import re
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from lxml import etree, html

from schema.errors import SourceUnavailable
from schema.ports import ListedFile

_SHOWN = re.compile(r"(\d{4}-\d\d-\d\d|\d\d-[A-Z][a-z]{2}-\d{4})\s+(\d\d:\d\d)(?::\d\d)?\s+([\d.]+\s?[KMGT]?|-)")
_FORMS = ("%Y-%m-%d %H:%M", "%d-%b-%Y %H:%M")


def files_on_page(page: str, place: str) -> list[ListedFile]:
    """The files that a page links to within its own folder, each with what is written beside it: its time and, roughly, its size.

    Raises SourceUnavailable for a page that lists nothing at all, such as a notice or a login.
    """
    try:
        root = html.document_fromstring(page)
    except (etree.ParserError, ValueError) as cause:
        raise SourceUnavailable(f"{place} answered with an empty page in place of a listing") from cause
    links = [link for link in root.iter("a") if link.get("href")]
    title = (root.findtext(".//title") or root.findtext(".//h1") or "").strip()
    if not links and not re.search(r"index of|directory listing", title, re.IGNORECASE):
        raise SourceUnavailable(f"{place} answered with a page in place of a listing{f': {title[:80]!r}' if title else ''}")
    found = {file.name: file for link in links if (file := _file(link, place)) is not None}
    return list(found.values())


def _file(link: html.HtmlElement, place: str) -> ListedFile | None:
    try:
        parts = urlsplit(str(link.get("href")))
    except ValueError:
        return None  # no address at all
    name = unquote(parts.path).removeprefix("./")
    if parts.scheme or parts.netloc or parts.query or not name or "/" in name or "\\" in name:
        return None  # another folder, another order of the same list, or another site
    beside = _SHOWN.search(_text_after(link))
    if beside is None:
        return ListedFile(name, place)
    day, time, size = beside.groups()
    return ListedFile(name, place, stamp=f"{day} {time} {size.strip()}", modified=_moment(f"{day} {time}"))


def _text_after(link: html.HtmlElement) -> str:
    """What stands beside a link: the rest of its line, or the other cells of its row."""
    row = next(link.iterancestors("tr"), None)
    if row is not None:
        return " ".join(cell.text_content() for cell in row.iter("td"))
    return (link.tail or "").split("\n", 1)[0]


def _moment(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
