"""PubMed by query and days through NCBI's E-utilities: found once, kept on the history server, fetched page by page as PubMed XML."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.fetching.fetched_days import FetchedDays
from flows.fetching.http_client import Web
from pipeline.sources.day_windows import DaySpan, days_to_ask
from pipeline.sources.entrez_answers import MOST, Page, SearchHits, page_terms, read_page, read_search, search_terms
from schema.errors import SourceFailed, SourceUnavailable
from schema.ports import DeliveredFile, ListedFile, Listing, SourceState

ADDRESS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"

_SHORT_PAGES = 3
"""How often a page is asked for that has fewer records than it should."""


@dataclass(frozen=True, slots=True)
class Following:
    """What is followed of a source that answers queries."""

    query: str
    dates: str  # the kind of date that days are of
    since: date
    overlap: int  # days that are asked for again
    page: int  # records of one request

    @property
    def asked(self) -> str:
        """What a watermark is of: of another query, or another kind of date, it would be another one."""
        return f"{self.dates}: {self.query}"


class Entrez:
    """One query to PubMed. `who` are the parameters by which NCBI knows us, the API key among them."""

    def __init__(self, name: str, address: str, following: Following, who: dict[str, str], web: Web, today: Callable[[], date]) -> None:
        self._name, self._following, self._who, self._web, self._today = name, following, who, web, today
        self._search_at, self._page_at = f"{address.rstrip('/')}/esearch.fcgi", f"{address.rstrip('/')}/efetch.fcgi"

    def listing(self, state: SourceState, named: Sequence[str] = ()) -> Listing:
        """The days that are to be asked for."""
        wanted = self._following
        return days_to_ask(state, wanted.since, self._today(), wanted.overlap, wanted.dates, tuple(named))

    def deliver(self, file: ListedFile, folder: str) -> DeliveredFile:
        """All records of some days, a file for each page."""
        assert file.days is not None
        days = FetchedDays(Path(folder), file)
        for found in self._searches(DaySpan(*file.days), days):
            for start in range(0, found.count, self._following.page):
                size = min(self._following.page, found.count - start)
                page = self._page(found, start, size)
                days.add(page.content, page.records, page.last_record)
                days.missing += max(0, size - page.records)
        return days.delivered(self._name, self._following.asked)

    def is_unchanged(self, delivered: DeliveredFile) -> bool:
        """An answer is ours: nobody changes it."""
        del delivered
        return True

    def close(self) -> None:
        """Let go of connections."""
        self._web.close()

    def _searches(self, span: DaySpan, days: FetchedDays) -> Iterator[SearchHits]:
        """What is found in a span, in as many searches as PubMed needs to give all of it."""
        form = {**search_terms(self._following.query, self._following.dates, span), **self._who}
        found = self._web.ask(self._search_at, read_search, form=form)
        if found.count <= MOST:
            days.found(found.count)
            yield found
            return
        halves = span.halves()
        if halves is None:
            raise SourceFailed(f"{found.count} records were published on one day, and PubMed gives {MOST} of a search: narrow the query")
        before = days.counted
        for half in halves:
            yield from self._searches(half, days)
        days.missing += max(0, found.count - (days.counted - before))

    def _page(self, found: SearchHits, start: int, size: int) -> Page:
        form = {**page_terms(found, start, size), **self._who}
        page = self._web.ask(self._page_at, read_page, form=form)
        for _ in range(_SHORT_PAGES - 1):
            if page.records >= size:
                break
            page = max(page, self._web.ask(self._page_at, read_page, form=form), key=lambda each: each.records)
        if page.records == 0:
            raise SourceUnavailable(f"PubMed found {found.count} records and gave none of those from {start + 1} on")
        return page
