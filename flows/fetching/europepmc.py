"""PubMed's records by query and days through Europe PMC's search: page after page by cursor, kept as PubMed XML."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from flows.fetching.entrez import Following
from flows.fetching.fetched_days import FetchedDays
from flows.fetching.http_client import Web
from pipeline.sources.day_windows import DaySpan, days_to_ask
from pipeline.sources.europepmc_answers import CursorPage, cursor_terms, read_cursor_page
from schema.errors import SourceUnavailable
from schema.ports import DeliveredFile, ListedFile, Listing, SourceState

SEARCH = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"

_FIRST = "*"


class EuropePmc:
    """One query to Europe PMC, for what it has of PubMed."""

    def __init__(self, name: str, address: str, following: Following, web: Web, today: Callable[[], date]) -> None:
        self._name, self._address, self._following, self._web, self._today = name, address, following, web, today

    def listing(self, state: SourceState, named: Sequence[str] = ()) -> Listing:
        """The days that are to be asked for."""
        wanted = self._following
        return days_to_ask(state, wanted.since, self._today(), wanted.overlap, wanted.dates, tuple(named))

    def deliver(self, file: ListedFile, folder: str) -> DeliveredFile:
        """All records of some days, a file for each page."""
        assert file.days is not None
        days, came, cursor = FetchedDays(Path(folder), file), 0, _FIRST
        while True:
            page = self._page(DaySpan(*file.days), cursor, came, days.counted)
            if cursor == _FIRST:
                days.found(page.found)
            days.add(page.content, page.records, page.last_record)
            came += page.records
            if page.next_cursor is None or came >= page.found:
                break
            cursor = page.next_cursor
        days.missing = max(0, days.counted - came)
        return days.delivered(self._name, self._following.asked)

    def is_unchanged(self, delivered: DeliveredFile) -> bool:
        """An answer is ours: nobody changes it."""
        del delivered
        return True

    def close(self) -> None:
        """Let go of connections."""
        self._web.close()

    def _page(self, span: DaySpan, cursor: str, came: int, counted: int) -> CursorPage:
        """The page at a cursor; one that is empty before all records came is asked for again, and not taken for the end."""

        def read(content: bytes) -> CursorPage:
            page = read_cursor_page(content, cursor)
            if not page.records and came < (found := max(page.found, counted)):
                raise SourceUnavailable(f"Europe PMC found {found} records and gave none of those from {came + 1} on")
            return page

        query = cursor_terms(self._following.query, self._following.dates, span, cursor, self._following.page)
        return self._web.ask(self._address, read, query=query)
