"""Digests of a home: what changed its mind since a moment, as data, Markdown or a page."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.answers.entities import as_shown
from flows.home.homes import Home, now
from flows.report.page_parts import write_whole
from flows.report.report_writer import plain_page
from pipeline.believing.gathering import all_evidence
from pipeline.reporting.digest import digest_of
from pipeline.reporting.digest_in_words import HEADINGS, digest_in_words, headline_of, held_in_words
from schema.dates import parse_beginning, parse_instant
from schema.errors import WrongUse

WEEK = timedelta(days=7)


def digest_since(home: Home, since: str | None = None, until: str | None = None, most: int = 20) -> dict[str, Any]:
    """What changed its mind since a day or a moment (by default: a week before the end) until another (by default: now).

    A date counts from its beginning, as an end up to its end. Returns what pipeline.reporting.digest.digest_of does. Raises InvalidDate,
    and WrongUse where the end is not after the beginning.

        digest_since(home, "2026-11-23")["changes"]["overturned"]
    """
    end = parse_instant(until) if until else now()
    begin = parse_beginning(since) if since else end - WEEK
    if end <= begin:
        raise WrongUse(f"a digest until {end.isoformat()} cannot begin at {begin.isoformat()}")
    return digest_of(all_evidence(home.log), home.rules, begin, end, lambda entities: as_shown(home, entities), most)


def write_digest(digest: dict[str, Any], path: Path) -> None:
    """The digest as one HTML page without scripts, or as Markdown where the name says so; what lies there is replaced."""
    if path.suffix.lower() in (".md", ".markdown"):
        write_whole(path, digest_in_words(digest) + "\n")
        return
    headings = [(kind, HEADINGS[kind]) for kind in HEADINGS if kind in digest["changes"]]
    plain_page(path, "digest.html.jinja", digest=digest, headline=headline_of(digest), headings=headings, held=held_in_words)
