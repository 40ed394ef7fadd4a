"""An extractor that pays for each answer once."""

import asyncio
import json
from dataclasses import asdict

from pydantic import TypeAdapter, ValidationError

from schema.document import Document
from schema.ids import stable_id
from schema.observation import Claim, Reader
from schema.ports import Extraction, Extractor, ReplyCache

_CLAIMS = TypeAdapter(tuple[Claim, ...])


class CachedExtractor:
    """Reads through a cache: same text and mentions, same reader, same settings, same answer. Failures are not kept.

    An answer from the cache has the usage zero: nothing was paid for it.
    """

    def __init__(self, extractor: Extractor, cache: ReplyCache, settings: str = "") -> None:
        self._extractor = extractor
        self._cache = cache
        self._settings = settings
        self._asked: dict[str, asyncio.Future[Extraction]] = {}

    @property
    def reader(self) -> Reader:
        """The identity of the extractor inside."""
        return self._extractor.reader

    async def read(self, document: Document) -> Extraction:
        """See the port. Of several readings of one text at the same time, one asks and the others wait for it."""
        key = self._key(document)
        if (known := self._known(key)) is not None:
            return known
        if key in self._asked:
            return Extraction((await asyncio.shield(self._asked[key])).claims)
        asked = self._asked[key] = asyncio.get_running_loop().create_future()
        asked.add_done_callback(lambda future: future.cancelled() or future.exception())  # nobody else may be waiting
        try:
            extraction = await self._extractor.read(document)
            self._cache.put(key, json.dumps([asdict(claim) for claim in extraction.claims], ensure_ascii=True))
        except BaseException as error:
            asked.set_exception(error) if isinstance(error, Exception) else asked.cancel()
            raise
        finally:
            self._asked.pop(key, None)
        asked.set_result(extraction)
        return extraction

    def _known(self, key: str) -> Extraction | None:
        kept = self._cache.get(key)
        try:
            return None if kept is None else Extraction(_CLAIMS.validate_json(kept))
        except ValidationError:  # of an older form: ask again
            return None

    def _key(self, document: Document) -> str:
        mentions = [[m.start, m.end, m.type, m.identifiers] for m in document.mentions]
        breaks = [len(passage.text) for passage in document.passages]  # where sentences, and so quotes, cannot run on
        return stable_id("extraction-1", document.text, breaks, mentions, self.reader.name, self._settings)
