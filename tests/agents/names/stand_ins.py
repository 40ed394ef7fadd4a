"""What stands in for the other steps of a reader where only names are looked at."""

from collections.abc import Sequence

from schema.document import Document, Mention
from schema.observation import Reader
from schema.ports import Extraction
from schema.records import Judgement


class Silent:
    """Reads no relation."""

    reader = Reader("labels", "m", "p", "s")
    settings = ""

    async def read(self, document: Document) -> Extraction:
        return Extraction(())

    async def available(self) -> None:
        pass


class Unlinking:
    """Knows some names, and what nothing stands for."""

    def __init__(self, *known: str) -> None:
        self.known = known

    def known_in(self, text: str) -> Sequence[str]:
        return self.known

    def link(self, text: str, mentions: Sequence[Mention]) -> tuple[Sequence[Mention], Sequence[Judgement]]:
        return mentions, ()
