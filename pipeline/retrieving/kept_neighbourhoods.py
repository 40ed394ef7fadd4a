"""Neighbourhoods that were folded are kept as long as the log says the same: of a hub the fold is most of the work."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import date, datetime
from threading import Lock

from pipeline.believing.rules import Rules
from pipeline.retrieving.neighbourhood import Neighbourhood, neighbourhood_of
from schema.ids import EntityKey
from schema.ports import NOWHERE, EvidenceLog, LogVersion

MOST_ROWS = 400_000
"""Statements that are kept, some 300 bytes each; the longest unused neighbourhoods go first."""

TRIES = 3
"""How often what others change meanwhile is read."""

_Key = tuple[frozenset[EntityKey], date | None, datetime | None]


class KeptNeighbourhoods:
    """Neighbourhoods of one log by one set of rules; for any number of threads. What is kept is forgotten when anything is recorded."""

    def __init__(self, log: EvidenceLog, rules: Rules, most_rows: int = MOST_ROWS) -> None:
        self.log, self.rules, self._most = log, rules, most_rows
        self._kept: OrderedDict[_Key, Neighbourhood] = OrderedDict()
        self._at: LogVersion = NOWHERE
        self._alone = Lock()

    def of(self, keys: Collection[EntityKey], as_of: date | None = None, known_at: datetime | None = None) -> Neighbourhood:
        """See neighbourhood_of: the same answer, of one state of the log.

        Where others record while it is read it is read again; who records without a pause is answered after `TRIES` as well as can be.
        """
        key = frozenset(keys), as_of, known_at
        for _ in range(TRIES):
            at = self.log.version()
            if (kept := self._of_state(key, at)) is not None:
                return kept
            found = neighbourhood_of(self.log, self.rules, keys, as_of=as_of, known_at=known_at)
            if self.log.version() == at:
                self._keep(key, at, found)
                break
        return found

    def _of_state(self, key: _Key, at: LogVersion) -> Neighbourhood | None:
        with self._alone:
            if self._at != at:
                self._kept.clear()
                self._at = at
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: _Key, at: LogVersion, found: Neighbourhood) -> None:
        with self._alone:
            if self._at == at and found.rows <= self._most:
                self._kept[key] = found
                self._make_room()

    def _make_room(self) -> None:
        while sum(each.rows for each in self._kept.values()) > self._most:
            self._kept.popitem(last=False)
